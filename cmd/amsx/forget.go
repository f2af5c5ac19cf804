package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/amsx-lang/amsx/internal/batch"
	"github.com/amsx-lang/amsx/lexer"
)

// forgetCmd removes what is known of a person.
type forgetCmd struct {
	Key   string `arg:"" help:"The person: an id, a login, an e-mail address or another unique value."`
	Table string `help:"The table of the row." default:"Custodian" placeholder:"Custodian"`
	Yes   bool   `help:"Do not ask." short:"y"`
	Test  bool   `help:"Say what would be removed, and remove nothing."`
	JSON  bool   `help:"Print the outcome as one JSON object." name:"json"`
}

// Help says what is removed, and what is not.
func (forgetCmd) Help() string {
	return `Examples:

  amsx forget ada@example.com --test      what would be removed?
  amsx forget ada@example.com             show it, ask, and do it
  amsx forget 4711 --yes

It removes the row, its old values, and every log line, warning and rejected record that names the person; both database files are then made anew. It cannot be undone. It is refused while a run is under way. It does not reach backups, plans and other exported files, recorded fixtures and the source: where the source still has the person, the next run adds the row again.

Exit codes: 0 done, 1 failed or nobody is found, 2 wrong usage or nobody to ask, 130 cancelled.`
}

// Run shows what would be removed, asks, and removes it.
func (c *forgetCmd) Run(ctx context.Context, e *env, g *cli) error {
	h, err := openHistory(ctx, e, g)
	if err != nil {
		return err
	}
	defer h.close()
	if c.Test || !c.Yes {
		f, err := batch.Forget(ctx, h.site, h.control, c.Table, c.Key, true)
		if err != nil {
			return err
		}
		if c.JSON && c.Test {
			return printJSON(e.stdout, f, "")
		}
		if !c.JSON {
			forgotten(e, f)
		}
		if c.Test {
			return nil
		}
		if err := confirm(ctx, e, c.Yes, fmt.Sprintf("Forget %s for good?", lexer.Safe(f.Key))); err != nil {
			return err
		}
	}
	f, err := batch.Forget(ctx, h.site, h.control, c.Table, c.Key, false)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(e.stdout, f, "")
	} else {
		forgotten(e, f)
	}
	if err == nil && f.InUse {
		return errors.New("the values are removed from the tables, but another program has a database open, so that their bytes are still in its file: end that program (a run, a database tool), then say: amsx runs prune --rebuild --database " + h.site.Path())
	}
	return err
}

// forgotten says what was removed, or would be.
func forgotten(e *env, f *batch.Forgetting) {
	w, is, are := e.stdout, "is", "are"
	if f.Test {
		is, are = "would be", "would be"
	}
	name := fmt.Sprintf("%s %d", f.Table, f.RowID)
	if f.Key != name {
		name = lexer.Safe(f.Key) + " (" + name + ")"
	}
	switch f.Row {
	case "deleted":
		fmt.Fprintf(w, "%s: the row %s deleted.\n", name, is)
	case "emptied":
		fmt.Fprintf(w, "%s: the row %s emptied and made inactive, and not deleted, because the table %s refers to it.\n", name, is, lexer.Safe(f.Refers))
	default:
		fmt.Fprintf(w, "%s: the row was deleted before.\n", name)
	}
	fmt.Fprintf(w, "%s and %s of logs, warnings and rejected records %s removed.\n", plural(f.Changes, "recorded change"), plural(f.Entries, "line"), are)
	if f.Others > 0 {
		fmt.Fprintf(w, "A value of the person %s taken out of %s of other rows.\n", is, plural(f.Others, "recorded change"))
	}
	if len(f.Runs) > 0 {
		fmt.Fprintf(w, "An undo of these runs does not reach the row any more: %s.\n", runNumbers(f.Runs))
	}
	if len(f.Scripts) > 0 {
		fmt.Fprintf(w, "Not removed: the script of run %s names the person; it is kept as it ran.\n", runNumbers(f.Scripts))
	}
}

func runNumbers(runs []int64) string {
	var all []string
	for _, r := range runs {
		all = append(all, fmt.Sprint(r))
	}
	return strings.Join(all, ", ")
}
