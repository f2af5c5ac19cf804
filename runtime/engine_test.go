package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser"
	"github.com/amsx-lang/amsx/parser/ast"
	"github.com/amsx-lang/amsx/runtime"
)

// A bench is everything around a script under test: the commands below, a
// site that notes what is written, and a list of people to pull.
type bench struct {
	out     strings.Builder // lines of Log and warnings
	records string          // what Pull yields, JSON
	fail    int             // Pull fails at this record; 0: never
	site    fakeSite
	pack    string // the secret that Open gives
	limit   int64
	secrets []string
	limits  runtime.Limits
	fields  []string
	seen    *runtime.Seen
	values  map[string][]string
	files   map[string]string // that Call and CallLocal find
}

func (b *bench) Line(level, text string, pos lexer.Position) { fmt.Fprintln(&b.out, text) }
func (b *bench) Warn(code, text string, pos lexer.Position)  { fmt.Fprintln(&b.out, "warning:", text) }
func (b *bench) Progress(text string, done, total int64)     { fmt.Fprintln(&b.out, "progress:", text) }

func (b *bench) newHost() *runtime.Host {
	b.site.out = &b.out
	return &runtime.Host{Site: &b.site, Log: b, User: "ann", RunID: 7, Limit: b.limit,
		Now:    func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) },
		Secret: func(pack, s string) { b.secrets = append(b.secrets, s) }}
}

// commands is a small table of commands, each for one ability of the engine.
func (b *bench) commands() *runtime.Table {
	text := func(name string) runtime.Param { return runtime.Param{Name: name, Type: runtime.TextParam} }
	maybe := func(name string) runtime.Param {
		return runtime.Param{Name: name, Type: runtime.TextParam, Optional: true}
	}
	address := runtime.Param{Name: "url", Type: runtime.TextParam, Secret: true, Address: true}
	any := func(name string) runtime.Param { return runtime.Param{Name: name, Secret: true} }
	return runtime.NewTable([]*runtime.Command{
		{Name: "Log", Statement: true, Params: []runtime.Param{text("text")}, Run: func(c *runtime.Call) (runtime.Value, error) {
			b.Line("info", c.Text(0), c.Pos())
			return runtime.Null(), nil
		}},
		{Name: "Upper", Function: true, Result: "Text", Params: []runtime.Param{text("text")}, Run: func(c *runtime.Call) (runtime.Value, error) {
			return runtime.Text(strings.ToUpper(c.Text(0))), nil
		}},
		{Name: "BuildUrl", Function: true, Result: "Text", Params: []runtime.Param{address, {Name: "name, value", Variadic: true}}, Run: func(c *runtime.Call) (runtime.Value, error) {
			return runtime.Text(c.Text(0)), nil
		}},
		{Name: "Len", Function: true, Public: true, Result: "Number", Params: []runtime.Param{any("text")}, Run: func(c *runtime.Call) (runtime.Value, error) {
			return runtime.Int(int64(len(c.Text(0)))), nil
		}},
		{Name: "List", Function: true, Result: "List", Params: []runtime.Param{{Name: "value", Variadic: true}}, Run: func(c *runtime.Call) (runtime.Value, error) {
			var items []runtime.Value
			for i := range c.Len() {
				items = append(items, c.Arg(i))
			}
			return runtime.List(items...), nil
		}},
		{Name: "Row", Function: true, Result: "Row", Params: []runtime.Param{{Name: "name, value", Variadic: true}}, Run: func(c *runtime.Call) (runtime.Value, error) {
			var names []string
			var values []runtime.Value
			for i := 0; i+1 < c.Len(); i += 2 {
				names, values = append(names, c.Text(i)), append(values, c.Arg(i+1))
			}
			return runtime.Row(runtime.NewColumns(names...), values), nil
		}},
		{Name: "Json", Function: true, Result: "Json", Params: []runtime.Param{text("text")}, Run: func(c *runtime.Call) (runtime.Value, error) {
			return runtime.ParseJSON(c.Text(0))
		}},
		{Name: "IIf", Function: true, Lazy: true, Result: "value", Params: []runtime.Param{{Name: "condition"}, {Name: "then"}, {Name: "else"}}, Run: func(c *runtime.Call) (runtime.Value, error) {
			v, err := c.Eval(0)
			if err != nil {
				return v, err
			}
			ok, err := runtime.Condition(v)
			if err != nil {
				return v, err
			}
			if ok {
				return c.Eval(1)
			}
			return c.Eval(2)
		}},
		{Name: "Add", Statement: true, Params: []runtime.Param{{Name: "list", Type: runtime.VariableParam}, any("value")}, Run: func(c *runtime.Call) (runtime.Value, error) {
			x := c.Variable(0)
			v, err := x.Get()
			if err != nil {
				return v, err
			}
			return runtime.Null(), x.Set(runtime.Append(v, runtime.Detach(c.Arg(1))))
		}},
		{Name: "Fail", Statement: true, Function: true, Params: []runtime.Param{text("text")}, Run: func(c *runtime.Call) (runtime.Value, error) {
			return runtime.Null(), errors.New(c.Text(0))
		}},
		{Name: "Fuse", Statement: true, Run: func(c *runtime.Call) (runtime.Value, error) {
			return runtime.Null(), fmt.Errorf("%w: 7 people would turn inactive", runtime.ErrFuse)
		}},
		{Name: "Open", Statement: true, Params: []runtime.Param{{Name: "name", Type: runtime.VariableParam, Assigns: true, Fields: []string{"Url", "Domain", "Username", "Password"}}, {Name: "pack", Type: runtime.PackParam}}, Effects: runtime.ReadsPacks, Run: func(c *runtime.Call) (runtime.Value, error) {
			t, err := c.AddSecret(c.Text(1), []string{"example.com"}, b.pack)
			if err != nil {
				return runtime.Null(), err
			}
			return runtime.Null(), c.Variable(0).Set(runtime.Row(runtime.NewColumns("Url", "Password"), []runtime.Value{runtime.Text("https://example.com"), runtime.Text(b.pack).WithTaint(t)}))
		}},
		{Name: "Sign", Statement: true, Params: []runtime.Param{{Name: "pack", Type: runtime.VariableParam}}, Effects: runtime.ReadsPacks, Run: func(c *runtime.Call) (runtime.Value, error) {
			return runtime.Null(), nil
		}},
		{Name: "Header", Statement: true, Role: runtime.HeaderRole, Params: []runtime.Param{text("name"), any("value")}, Run: func(c *runtime.Call) (runtime.Value, error) {
			return runtime.Null(), nil
		}},
		{Name: "Post", Statement: true, Params: []runtime.Param{address, any("body"), {Name: "header, value", Variadic: true}}, Effects: runtime.WritesWeb, Run: func(c *runtime.Call) (runtime.Value, error) {
			return runtime.Null(), nil
		}},
		{Name: "Send", Statement: true, Params: []runtime.Param{text("host"), any("body")}, Run: func(c *runtime.Call) (runtime.Value, error) {
			if err := c.CheckTaint(c.Arg(1), c.Text(0)); err != nil {
				return runtime.Null(), err
			}
			b.Line("info", "sent to "+c.Text(0), c.Pos())
			return runtime.Null(), nil
		}},
		{Name: "Sql", Statement: true, Function: true, Result: "first value", Params: []runtime.Param{{Name: "statement", Type: runtime.SQLParam}}, Effects: runtime.ReadsDB, Run: func(c *runtime.Call) (runtime.Value, error) {
			q, err := c.SQL(0)
			if err != nil {
				return runtime.Null(), err
			}
			b.queries(q)
			return runtime.Int(int64(len(q))), nil
		}},
		{Name: "SqlExecute", Statement: true, Result: "rows changed", Params: []runtime.Param{{Name: "statement", Type: runtime.SQLParam, Optional: true}}, Effects: runtime.WritesDB, Run: func(c *runtime.Call) (runtime.Value, error) {
			q := c.Pending()
			if c.Has(0) {
				var err error
				if q, err = c.SQL(0); err != nil {
					return runtime.Null(), err
				}
			}
			b.queries(q)
			return runtime.Int(int64(len(q))), nil
		}},
		{Name: "ClearText", Statement: true, Run: func(c *runtime.Call) (runtime.Value, error) {
			c.Pending()
			return runtime.Null(), nil
		}},
		{Name: "Pull", Statement: true, Role: runtime.PullRole, Params: []runtime.Param{address, maybe("records"), maybe("style")}, Effects: runtime.ReadsWeb, Run: func(c *runtime.Call) (runtime.Value, error) {
			return runtime.Text("pulled"), nil
		}, Iterate: func(c *runtime.Call) (runtime.Iterator, error) {
			page, err := c.Projection().Page([]byte(b.records), nil)
			return &pullIterator{b: b, page: page}, err
		}},
		{Name: "Fetch", Statement: true, Function: true, Role: runtime.FetchRole, Result: "body", Params: []runtime.Param{address}, Effects: runtime.ReadsWeb, Run: func(c *runtime.Call) (runtime.Value, error) {
			return runtime.Text(b.records), nil
		}},
		{Name: "Upsert", Statement: true, Role: runtime.UpsertRole, Result: "outcome", Params: []runtime.Param{{Name: "record", Type: runtime.RecordParam}, {Name: "map", Type: runtime.MappingParam, Optional: true}, {Name: "which", Type: runtime.TextParam, Optional: true, Default: "all", OneOf: []string{"all", "existing only"}}}, Effects: runtime.WritesDB, Run: func(c *runtime.Call) (runtime.Value, error) {
			o, err := c.Upsert(c.Arg(0), c.Text(2) == "existing only")
			return runtime.Text(o.String()), err
		}},
		{Name: "RejectRecord", Statement: true, Role: runtime.RejectRole, Params: []runtime.Param{{Name: "record", Type: runtime.RecordParam}, text("reason")}, Effects: runtime.WritesDB, Run: func(c *runtime.Call) (runtime.Value, error) {
			return runtime.Null(), c.Reject(c.Arg(0), c.Text(1))
		}},
		{Name: "DeactivateMissing", Statement: true, Role: runtime.LeaversRole, Result: "number", Params: []runtime.Param{{Name: "source", Type: runtime.TextParam, Optional: true}}, Effects: runtime.WritesDB, Run: func(c *runtime.Call) (runtime.Value, error) {
			n, err := c.DeactivateMissing(c.Text(0))
			return runtime.Int(n), err
		}},
		{Name: "Call", Statement: true, Role: runtime.CallRole, Result: "its buffer", Params: []runtime.Param{text("file"), maybe("parameters"), maybe("parent"), maybe("values"), maybe("variables"), maybe("id")}, Run: func(c *runtime.Call) (runtime.Value, error) {
			return c.RunScript()
		}},
		{Name: "CallLocal", Statement: true, Role: runtime.CallLocalRole, Result: "its buffer", Params: []runtime.Param{text("file"), maybe("parent"), maybe("values"), maybe("variables"), maybe("id")}, Run: func(c *runtime.Call) (runtime.Value, error) {
			return c.RunScript()
		}},
		{Name: "Commit", Statement: true, Role: runtime.CommitRole, Effects: runtime.WritesDB, Run: func(c *runtime.Call) (runtime.Value, error) {
			return runtime.Null(), c.Commit()
		}, Check: func(c *runtime.CheckedCall) {
			if c.InPull || c.InTransaction {
				c.List.Errorf(c.Call.Pos, "COMMIT", "", "not here: loop %v, Transaction %v", c.InPull, c.InTransaction)
			}
		}},
		{Name: "Rollback", Statement: true, Role: runtime.CommitRole, Effects: runtime.WritesDB, Run: func(c *runtime.Call) (runtime.Value, error) {
			return runtime.Null(), c.Rollback()
		}},
		{Name: "Parameter", Statement: true, Params: []runtime.Param{{Name: "name", Type: runtime.BareParam}, {Name: "type"}, {Name: "default", Optional: true}, {Name: "description", Optional: true}}, Run: func(c *runtime.Call) (runtime.Value, error) {
			return runtime.Null(), nil
		}},
	}, map[string]string{"Depreciate": "run it in xAssets"})
}

func (b *bench) queries(q []runtime.Query) {
	for _, q := range q {
		fmt.Fprintf(&b.out, "sql: %s %q\n", q.SQL, q.Args)
	}
}

type pullIterator struct {
	b    *bench
	page *runtime.Page
	n    int
}

func (p *pullIterator) Next(ctx context.Context) (runtime.Value, error) {
	if p.n++; p.n == p.b.fail {
		return runtime.Null(), errors.New("the connection was lost")
	}
	if p.n > p.page.Len() {
		return runtime.Null(), io.EOF
	}
	return p.page.Record(p.n - 1), nil
}

func (p *pullIterator) Close() error { return nil }

// A fakeSite notes what it is told.
type fakeSite struct {
	runtime.Site
	out   *strings.Builder
	quiet bool // notes nothing: benchmarks
}

var tables = map[string][]runtime.Column{
	"Custodian": {{Name: "CustodianID", Type: runtime.ColumnInteger, ReadOnly: true, Unique: true}, {Name: "OktaID", Unique: true, Indexed: true}, {Name: "Login", Size: 20, Unique: true, Indexed: true}, {Name: "Email", Indexed: true},
		{Name: "FullName"}, {Name: "FirstName"}, {Name: "LastName"}, {Name: "Department"}, {Name: "Phone"}, {Name: "Mobile"}, {Name: "JobTitle"},
		{Name: "DepartmentID", Type: runtime.ColumnInteger, Refers: "Department.DepartmentID"}, {Name: "Active", Type: runtime.ColumnBoolean, NotNull: true, Default: true}, {Name: "Hired", Type: runtime.ColumnDate},
		{Name: "LastLogin", Type: runtime.ColumnDateTime}, {Name: "Salary", Type: runtime.ColumnNumber}, {Name: "ManagerID", Type: runtime.ColumnInteger, Refers: "Custodian.CustodianID"}, {Name: "Source"}, {Name: "Points", Type: runtime.ColumnInteger}},
	"Country":    {{Name: "CountryID", Type: runtime.ColumnInteger, ReadOnly: true, Unique: true}, {Name: "Country", Unique: true, Indexed: true}},
	"Department": {{Name: "DepartmentID", Type: runtime.ColumnInteger, ReadOnly: true, Unique: true}, {Name: "DepartmentName", NotNull: true, Unique: true, Indexed: true}, {Name: "Straße"}},
}

func (s *fakeSite) Table(name string) (string, []runtime.Column, bool) {
	for n, c := range tables {
		if strings.EqualFold(n, name) {
			return n, c, true
		}
	}
	return "", nil, false
}

func (s *fakeSite) Tables() []string { return []string{"Country", "Custodian", "Department"} }

func (s *fakeSite) Open(ctx context.Context, t runtime.TargetSpec) (runtime.Target, error) {
	return &fakeTarget{s, t}, nil
}

func (s *fakeSite) Exec(ctx context.Context, q runtime.Query) (int64, error) {
	fmt.Fprintf(s.out, "sql: %s %q\n", q.SQL, q.Args)
	return 1, nil
}

func (s *fakeSite) Savepoint(context.Context) error  { fmt.Fprintln(s.out, "savepoint"); return nil }
func (s *fakeSite) Release(context.Context) error    { fmt.Fprintln(s.out, "release"); return nil }
func (s *fakeSite) RollbackTo(context.Context) error { fmt.Fprintln(s.out, "back"); return nil }
func (s *fakeSite) Commit(context.Context) error     { fmt.Fprintln(s.out, "commit"); return nil }
func (s *fakeSite) Rollback(context.Context) error   { fmt.Fprintln(s.out, "rollback"); return nil }

func (s *fakeSite) DeactivateMissing(ctx context.Context, source string, pos lexer.Position) (int64, error) {
	fmt.Fprintf(s.out, "leavers of %s\n", source)
	return 1, nil
}

type fakeTarget struct {
	site *fakeSite
	spec runtime.TargetSpec
}

func (t *fakeTarget) row(r runtime.Record) string {
	var b strings.Builder
	for i, v := range r.Values {
		if v.Kind() == runtime.KindKeep {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(" ")
		}
		fmt.Fprintf(&b, "%s=%q", t.spec.Columns[i].Name, v)
	}
	return b.String()
}

func (t *fakeTarget) Upsert(ctx context.Context, r runtime.Record) (runtime.Outcome, error) {
	if t.site.quiet {
		return runtime.Inserted, nil
	}
	word := "upsert"
	if r.ExistingOnly {
		word = "update"
	}
	fmt.Fprintf(t.site.out, "%s %s: %s\n", word, t.spec.Table, t.row(r))
	return runtime.Inserted, nil
}

func (t *fakeTarget) Reject(ctx context.Context, r runtime.Record, reason string) error {
	fmt.Fprintf(t.site.out, "reject %s: %s (%s)\n", r.Raw(), reason, t.row(r))
	return nil
}

func (t *fakeTarget) Seen(ctx context.Context, r runtime.Record) error {
	fmt.Fprintf(t.site.out, "seen: %s\n", t.row(r))
	return nil
}

// fakeSQL keeps references as question marks.
type fakeSQL struct {
	parts []ast.Part
	refs  []*ast.Path
}

func compileSQL(parts []ast.Part, schema runtime.Schema) (runtime.SQLTemplate, lexer.List) {
	t := &fakeSQL{parts: parts}
	for _, p := range parts {
		if p.Ref != nil {
			t.refs = append(t.refs, p.Ref)
		}
	}
	return t, nil
}

func (t *fakeSQL) Refs() []*ast.Path { return t.refs }

func (t *fakeSQL) Writes() (string, lexer.Position) {
	word, _, _ := strings.Cut(strings.TrimSpace(t.parts[0].Text), " ")
	if strings.EqualFold(word, "SELECT") {
		return "", lexer.Position{}
	}
	return word, t.parts[0].Pos
}

func (t *fakeSQL) Pattern(i int) bool {
	for j, p := range t.parts {
		if p.Ref == t.refs[i] {
			return j > 0 && strings.HasSuffix(t.parts[j-1].Text, "LIKE '")
		}
	}
	return false
}

func (t *fakeSQL) Render(values []runtime.Value) ([]runtime.Query, error) {
	var b strings.Builder
	for _, p := range t.parts {
		if p.Ref != nil {
			b.WriteString("?")
		} else {
			b.WriteString(p.Text)
		}
	}
	return []runtime.Query{{SQL: strings.TrimSpace(b.String()), Args: values, Pos: t.parts[0].Pos}}, nil
}

// script finds a file beside the script that calls it.
func (b *bench) script(name, from string) (string, *ast.Transformation, lexer.List, error) {
	at := path.Join(path.Dir(from), name)
	text, ok := b.files[at]
	if !ok {
		return "", nil, nil, fmt.Errorf("there is no file %s", at)
	}
	t, list := parser.ParseTransformation(at, []byte(text))
	return at, t, list, nil
}

func (b *bench) options() runtime.Options {
	return runtime.Options{Script: b.script, Table: b.commands(), SQL: compileSQL, Schema: &b.site, Packs: []string{"OKTA_API"}, Limits: b.limits, Seen: b.seen, Fields: b.fields, Values: b.values}
}

// compile parses and compiles; the list has the findings of both.
func (b *bench) compile(src string) (*runtime.Program, lexer.List) {
	t, list := parser.ParseTransformation("test.amsx", []byte(src))
	p, more := runtime.Compile(t, b.options())
	list = append(list, more...).Compact()
	if list.HasErrors() {
		return nil, list
	}
	return p, list
}

func compileWith(t testing.TB, src string, o runtime.Options) *runtime.Program {
	t.Helper()
	tree, list := parser.ParseTransformation("test.amsx", []byte(src))
	p, more := runtime.Compile(tree, o)
	if list = append(list, more...); list.HasErrors() {
		t.Fatal(list)
	}
	return p
}

// run compiles and runs a script without errors.
func (b *bench) run(t *testing.T, src string, params map[string]runtime.Value) error {
	t.Helper()
	p, list := b.compile(src)
	if p == nil {
		for _, d := range list {
			t.Errorf("%v (%s)", d, d.Hint)
		}
		t.FailNow()
	}
	return p.Run(context.Background(), runtime.RunOptions{Host: b.newHost(), Parameters: params})
}

func TestFirstLine(t *testing.T) {
	var b bench
	err := b.run(t, "Set n = 2\nForEach x In List(\"a\", \"b\")\n  Set n = %n% * 3\n  If %x% = \"B\" Then Log \"%x% %n%\"\nEndEach\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := b.out.String(), "b 18\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
