package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/batch"
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

// checkCmd says everything that is wrong with transformations.
type checkCmd struct {
	Files  []string `arg:"" help:"The transformations, or folders with them."`
	JSON   bool     `help:"Print the findings as a JSON array." name:"json" xor:"out"`
	Fix    bool     `help:"Mend in the files what can be mended without a thought, and say what is left."`
	Diff   bool     `help:"Change nothing; print what --fix would change, as a unified diff." xor:"out"`
	NoSite bool     `help:"Do not look at the site's tables and credential packs."`
}

// Help shows how check is used.
func (checkCmd) Help() string {
	return `Examples:

  amsx check my_users.amsx
  amsx check my_users.amsx okta_users --json
  amsx check transformations/
  amsx check --fix my_users.amsx
  amsx check --fix --diff my_users.amsx

It runs nothing, and without --fix it writes nothing. Tables, columns, SQL and credential packs are checked against
the site database, or against the tables of a new one where there is none; the fields that are read, against the
fixture cases in a folder of the file's name. A script that another one of the files calls with Call or CallLocal is
checked there, with the variables and mappings that it has from it. Exit code 3 when a file has errors.`
}

// Run checks the files.
func (c *checkCmd) Run(ctx context.Context, e *env, g *cli) error {
	p := newPalette(g.Color, e)
	options, closeSite, err := c.options(ctx, e, g)
	if err != nil {
		return err
	}
	defer closeSite()
	list, err := checkedFiles(c.Files)
	if err != nil {
		return err
	}
	all, said := amsx.Findings{}, map[string]bool{}
	var failed error
	for _, f := range list {
		script, file := f.script, f.name
		if f.caller != "" {
			if !c.JSON && !c.Diff {
				fmt.Fprintf(e.stdout, "%s: checked where %s calls it\n", file, f.caller)
			}
			continue
		}
		options.Seen = seen(e, file)
		var found, silenced amsx.Findings
		if c.Fix || c.Diff {
			fixed := script.Fix(options)
			if err := c.mend(e, script, file, fixed); err != nil {
				return err
			}
			if c.Diff {
				continue
			}
			script, found, silenced = fixed.Script, fixed.Found, fixed.Silenced
		} else {
			found, silenced = script.CheckAll(options)
		}
		found, silenced = once(said, "", found), once(said, "silenced ", silenced)
		if found.HasErrors() {
			failed = &reported{exitDocument, found}
		}
		if c.JSON {
			all = append(all, found...)
			continue
		}
		if err := lexer.Fprint(e.stdout, script.Text, found, lexer.Options{Color: p.on, Width: sourceWidth(e.columns)}); err != nil {
			return err
		}
		if len(found) == 0 {
			fmt.Fprintf(e.stdout, "%s: %s\n", file, p.green("nothing to report"))
		}
		for _, d := range silenced {
			fmt.Fprintln(e.stdout, p.dim(fmt.Sprintf("%s: %s is silenced by a comment: %s", lexer.Safe(d.Pos.String()), d.Code, lexer.Safe(d.Message))))
		}
	}
	if c.JSON {
		if err := printJSON(e.stdout, all, "  "); err != nil {
			return err
		}
	}
	return failed
}

// mend writes the mended file, or prints what would be changed.
func (c *checkCmd) mend(e *env, script *amsx.Script, file string, fixed amsx.Fixed) error {
	switch {
	case len(fixed.Mended) == 0:
		return nil
	case c.Diff:
		return printDiff(e, file, script.Source(), fixed.Script.Source())
	case !isFile(file):
		return &usageError{fmt.Errorf("%s is a transformation of the program itself: write a copy of it first, and mend that", file)}
	}
	if err := replaceFile(file, fixed.Script.Source()); err != nil {
		return err
	}
	if !c.JSON {
		for _, d := range fixed.Mended {
			fmt.Fprintf(e.stdout, "%s: mended: %s\n", lexer.Safe(d.Pos.String()), lexer.Safe(d.Message))
		}
	}
	return nil
}

// newSchema is what a new site has, as the first run of a script would find it.
func newSchema(ctx context.Context) (schema runtime.Schema, err error) {
	dir, err := os.MkdirTemp("", "amsx-check-*")
	if err != nil {
		return nil, fmt.Errorf("make a new site to check against: %w; to check without one: --no-site", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	st, err := amsx.OpenSite(ctx, filepath.Join(dir, "amsx.db"))
	if err != nil {
		return nil, err
	}
	return st.Schema(ctx)
}

// options is what the site knows. A site that is not there is not made, and is
// no error: a script can be checked anywhere, against what a new site has.
func (c *checkCmd) options(ctx context.Context, e *env, g *cli) (o amsx.CheckOptions, done func(), err error) {
	done = func() {}
	if c.NoSite {
		return o, done, nil
	}
	if siteMissing(g) {
		o.Schema, err = newSchema(ctx)
		if err == nil {
			fmt.Fprintf(e.stderr, "amsx: there is no site database %s, so the check is against the tables of a new one (--database FILE names yours, --no-site looks at none)\n", lexer.Safe(g.Database))
		}
		return o, done, err
	}
	st, err := openSite(ctx, g, g.Database)
	if err != nil {
		return o, done, fmt.Errorf("%w; to check without the site: --no-site", err)
	}
	if o.Schema, err = st.Schema(ctx); err != nil {
		return o, done, err
	}
	file, err := controlFile(g, g.Database)
	if err != nil {
		return o, done, err
	}
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return o, done, nil
	}
	db, _, err := openControl(ctx, e, g, g.Database)
	if err != nil {
		return o, done, err
	}
	done = func() { db.Close() }
	o.Packs, err = (&batch.Packs{DB: db}).Names(ctx)
	return o, done, err
}
