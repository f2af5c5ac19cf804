package site

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
	"zombiezen.com/go/sqlite"
)

// TestSetWise: what scripts do to whole tables, of any kind, takes as many
// statements for a thousand rows as for ten, has each row in the change set,
// and is stopped by the fuse. The statements are counted where the engine asks
// whether they may be run. (An Upsert looks the row of each record up, with one
// statement that is prepared once; what is merged is merged as a set.)
func TestSetWise(t *testing.T) {
	exec := func(q string) func(*testing.T, *Session, int) {
		return func(t *testing.T, s *Session, _ int) {
			if _, err := s.Exec(t.Context(), runtime.Query{SQL: q, Pos: lexer.Position{Line: 7}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	translate := func(m runtime.Match, from string) func(*testing.T, *Session, int) {
		return func(t *testing.T, s *Session, n int) {
			rows, err := s.Translate(t.Context(), runtime.Translation{Table: "Asset", Column: "Manufacturer", Match: m, Pairs: []runtime.Pair{{From: from, To: runtime.Text("HP")}}})
			if err != nil || rows != int64(n) {
				t.Fatalf("%d rows, %v", rows, err)
			}
		}
	}
	upserts := func(spec runtime.TargetSpec, record func(int) []string) func(*testing.T, *Session, int) {
		return func(t *testing.T, s *Session, n int) {
			g, err := s.Open(t.Context(), spec)
			if err != nil {
				t.Fatal(err)
			}
			for i := range n {
				if _, err := g.Upsert(t.Context(), drawn(record(i+1))); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	assets := runtime.TargetSpec{Table: "Asset", Source: "S", Key: []string{"SourceID"}, Columns: []runtime.TargetColumn{{Name: "SourceID"}, {Name: "AssetName"}}}
	typed := runtime.TargetSpec{Table: "Asset", Source: "S", Key: []string{"SourceID"}, Columns: []runtime.TargetColumn{{Name: "SourceID"},
		{Name: "AssetType", Lookup: &runtime.LookupSpec{Result: "DepartmentName", Table: "Department", Columns: []string{"DepartmentName"}, Create: true}}}}
	tests := []struct {
		name    string
		do      func(t *testing.T, s *Session, rows int)
		changes map[string]int // change rows of a table, a row of the test; none: no change
		field   string         // that each change of Asset is of
		fuse    string         // what the fuse says
	}{
		{"Upsert", upserts(assets, func(i int) []string { return []string{fmt.Sprint(i), fmt.Sprint("new ", i)} }), map[string]int{"Asset": 1}, "AssetName", "would change AssetName in"},
		{"look-up with create", upserts(typed, func(i int) []string { return []string{fmt.Sprint(i), fmt.Sprint("room ", i)} }), map[string]int{"Asset": 1, "Department": 1}, "AssetType", "into Department"},
		{"ApplyDataMapping", translate(runtime.MatchWhole, "hewlett"), map[string]int{"Asset": 1}, "Manufacturer", "would change Manufacturer in"},
		{"ApplyDataMappingLike", translate(runtime.MatchLike, "%lett"), map[string]int{"Asset": 1}, "Manufacturer", "would change Manufacturer in"},
		{"ApplyDataMappingLike2", translate(runtime.MatchBegins, "hew"), map[string]int{"Asset": 1}, "Manufacturer", "would change Manufacturer in"},
		{"CleanColumns", func(t *testing.T, s *Session, n int) {
			rows, err := s.Rewrite(t.Context(), "Asset", []string{"AssetName", "Manufacturer"}, func(v runtime.Value) runtime.Value { return runtime.Text(strings.ToUpper(v.Text())) }, lexer.Position{Line: 7})
			if err != nil || rows != int64(n) {
				t.Fatalf("%d rows, %v", rows, err)
			}
		}, map[string]int{"Asset": 1}, "AssetName", "would change AssetName in"},
		{"AddColumnsToTable", func(t *testing.T, s *Session, _ int) {
			if err := s.AddColumns(t.Context(), []runtime.ColumnSpec{{Table: "Asset", Name: "Room", Type: "Text"}}); err != nil {
				t.Fatal(err)
			}
			exec("UPDATE Asset SET Room='R', AssetName='in R' WHERE 1=1")(t, s, 0)
		}, map[string]int{"Asset": 1}, "Room", "would change AssetName in"},
		{"AddCustomField", func(t *testing.T, s *Session, _ int) {
			if err := s.AddColumns(t.Context(), []runtime.ColumnSpec{{Table: "Asset", Name: "HolderID", Type: "Lookup", Lookup: "Custodian"}}); err != nil {
				t.Fatal(err)
			}
			exec("UPDATE Asset SET HolderID=1, AssetName=NULL WHERE 1=1")(t, s, 0)
		}, map[string]int{"Asset": 1}, "HolderID", "would empty AssetName in"},
		{"a temporary table", func(t *testing.T, s *Session, _ int) {
			exec("CREATE TEMP TABLE names AS SELECT AssetID AS id, 'new ' || AssetID AS name FROM Asset")(t, s, 0)
			exec("DELETE FROM names WHERE id < 0")(t, s, 0)
			exec("UPDATE Asset SET AssetName=(SELECT name FROM names WHERE id=AssetID) WHERE 1=1")(t, s, 0)
		}, map[string]int{"Asset": 1}, "AssetName", "would change AssetName in"},
		{"a temporary table alone", func(t *testing.T, s *Session, _ int) {
			exec("CREATE TEMP TABLE names AS SELECT AssetID AS id FROM Asset")(t, s, 0)
			exec("DELETE FROM names WHERE 1=1")(t, s, 0)
		}, nil, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			statements := make(map[int]int)
			for _, rows := range []int{10, 1000} {
				d := assetsOf(t, rows)
				s := begin(t, d, RunInfo{RunID: 2, Transformation: "T", AllowOnce: []string{"all"}})
				prepared := 0
				err := s.c.SetAuthorizer(sqlite.AuthorizeFunc(func(a sqlite.Action) sqlite.AuthResult {
					switch a.Type() {
					case sqlite.OpSelect, sqlite.OpInsert, sqlite.OpUpdate, sqlite.OpDelete:
						prepared++
					}
					return s.authorize(a)
				}))
				if err != nil {
					t.Fatal(err)
				}
				tt.do(t, s, rows)
				r, err := s.Finish(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				statements[rows] = prepared
				changed := make(map[string]int)
				for ch, err := range r.Changes() {
					if err != nil {
						t.Fatal(err)
					}
					changed[ch.Table]++
					found := ch.Table != "Asset"
					for _, f := range ch.Fields {
						found = found || f.Name == tt.field && f.Old != f.New
					}
					if !found {
						t.Fatalf("%s is not in %+v", tt.field, ch)
					}
				}
				for table, n := range tt.changes {
					if changed[table] != n*rows {
						t.Errorf("%d changes of %s for %d rows", changed[table], table, rows)
					}
				}
				if len(changed) != len(tt.changes) {
					t.Errorf("changes of %v", changed)
				}
			}
			if statements[10] != statements[1000] || statements[10] == 0 {
				t.Errorf("statements for so many rows: %v", statements)
			}
			d := assetsOf(t, 20)
			s := begin(t, d, RunInfo{RunID: 2, Transformation: "T"})
			tt.do(t, s, 20)
			var blown *FuseError
			if _, err := s.Finish(t.Context()); tt.fuse == "" && err != nil || tt.fuse != "" && (!errors.As(err, &blown) || !strings.Contains(err.Error(), tt.fuse)) {
				t.Errorf("error %v, want the fuse that says %q", err, tt.fuse)
			}
			after, err := d.Read(t.Context(), "SELECT count(*), count(DISTINCT AssetName), min(AssetName), min(Manufacturer) FROM Asset")
			if err != nil || fmt.Sprint(after) != "[[20 20 pc 1 hewlett]]" {
				t.Errorf("the table holds %v, %v", after, err)
			}
		})
	}
}

// assetsOf is a site to which a complete run has brought so many assets, with
// one department and one person.
func assetsOf(t *testing.T, rows int) *Database {
	t.Helper()
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	direct(t, d, 1,
		fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<%d) INSERT INTO Asset(AssetID, SourceID, Source, AssetName, Manufacturer) SELECT i, i, 'S', 'pc ' || i, 'hewlett' FROM n", rows),
		"INSERT INTO Department(DepartmentName) VALUES ('Sales')",
		"INSERT INTO Custodian(Login, FullName) VALUES ('ada', 'Ada')")
	execute(t, d.path, fmt.Sprintf("INSERT OR REPLACE INTO amsx_run_source VALUES (1, 'Asset', 'S', 1, %d, %d)", rows, rows))
	return d
}
