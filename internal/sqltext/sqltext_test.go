package sqltext

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"zombiezen.com/go/sqlite"

	"github.com/amsx-lang/amsx/internal/site"
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
	"github.com/amsx-lang/amsx/runtime"
)

// schema is a small site.
type schema map[string][]runtime.Column

func (s schema) Table(name string) (string, []runtime.Column, bool) {
	for n, cols := range s {
		if strings.EqualFold(n, name) {
			return n, cols, true
		}
	}
	return "", nil, false
}

func (s schema) Tables() []string { return []string{"Custodian", "Department"} }

var small = schema{
	"Custodian": {
		{Name: "CustodianID", Type: runtime.ColumnInteger},
		{Name: "Login"}, {Name: "Email"}, {Name: "LoginKey", ReadOnly: true}, {Name: "FullName"}, {Name: "First Name"},
		{Name: "DepartmentID", Type: runtime.ColumnInteger},
		{Name: "Active", Type: runtime.ColumnBoolean},
		{Name: "Salary", Type: runtime.ColumnNumber},
		{Name: "LastLogin", Type: runtime.ColumnDateTime},
	},
	"Department": {
		{Name: "DepartmentID", Type: runtime.ColumnInteger},
		{Name: "DepartmentName"},
	},
}

const ddl = "CREATE TABLE Custodian (CustodianID INTEGER PRIMARY KEY, Login TEXT, Email TEXT, LoginKey TEXT, FullName TEXT, `First Name` TEXT, DepartmentID INTEGER, Active INTEGER, Salary NUMERIC, LastLogin TEXT);" +
	"CREATE TABLE Department (DepartmentID INTEGER PRIMARY KEY, DepartmentName TEXT);"

// vars are the variables of the cases.
var vars = map[string]runtime.Value{
	"email":    runtime.Text("O'Brien"),
	"evil":     runtime.Text("'); DROP TABLE Custodian;--"),
	"pct":      runtime.Text("100%"),
	"capitals": runtime.Text("ÉLAN"),
	"nul":      runtime.Text("a\x00b"),
	"null":     runtime.Null(),
	"empty":    runtime.Text(""),
	"n":        runtime.Int(5),
	"five":     runtime.Text("5"),
	"yes":      runtime.Bool(true),
	"true":     runtime.Text("True"),
	"ids":      runtime.List(runtime.Int(1), runtime.Int(2), runtime.Null()),
	"names":    runtime.List(runtime.Text("a'b"), runtime.Text("c")),
	"none":     runtime.List(),
	"col":      runtime.Text("login"),
	"cols":     runtime.Text("Login, first name"),
	"sort":     runtime.Text("FullName DESC, Login"),
	"dir":      runtime.Text("desc"),
	"table":    runtime.Text("custodian"),
	"NOW":      runtime.Text("2026-03-01 10:00:00"),
	"secret":   runtime.Text("00TestTokenNotReal").WithTaint(1),
}

var refForm = regexp.MustCompile(`%%|%([A-Za-z_][\w.]*)%`)

// split makes the parts of a text as the parser does.
func split(text string) []ast.Part {
	var parts []ast.Part
	line, col := 1, 1
	var lit strings.Builder
	var at ast.Position
	advance := func(s string) {
		for _, r := range s {
			if col++; r == '\n' {
				line, col = line+1, 1
			}
		}
	}
	add := func(s, src string) {
		if lit.Len() == 0 {
			at = ast.Position{Line: line, Column: col}
		}
		lit.WriteString(s)
		advance(src)
	}
	for text != "" {
		m := refForm.FindStringSubmatchIndex(text)
		if m == nil {
			add(text, text)
			break
		}
		if m[0] > 0 {
			add(text[:m[0]], text[:m[0]])
		}
		if m[2] < 0 {
			add("%", "%%")
		} else {
			if lit.Len() > 0 {
				parts = append(parts, ast.Part{Pos: at, Text: lit.String()})
				lit.Reset()
			}
			p := ast.Position{Line: line, Column: col}
			raw := text[m[2]:m[3]]
			parts = append(parts, ast.Part{Pos: p, Ref: &ast.Path{Pos: p, Raw: raw, Steps: []ast.Step{{Key: raw}}}})
			advance(text[m[0]:m[1]])
		}
		text = text[m[1]:]
	}
	if lit.Len() > 0 {
		parts = append(parts, ast.Part{Pos: at, Text: lit.String()})
	}
	return parts
}

func finding(d *lexer.Diagnostic) string {
	s := fmt.Sprintf("! %d:%d %s %s", d.Pos.Line, d.Pos.Column, d.Code, d.Message)
	if d.Hint != "" {
		s += " | " + d.Hint
	}
	return s + "\n"
}

// result compiles and renders a text and prints what comes of it.
func result(t *testing.T, text string) (string, []runtime.Query) {
	t.Helper()
	template, list := Compile(split(text), small)
	var b strings.Builder
	if list.HasErrors() {
		list.Sort()
		for _, d := range list {
			b.WriteString(finding(d))
		}
		return b.String(), nil
	}
	for _, d := range list {
		b.WriteString(d.Severity.String() + finding(d))
	}
	values := make([]runtime.Value, len(template.Refs()))
	for i, r := range template.Refs() {
		v, ok := vars[r.Root()]
		if !ok {
			t.Fatalf("no variable %s in the test", r.Root())
		}
		values[i] = v
	}
	queries, err := template.Render(values)
	if err != nil {
		d, ok := err.(*lexer.Diagnostic)
		if !ok {
			t.Fatalf("error without a place: %v", err)
		}
		return "run" + finding(d), nil
	}
	for _, q := range queries {
		if q.Pos.Line == 1 && q.Pos.Column == 1 {
			fmt.Fprintf(&b, "> %s\n", strings.ReplaceAll(strings.TrimSpace(q.SQL), "\n", "⏎"))
		} else {
			fmt.Fprintf(&b, "> %d:%d %s\n", q.Pos.Line, q.Pos.Column, strings.ReplaceAll(strings.TrimSpace(q.SQL), "\n", "⏎"))
		}
		for i, a := range q.Args {
			fmt.Fprintf(&b, "  %d %#v\n", i+1, a)
		}
	}
	return b.String(), queries
}

// TestCases runs testdata/*.txt: blocks of a comment, the SQL text and what
// comes of it. AMSX_UPDATE=1 rewrites them. Every statement that comes out is
// also run by SQLite.
func TestCases(t *testing.T) {
	update := os.Getenv("AMSX_UPDATE") != ""
	files, _ := filepath.Glob("testdata/*.txt")
	if len(files) == 0 {
		t.Fatal("no cases")
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
			src, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			conn := open(t)
			var got strings.Builder
			for i, block := range strings.Split(strings.TrimSpace(strings.ReplaceAll(string(src), "\r\n", "\n")), "\n\n") {
				var head, text []string
				for _, l := range strings.Split(block, "\n") {
					switch {
					case strings.HasPrefix(l, "#"):
						head = append(head, l)
					case strings.HasPrefix(l, "> "), strings.HasPrefix(l, "  "), strings.HasPrefix(l, "! "), strings.HasPrefix(l, "run!"), strings.HasPrefix(l, "warning!"), strings.HasPrefix(l, "info!"):
					default:
						text = append(text, l)
					}
				}
				if i > 0 {
					got.WriteString("\n")
				}
				if len(text) == 0 {
					got.WriteString(block + "\n")
					continue
				}
				sql := strings.Join(text, "\n")
				mine := ""
				t.Run(strconv.Itoa(i+1), func(t *testing.T) {
					out, queries := result(t, sql)
					mine = strings.Join(append(head, sql), "\n") + "\n" + out
					for _, q := range queries {
						if err := run(conn, q); err != nil && !strings.HasPrefix(out, "warning!") {
							t.Errorf("%s\nSQLite: %v", q.SQL, err)
						}
					}
					if d := cmp.Diff(block+"\n", mine); d != "" && !update {
						t.Errorf("(-want +got):\n%s", d)
					}
				})
				got.WriteString(mine)
			}
			if update {
				if err := os.WriteFile(f, []byte(got.String()), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// A database is SQLite with the functions of a site, whose errors the engine
// loses.
type database struct {
	*sqlite.Conn
	failed error
}

// A functionError is what a function of the site says against a value.
type functionError struct{ error }

// open returns a database with the tables of the test's schema.
func open(t testing.TB) *database {
	t.Helper()
	conn, err := sqlite.OpenConn(":memory:", sqlite.OpenReadWrite, sqlite.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	db := &database{Conn: conn}
	if err := site.AddFunctions(conn, func(err error) (sqlite.Value, error) {
		if db.failed == nil {
			db.failed = err
		}
		return sqlite.Value{}, err
	}); err != nil {
		t.Fatal(err)
	}
	for _, s := range strings.Split(strings.TrimSuffix(ddl, ";"), ";") {
		if err := run(db, runtime.Query{SQL: s}); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// run runs one statement to its end; text behind it is an error.
func run(conn *database, q runtime.Query) error {
	_, err := rows(conn, q)
	return err
}

// rows runs a statement and returns its rows as text.
func rows(conn *database, q runtime.Query) ([]string, error) {
	stmt, trailing, err := conn.PrepareTransient(q.SQL)
	if err != nil {
		return nil, err
	}
	defer func() { _ = stmt.Finalize() }()
	if trailing != 0 {
		return nil, fmt.Errorf("%d bytes behind the statement", trailing)
	}
	if n := stmt.BindParamCount(); n != len(q.Args) {
		return nil, fmt.Errorf("%d parameters, %d values", n, len(q.Args))
	}
	for i, a := range q.Args {
		switch a.Kind() {
		case runtime.KindNull:
			stmt.BindNull(i + 1)
		case runtime.KindNumber:
			n, _ := a.Int64()
			stmt.BindInt64(i+1, n)
		case runtime.KindBoolean:
			stmt.BindBool(i+1, a.Truth())
		default:
			stmt.BindText(i+1, a.Text())
		}
	}
	var out []string
	for {
		more, err := stmt.Step()
		if conn.failed != nil {
			err, conn.failed = functionError{conn.failed}, nil
		}
		if err != nil || !more {
			return out, err
		}
		var cols []string
		for i := range stmt.ColumnCount() {
			cols = append(cols, stmt.ColumnText(i))
		}
		out = append(out, strings.Join(cols, "|"))
	}
}
