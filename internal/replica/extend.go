package replica

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"
)

// The two statements by which the site adds a column, as internal/site writes
// them.
var (
	addsColumn = regexp.MustCompile(`^ALTER TABLE "((?:[^"]|"")+)" ADD COLUMN "((?:[^"]|"")+)" (.+)$`)
	addsUnique = regexp.MustCompile(`^CREATE UNIQUE INDEX "(?:[^"]|"")+" ON "((?:[^"]|"")+)" \("((?:[^"]|"")+)" COLLATE BINARY\)$`)
)

// extend adds the columns that the run has added to the copy.
func (l *Lock) extend(c *sqlite.Conn, altered []string) error {
	for _, q := range altered {
		if err := l.alter(q); err != nil {
			return l.s.explain("add a column", err)
		}
	}
	var err error
	if l.view.cat, err = readCatalog(l.ctx, l.tx); err != nil {
		return l.s.explain("read the tables", err)
	}
	l.view.state.signature = l.view.cat.signature
	l.pairs, err = l.s.adapt(c, l.view.cat, nil, false)
	return err
}

func (l *Lock) alter(q string) error {
	of := func(name string) (*pair, string, error) {
		name = strings.ReplaceAll(name, `""`, `"`)
		i := slices.IndexFunc(l.pairs, func(p *pair) bool { return p.copied == name })
		if i < 0 {
			return nil, "", fmt.Errorf("the server has no table %s", name)
		}
		return l.pairs[i], name, nil
	}
	if m := addsColumn.FindStringSubmatch(q); m != nil {
		p, name, err := of(m[1])
		if err != nil {
			return err
		}
		column := strings.ReplaceAll(m[2], `""`, `"`)
		folded := quote(strings.ToLower(column))
		if _, err := l.tx.Exec(l.ctx, "ALTER TABLE "+p.of()+" ADD COLUMN "+folded+" "+serverType(m[3])); err != nil {
			return err
		}
		_, err = l.tx.Exec(l.ctx, "INSERT INTO amsx.declared VALUES ($1, $2, $3) ON CONFLICT (TableName, ColumnName) DO UPDATE SET Declaration = excluded.Declaration", name, column, m[3])
		return err
	}
	if m := addsUnique.FindStringSubmatch(q); m != nil {
		p, _, err := of(m[1])
		if err != nil {
			return err
		}
		_, err = l.tx.Exec(l.ctx, "ALTER TABLE "+p.of()+" ADD UNIQUE ("+quote(strings.ToLower(strings.ReplaceAll(m[2], `""`, `"`)))+") DEFERRABLE INITIALLY IMMEDIATE")
		return err
	}
	return fmt.Errorf("the tables of a site on a server are not changed by: %s", q)
}
