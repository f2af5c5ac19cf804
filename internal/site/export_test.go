package site

import (
	"regexp"
	"sync"

	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// UpstreamForTests makes an empty site on a server, and says how to open it once
// more. nil: tests use plain files.
var UpstreamForTests func(testing.TB) Upstream

// openTest opens a site as Open does. Where the tests run on a server the file
// becomes a copy of a site of its own there, and when the test has ended, the
// server must hold what the copy holds.
func openTest(tb testing.TB, path string, o Options) (*Database, error) {
	tb.Helper()
	if UpstreamForTests == nil {
		return Open(tb.Context(), path, o)
	}
	o.Upstream = UpstreamForTests(tb)
	d, err := Open(tb.Context(), path, o)
	if err == nil {
		onServer.Store(path, d)
		tb.Cleanup(func() { compareWithServer(tb, d) })
	}
	return d, err
}

// onServer are the sites on a server, by the file of their copy.
var onServer sync.Map

// executeOnServer writes to the server what SQL of the copy's dialect does. Another
// machine writes as this one does.
func executeOnServer(t *testing.T, d *Database, q string) {
	t.Helper()
	var altered []string
	q = regexp.MustCompile(`(?i)ALTER TABLE (\w+) ADD COLUMN (\w+) ([^;]+);?`).ReplaceAllStringFunc(q, func(s string) string {
		m := regexp.MustCompile(`(?i)ALTER TABLE (\w+) ADD COLUMN (\w+) ([^;]+)`).FindStringSubmatch(s)
		altered = append(altered, fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s", quote(m[1]), quote(m[2]), strings.TrimSpace(m[3])))
		return ""
	})
	if regexp.MustCompile(`(?i)(CREATE|DROP) TABLE`).MatchString(q) {
		t.Skip("the test makes tables in the words of SQLite")
	}
	err := d.with(t.Context(), func(c *sqlite.Conn) error {
		c.SetBusyTimeout(d.wait)
		return d.writingColumns(t.Context(), c, altered, func() error {
			for _, a := range altered {
				if err := sqlitex.ExecuteTransient(c, a, nil); err != nil {
					return err
				}
			}
			return sqlitex.ExecuteScript(c, q, nil)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// compareWithServer reads the whole site from the server, into a new copy.
func compareWithServer(tb testing.TB, d *Database) {
	tb.Helper()
	ctx := context.Background() // that of the test has ended
	fresh, err := Open(ctx, filepath.Join(tb.TempDir(), "fresh.db"), Options{Clock: d.now, Upstream: d.up})
	if err != nil {
		tb.Error(err)
		return
	}
	tables, err := fresh.Read(ctx, "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%' AND name NOT IN ('amsx_copy', 'amsx_copy_table', 'amsx_version') ORDER BY 1")
	if err != nil {
		tb.Error(err)
	}
	for _, t := range tables {
		q := "SELECT * FROM " + quote(t[0].(string))
		want, err := d.Read(ctx, q)
		if err != nil {
			tb.Error(err)
		}
		got, err := fresh.Read(ctx, q)
		if err != nil {
			tb.Error(err)
		}
		for _, rows := range [][][]any{got, want} {
			for _, row := range rows {
				for i, v := range row {
					if f, ok := v.(float64); ok {
						row[i] = strconv.FormatFloat(f, 'f', -1, 64)
					}
				}
			}
			slices.SortFunc(rows, func(a, b []any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
		// As text: a test may declare a column in a way that only its own copy has,
		// where 5 is a number and not an exact number's text.
		if fmt.Sprint(got) != fmt.Sprint(want) {
			tb.Errorf("the server's %s is\n%v\nand the copy's\n%v", t[0], got, want)
		}
	}
}
