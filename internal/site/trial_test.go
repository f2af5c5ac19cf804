package site_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/amsx-lang/amsx/internal/site"
	"github.com/amsx-lang/amsx/runtime"
)

// TestTrial: the copy has the tables, the functions and the refusals of a run,
// it runs nothing, and the site does not see what is made on it.
func TestTrial(t *testing.T) {
	ctx := t.Context()
	d, err := site.Open(ctx, filepath.Join(t.TempDir(), "site.db"), site.Options{})
	if err != nil {
		t.Fatal(err)
	}
	schema, err := d.Schema(ctx)
	if err != nil {
		t.Fatal(err)
	}
	run, err := d.Begin(ctx, site.RunInfo{RunID: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Abort()
	for name, of := range map[string]runtime.Schema{"the site": schema, "a run": run} {
		trial, err := of.(runtime.Preparer).Trial()
		if err != nil {
			t.Fatal(name, err)
		}
		for _, c := range []struct {
			sql, name string
			kind      runtime.SQLFaultKind
		}{
			{"SELECT Fulname FROM Custodian", "Fulname", runtime.NoColumn},
			{"SELECT c.Fulname FROM Custodian c", "c.Fulname", runtime.NoColumn},
			{"INSERT INTO Department (Colour) VALUES (1)", "Colour", runtime.NoColumn},
			{"SELECT 1 FROM main.Custodians", "Custodians", runtime.NoTable},
			{"SELECT FullName Email Login FROM Custodian", "Login", runtime.SyntaxFault},
			{"SELECT FullName FROM", "", runtime.SyntaxFault},
			{"SELECT nofunction(1)", "", runtime.OtherFault},
			{"DROP TABLE Custodian", "", runtime.RefusedFault},
			{"DELETE FROM amsx_change", "", runtime.RefusedFault},
			{"VACUUM", "", runtime.RefusedFault},
		} {
			f := trial.Try(c.sql)
			if f == nil || f.Kind != c.kind || f.Name != c.name {
				t.Errorf("%s: %s: %+v, want kind %d of %q", name, c.sql, f, c.kind, c.name)
			}
		}
		for _, sql := range []string{"SELECT Fold(FullName), amsx_left(Login, ?1) FROM Custodian", "SELECT * FROM amsx_run", "INSERT INTO Custodian (OktaID) VALUES (?1) ON CONFLICT (OktaID) DO NOTHING"} {
			if f := trial.Try(sql); f != nil {
				t.Errorf("%s: %s: %+v", name, sql, f)
			}
		}
		began := time.Now()
		const endless = "CREATE TEMP TABLE `#n` AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
		if made, f := trial.Make(endless, strings.Index(endless, "WITH")); !made || f != nil || time.Since(began) > 5*time.Second {
			t.Errorf("%s: %v %+v", name, made, f)
		}
		if made, f := trial.Make("CREATE TEMP TABLE `#two` AS SELECT 1 AS a, 2 AS a", len("CREATE TEMP TABLE `#two` AS ")); made || f != nil {
			t.Errorf("%s: two columns of one name: %v %+v", name, made, f)
		}
		if err := trial.Add("Custodian", "BadgeNo"); err != nil {
			t.Error(name, err)
		}
		if f := trial.Try("SELECT n.i, c.BadgeNo FROM `#n` n, Custodian c"); f != nil {
			t.Errorf("%s: %+v", name, f)
		}
		if err := trial.Close(); err != nil {
			t.Error(name, err)
		}
	}
	if _, columns, _ := run.Table("Custodian"); len(columns) == 0 || columns[len(columns)-1].Name == "BadgeNo" {
		t.Error("the site has the column of the copy")
	}
	if _, err := run.Query(ctx, runtime.Query{SQL: "SELECT BadgeNo FROM Custodian"}); err == nil || !strings.Contains(err.Error(), "no such column") {
		t.Errorf("the site's own table: %v", err)
	}
}
