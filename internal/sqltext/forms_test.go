package sqltext

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/runtime"
)

// people are the rows that the cases of testdata/forms find.
const people = "INSERT INTO Department (DepartmentID, DepartmentName) VALUES (1, 'IT'), (2, 'Sales'), (3, 'Empty');" +
	"INSERT INTO Custodian (CustodianID, Login, Email, FullName, `First Name`, DepartmentID, Active, Salary, LastLogin) VALUES " +
	"(1, 'anna', 'anna@example.com', 'Anna Berg', 'Anna', 1, 1, 2.675, '2026-01-31T23:59:00Z')," +
	"(2, 'ben', 'ben@example.com', 'Ben Ito', 'Ben', 2, 0, 0.1, '2025-12-31T12:00:00Z')," +
	"(3, 'élan', NULL, 'Élan Moreau', NULL, 9, 1, 0.2, NULL);" +
	"UPDATE Custodian SET LoginKey = Fold(Login)"

// TestForms runs testdata/forms/*.txt: blocks of a comment, T-SQL, what it
// becomes with its bound values, and what it does: "= " rows that it gives, "x "
// an error of the database, "? " SQL that is asked afterwards, with its rows.
// Each block has the same rows before it. AMSX_UPDATE=1 rewrites the files.
func TestForms(t *testing.T) {
	files, _ := filepath.Glob("testdata/forms/*.txt")
	if len(files) == 0 {
		t.Fatal("no cases")
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
			src, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, block := range strings.Split(strings.TrimSpace(strings.ReplaceAll(string(src), "\r\n", "\n")), "\n\n") {
				got = append(got, form(t, block))
			}
			out := strings.Join(got, "\n")
			if os.Getenv("AMSX_UPDATE") != "" {
				if err := os.WriteFile(f, []byte(out), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := cmp.Diff(string(src), out); d != "" {
				t.Errorf("%s (-want +got):\n%s", f, d)
			}
		})
	}
}

var outcome = regexp.MustCompile(`^(>|  |!|run!|warning!|info!|=|x )`)

// form runs one block and returns it with its outcome.
func form(t *testing.T, block string) string {
	var head, text, asked []string
	for _, l := range strings.Split(block, "\n") {
		switch {
		case strings.HasPrefix(l, "# "):
			head = append(head, l)
		case strings.HasPrefix(l, "? "):
			asked = append(asked, l)
		case !outcome.MatchString(l):
			text = append(text, l)
		}
	}
	var b strings.Builder
	for _, l := range head {
		b.WriteString(l + "\n")
	}
	if len(text) == 0 {
		return b.String()
	}
	conn := open(t)
	for _, s := range strings.Split(people, ";") {
		if err := run(conn, runtime.Query{SQL: s}); err != nil {
			t.Fatal(err)
		}
	}
	show := func(q runtime.Query) {
		found, err := rows(conn, q)
		for _, r := range found {
			b.WriteString("= " + r + "\n")
		}
		if err != nil {
			b.WriteString("x " + strings.TrimPrefix(strings.TrimPrefix(err.Error(), "sqlite: step: "), "SQL logic error: ") + "\n")
		}
	}
	sql := strings.Join(text, "\n")
	out, queries := result(t, sql)
	b.WriteString(sql + "\n" + out)
	for _, q := range queries {
		show(q)
	}
	for _, a := range asked {
		b.WriteString(a + "\n")
		show(runtime.Query{SQL: strings.TrimPrefix(a, "? ")})
	}
	return b.String()
}
