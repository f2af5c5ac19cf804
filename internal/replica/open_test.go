package replica_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/amsx-lang/amsx/internal/replica"
	"github.com/amsx-lang/amsx/internal/site"
)

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

// A file that is no copy is not made one, a copy is not written as a site, and
// no password is in what is said.
func TestOpenRefuses(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	own := filepath.Join(dir, "own.db")
	d, err := site.Open(t.Context(), own, site.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Load(t.Context(), "Custodian", []string{"Login"}, [][]string{{"ada"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t.Context(), w.url, own); err == nil || !strings.Contains(err.Error(), "own.db is a site of its own, not a copy") {
		t.Errorf("a site became a copy: %v", err)
	}
	if rows, err := d.Read(t.Context(), "SELECT Login FROM Custodian"); err != nil || len(rows) != 1 {
		t.Errorf("it has %v now (%v)", rows, err)
	}
	copied := filepath.Join(dir, "copy.db")
	if _, err := open(t.Context(), w.url, copied); err != nil {
		t.Fatal(err)
	}
	if _, err := site.Open(t.Context(), copied, site.Options{}); err == nil || !strings.Contains(err.Error(), "copy of a site on a PostgreSQL server, and what is written to it alone would be lost") {
		t.Errorf("a copy is written as a site: %v", err)
	}
	if _, err := open(t.Context(), newWorld(t).url, copied); err == nil || !strings.Contains(err.Error(), "of another site: name another with --copy, or delete it") {
		t.Errorf("the copy of one site is that of another: %v", err)
	}

	config, err := pgx.ParseConfig(w.url)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ url, want string }{
		{"postgres://amsx:hunter2-secret@127.0.0.1:1/amsx", "may connect; nothing was written (connection refused)"},
		{"postgres://amsx:hunter2-secret@db example/amsx", "write it as postgres://user@host:5432/database"},
		{"postgres://amsx:hunter2-secret@127.0.0.1:99999999/amsx", "write it as postgres://user@host:5432/database"},
		{strings.Replace(strings.Replace(w.url, "amsx@", "amsx:hunter2-secret@", 1), config.Database, "none", 1), "the server has no database none: make it (createdb none)"},
		{strings.Replace(w.url, "amsx@", "stranger:hunter2-secret@", 1), "the server refuses the login stranger"},
	} {
		_, err := replica.Open(t.Context(), tt.url, replica.Options{})
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v\nwant %s", tt.url, err, tt.want)
		}
	}

	w.server("INSERT INTO amsx.version(version_id, is_applied) VALUES (99, true)")
	if _, err := replica.Open(t.Context(), w.url, replica.Options{}); err == nil || !strings.Contains(err.Error(), "made by a newer amsx") {
		t.Errorf("a newer site was opened: %v", err)
	}
}

// A user who owns nothing is told what is missing.
func TestRights(t *testing.T) {
	w := newWorld(t)
	w.server("CREATE ROLE reader LOGIN")
	defer w.server("DROP OWNED BY reader; DROP ROLE reader")
	url := strings.Replace(w.url, "amsx@", "reader@", 1)
	if _, err := open(t.Context(), url, filepath.Join(t.TempDir(), "copy.db")); err == nil || !strings.Contains(err.Error(), "the user reader may not do that") {
		t.Errorf("%v", err)
	}
}

// The tables of a site on a server are those of a site in a file, and so are
// their columns.
func TestSameTables(t *testing.T) {
	w := newWorld(t)
	file := filepath.Join(t.TempDir(), "amsx.db")
	plain, err := site.Open(t.Context(), file, site.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const columns = "SELECT m.name, c.name, c.type FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type='table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT IN ('amsx_version', 'amsx_copy', 'amsx_copy_table') ORDER BY 1, c.cid"
	want, err := plain.Read(t.Context(), columns)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range want {
		schema, table := "site", c[0].(string)
		if rest, ours := strings.CutPrefix(table, "amsx_"); ours {
			schema, table = "amsx", rest
		}
		typ := w.server("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '" + schema + "." + table + "'::regclass AND attname = '" + strings.ToLower(c[1].(string)) + "'")
		expect := map[string]string{"TEXT": "text", "INTEGER": "bigint", "BOOLEAN": "boolean", "DATE": "date", "DATETIME": "timestamp with time zone", "DECIMAL_TEXT": "numeric"}[c[2].(string)]
		if typ != expect {
			t.Errorf("%s.%s is %s on the server, want %s", c[0], c[1], typ, expect)
		}
	}
	if len(want) < 50 {
		t.Fatalf("only %d columns were compared", len(want))
	}
}

// A copy that is lost, damaged beyond reading or put back from a backup is made
// anew, and so is one of a server that was.
func TestCopyIsMadeAnew(t *testing.T) {
	w := newWorld(t)
	w.server("INSERT INTO site.custodian(login) VALUES ('ada')")
	file := filepath.Join(t.TempDir(), "copy.db")
	read := func() string {
		t.Helper()
		d, err := open(t.Context(), w.url, file)
		if err != nil {
			t.Fatal(err)
		}
		return w.copied(d, "SELECT Login FROM Custodian")
	}
	w.equal("at first", read(), "ada")
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	w.server("UPDATE site.custodian SET login = 'eve'")
	w.equal("then", read(), "eve")
	for _, f := range []string{file, file + "-wal", file + "-shm"} {
		if err := os.Remove(f); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	w.equal("when it is lost", read(), "eve")
	if err := os.WriteFile(file, old, 0o600); err != nil {
		t.Fatal(err)
	}
	w.equal("when it is put back from a backup", read(), "eve")
}
