package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/site"
	"github.com/amsx-lang/amsx/runtime"
)

// addColumns adds columns to a table, as AddColumnsToTable of a former run did.
func addColumns(ctx context.Context, s *amsx.Site, table, list string) error {
	columns, err := runtime.ParseColumns(table, list)
	if err != nil {
		return err
	}
	session, err := s.Begin(ctx, site.RunInfo{})
	if err != nil {
		return err
	}
	defer session.Abort()
	return session.AddColumns(ctx, columns)
}

// addedColumns are the columns of a site that a new one does not have, by
// table, in the words of AddColumnsToTable.
func addedColumns(ctx context.Context, s *amsx.Site) (_ map[string]string, err error) {
	dir, err := os.MkdirTemp("", "amsx-case")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	fresh, err := amsx.OpenSite(ctx, filepath.Join(dir, "amsx.db"))
	if err != nil {
		return nil, err
	}
	own, err := fresh.Schema(ctx)
	if err != nil {
		return nil, err
	}
	now, err := s.Schema(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, table := range now.Tables() {
		_, there, shipped := own.Table(table)
		if !shipped {
			continue // a table of the site's own is more than a case can bring
		}
		known := map[string]bool{}
		for _, c := range there {
			known[c.Name] = true
		}
		var list []string
		rows, err := s.Read(ctx, fmt.Sprintf(`SELECT c.name, c.type, coalesce(f."table", ''),
			(SELECT count(*) FROM pragma_index_list('%[1]s') i WHERE i."unique" AND i.name = '%[1]s_' || c.name)
			FROM pragma_table_info('%[1]s') c LEFT JOIN pragma_foreign_key_list('%[1]s') f ON f."from" = c.name ORDER BY c.cid`, strings.ReplaceAll(table, "'", "''")))
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			name, decl, lookup := fmt.Sprint(r[0]), fmt.Sprint(r[1]), fmt.Sprint(r[2])
			if known[name] {
				continue
			}
			word := name + " " + columnWords(decl, lookup)
			if fmt.Sprint(r[3]) != "0" {
				word += " unique"
			}
			list = append(list, word)
		}
		if len(list) > 0 {
			out[table] = strings.Join(list, ", ")
		}
	}
	return out, nil
}

// columnWords is a declared type in the words of AddColumnsToTable.
func columnWords(decl, lookup string) string {
	if lookup != "" {
		return "Lookup(" + lookup + ")"
	}
	name, size, sized := strings.Cut(decl, "(")
	for prefix, word := range map[string]string{"DECIMAL": "Number", "MONEY": "Money", "DATETIME": "DateTime", "BOOLEAN": "Boolean"} {
		if strings.HasPrefix(name, prefix) {
			return word
		}
	}
	switch {
	case name == "DATE":
		return "Date"
	case sized:
		return "Text(" + size
	}
	return "Text"
}
