package site

import (
	"database/sql"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"
)

// triggers are the schema's triggers, as the database has them.
func triggers(t *testing.T, d *Database) [][]any {
	t.Helper()
	rows, err := d.Read(t.Context(), "SELECT name, sql FROM sqlite_master WHERE type='trigger' ORDER BY name")
	if err != nil || len(rows) == 0 {
		t.Fatalf("%v, %v", rows, err)
	}
	return rows
}

// TestManyRows: a merge of many new rows takes the trigger for other programs
// off and puts it back, whether the run is a test, is stopped or is merged.
func TestManyRows(t *testing.T) {
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	before := triggers(t, d)
	sync := func(info RunInfo, prefix string) (*Result, error) {
		s := begin(t, d, info)
		g, err := s.Open(t.Context(), loginSpec())
		if err != nil {
			t.Fatal(err)
		}
		for i := range manyRows + 1 {
			v := []runtime.Value{runtime.Text(fmt.Sprintf("%s%d", prefix, i)), runtime.Text(fmt.Sprintf("%sÖ%d", prefix, i))}
			if _, err := g.Upsert(t.Context(), runtime.Record{Values: v}); err != nil {
				t.Fatal(err)
			}
		}
		if info.Limit == 0 {
			if _, err := s.DeactivateMissing(t.Context(), "OKTA", lexer.Position{}); err != nil {
				t.Fatal(err)
			}
		}
		return s.Finish(t.Context())
	}
	for _, tt := range []struct {
		info   RunInfo
		prefix string
		want   int64
		fails  string
	}{
		{RunInfo{Testing: true}, "u", 0, ""},
		{RunInfo{}, "u", manyRows + 1, ""},
		{RunInfo{Limit: 1e6}, "v", manyRows + 1, "fuse"},
		{RunInfo{Limit: 1e6, AllowOnce: []string{"all"}}, "v", 2 * (manyRows + 1), ""},
	} {
		r, err := sync(tt.info, tt.prefix)
		if tt.fails == "" && (err != nil || r.Counts.Inserted != manyRows+1) || tt.fails != "" && (err == nil || !strings.Contains(err.Error(), tt.fails)) {
			t.Errorf("%+v: %v", tt.info, err)
		}
		rows, err := d.Read(t.Context(), "SELECT count(*), count(LoginKey) FROM Custodian")
		if err != nil || rows[0][0] != tt.want || rows[0][1] != tt.want {
			t.Errorf("%+v: %v, %v, want %d rows with their keys", tt.info, rows, err, tt.want)
		}
		if diff := cmp.Diff(before, triggers(t, d)); diff != "" {
			t.Errorf("%+v: the triggers changed:\n%s", tt.info, diff)
		}
	}
}

// TestUnkeyedIsFound: looking for rows without key forms reads an index and not
// the table, since every run does it.
func TestUnkeyedIsFound(t *testing.T) {
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	s := begin(t, d, RunInfo{})
	rows, err := d.Read(t.Context(), "EXPLAIN QUERY PLAN SELECT 1 FROM main.Custodian WHERE "+s.table("Custodian").unkeyed()+" LIMIT 1")
	if err != nil || len(rows) != 1 || !strings.Contains(fmt.Sprint(rows[0]), "USING COVERING INDEX Custodian_Unkeyed") && !strings.Contains(fmt.Sprint(rows[0]), "USING INDEX Custodian_Unkeyed") {
		t.Errorf("%v, %v", rows, err)
	}
}

// TestUpgrade: a database of every older version is brought up to date with
// its rows, and then has the schema of a new one.
func TestUpgrade(t *testing.T) {
	fresh := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	schema := func(d *Database) [][]any {
		rows, err := d.Read(t.Context(), "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'amsx_version%' ORDER BY 1, 2")
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	all, err := fs.ReadDir(files, ".")
	if err != nil || len(all) != schemaVersion {
		t.Fatalf("%d migrations for version %d, %v", len(all), schemaVersion, err)
	}
	for from := int64(1); from < schemaVersion; from++ {
		path := filepath.Join(t.TempDir(), "amsx.db")
		open, err := newConnector(path)
		if err != nil {
			t.Fatal(err)
		}
		db := sql.OpenDB(open)
		p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.UpTo(t.Context(), from); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		execute(t, path, "INSERT INTO Custodian(OktaID, Login, Email, Source) VALUES ('u1', 'Zoë', 'Z@example.com', 'OKTA')")
		d := newDatabase(t, path)
		if diff := cmp.Diff(schema(fresh), schema(d)); diff != "" {
			t.Errorf("version %d upgraded (-new +upgraded):\n%s", from, diff)
		}
		begin(t, d, RunInfo{})
		rows, err := d.Read(t.Context(), "SELECT OktaID, Login, LoginKey, EmailKey, (SELECT user_version FROM pragma_user_version) FROM Custodian")
		if err != nil || fmt.Sprint(rows) != fmt.Sprintf("[[u1 Zoë zoë z@example.com %d]]", schemaVersion) {
			t.Errorf("version %d upgraded: %v, %v", from, rows, err)
		}
	}
}

// TestSchema: the columns that other programs rely on, under their names, and
// what they hold.
func TestSchema(t *testing.T) {
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	for _, tt := range []struct{ query, want string }{
		{"SELECT group_concat(name, ' ') FROM pragma_table_info('Custodian')", "CustodianID OktaID Source Login LoginKey FullName FirstName LastName Email EmailKey SecondEmail Department Division Organization CostCentre JobTitle EmployeeNumber Phone Mobile Location City CountryCode ManagerID Status Active HireDate Created LastUpdated LastLogin"},
		{"SELECT group_concat(name, ' ') FROM pragma_table_info('Department')", "DepartmentID DepartmentName"},
		{"SELECT group_concat(name, ' ') FROM pragma_table_info('Location')", "LocationID LocationName"},
		{"SELECT group_concat(name, ' ') FROM pragma_table_info('CostCentre')", "CostCentreID CostCentreName"},
		{"SELECT group_concat(name, ' ') FROM pragma_table_info('SpecialOption')", "SpecialOptionID SpecialOptionCode Context Value"},
		{"SELECT group_concat(name, ' ') FROM pragma_table_info('amsx_change')", "RunID TableName RowID Action Line Source Old RowHash New"},
		{"SELECT group_concat(c, ' ') FROM (SELECT group_concat(i.name, '+') AS c FROM pragma_index_list('Custodian') l, pragma_index_info(l.name) i WHERE l.\"unique\" GROUP BY l.name ORDER BY 1)", "LoginKey+Source OktaID"},
		{"SELECT \"table\" || '.' || \"from\" || '.' || \"to\" FROM pragma_foreign_key_list('Custodian')", "Custodian.ManagerID.CustodianID"},
		{"SELECT seq FROM sqlite_sequence WHERE name='Custodian' UNION ALL SELECT 'none yet' LIMIT 1", "none yet"},
	} {
		rows, err := d.Read(t.Context(), tt.query)
		if err != nil || len(rows) != 1 || fmt.Sprint(rows[0][0]) != tt.want {
			t.Errorf("%s\n%v, %v\nwant %s", tt.query, rows, err, tt.want)
		}
	}
	// The refusals of the table itself, to whoever writes it.
	for _, q := range []string{
		"INSERT INTO Custodian(Active) VALUES (2)", "INSERT INTO Custodian(Active) VALUES (NULL)", "INSERT INTO Custodian(Active) VALUES ('yes')",
		"INSERT INTO Custodian(OktaID) VALUES ('same'), ('same')",
		"INSERT INTO Custodian(Login, Source) VALUES ('Ada', 'A'), ('ADA', 'A')",
	} {
		if _, err := d.Read(t.Context(), q); err == nil || !strings.Contains(err.Error(), "constraint failed") {
			t.Errorf("%s: %v", q, err)
		}
	}
	execute(t, d.path, "INSERT INTO Custodian(Login, Source) VALUES ('Ada', 'A'), ('ADA', 'B'), ('ada', NULL), ('Ada', NULL); DELETE FROM Custodian; INSERT INTO Custodian(OktaID) VALUES ('next')")
	if rows, err := d.Read(t.Context(), "SELECT CustodianID FROM Custodian"); err != nil || rows[0][0].(int64) < 5 {
		t.Errorf("an id was used again: %v, %v", rows, err)
	}
}
