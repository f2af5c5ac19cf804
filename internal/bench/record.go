package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
	lua "github.com/yuin/gopher-lua"

	"github.com/amsx-lang/amsx/builtins"
	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/amsx-lang/amsx/internal/sqltext"
	"github.com/amsx-lang/amsx/lexer"
	script "github.com/amsx-lang/amsx/runtime"
)

// recordScript maps one user to twelve fields: texts in other case, trimmed,
// cut, joined and replaced, a date in another form, a condition; and leaves out
// the ones who left.
const recordScript = `<amsx version="1"><transformation name="bench"><source type="AMSX Script"><![CDATA[
ForEach user In JsonPages "https://okta.example.com/api/v1/users"
  If %user.status% <> "DEPROVISIONED" Then Upsert %user%
EndEach
]]></source><mapping>
<field destination="C1" source="id" required="true"/>
<field destination="C2" source="CALC" value="Lower(profile.login)"/>
<field destination="C3" source="CALC" value="Upper(Left(profile.login, InStr(profile.login, '@') - 1))"/>
<field destination="C4" source="CALC" value="Trim(profile.firstName)"/>
<field destination="C5" source="CALC" value="Trim(profile.lastName)"/>
<field destination="C6" source="CALC" value="profile.lastName &amp; ', ' &amp; profile.firstName"/>
<field destination="C7" source="profile.department"/>
<field destination="C8" source="profile.title"/>
<field destination="C9" source="CALC" value="Replace(profile.employeeNumber, 'E', '')"/>
<field destination="C10" source="profile.managerId"/>
<field destination="C11" source="CALC" value="FormatDate(created, 'dd/MM/yyyy')"/>
<field destination="C12" source="CALC" value="IIf(status = 'ACTIVE', 1, 0)"/>
</mapping><destination table="People" updatekey="C1" source="bench" leftout="off"/></transformation></amsx>`

// record is row 12: one record mapped, which every engine is given decoded. What
// reading the JSON costs besides is in lines of its own.
func (b *bench) record() error {
	const passes = 20
	page, err := users()
	if err != nil {
		return err
	}
	var decoded []map[string]any
	if err := json.Unmarshal(page, &decoded); err != nil {
		return err
	}
	kept := 0
	for _, u := range decoded {
		if u["status"] != "DEPROVISIONED" {
			kept++
		}
	}
	var engines []engine
	for _, make := range []func([]byte, []map[string]any) (engine, error){amsxDecoded, exprRecord, luaRecord, amsxRecord} {
		e, err := make(page, decoded)
		if err != nil {
			return err
		}
		once := e.run
		e.run = func() (found string, err error) {
			for range passes {
				if found, err = once(); err != nil {
					break
				}
			}
			return found, err
		}
		engines = append(engines, e)
	}
	engines = append(engines, engine{"encoding/json alone, into map[string]any", func() (string, error) {
		for range passes {
			var v []map[string]any
			if err := json.Unmarshal(page, &v); err != nil {
				return "", err
			}
		}
		return strconv.Itoa(kept), nil
	}})
	times, err := inTurn(engines, 5*b.rounds, strconv.Itoa(kept))
	if err != nil {
		return err
	}
	fmt.Printf("\nRow 12: one record to 12 fields, median of %d, in turn\n\n| | µs a record | amsx ÷ it |\n|---|---|---|\n", 5*b.rounds)
	picture := chart{file: "performance-record.svg", title: "Mapping one record to 12 fields", unit: "µs", groups: make([]group, 1)}
	for i, e := range engines {
		us := middle(append([]float64(nil), times[i]...)) * 1e6 / passes / float64(len(decoded))
		picture.groups[0].bars = append(picture.groups[0].bars, bar{e.name, us})
		fmt.Printf("| %s | %.2f | **%.2f** |\n", e.name, us, ratio(times[0], times[i]))
	}
	return b.draw(picture)
}

// users is one page of the simulated OKTA.
func users() ([]byte, error) {
	sim, err := oktasim.Start(oktasim.Config{Users: 200})
	if err != nil {
		return nil, err
	}
	defer sim.Close()
	req, err := http.NewRequest(http.MethodGet, sim.URL+"/api/v1/users?search=status+pr&limit=200", nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "SSWS "+oktasim.DefaultToken)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

func amsxRecord(page []byte, _ []map[string]any) (engine, error) {
	return amsxMapping("amsx, reading the JSON too", func() script.Web { return &onePage{body: page} })
}

func amsxDecoded(page []byte, _ []map[string]any) (engine, error) {
	web := &onePage{body: page, keep: true}
	return amsxMapping("amsx", func() script.Web { return web })
}

func amsxMapping(name string, web func() script.Web) (engine, error) {
	program, err := compiled(recordScript, script.Options{Table: builtins.All(), SQL: sqltext.Compile, Schema: table{}})
	return engine{name, func() (string, error) {
		out := &said{}
		written := 0
		err := program.Run(context.Background(), script.RunOptions{Host: &script.Host{
			Now: time.Now, Log: out, Web: web(), Site: counter{written: &written},
		}})
		return strconv.Itoa(written), err
	}}, err
}

func exprRecord(_ []byte, decoded []map[string]any) (engine, error) {
	date := expr.Function("fmtdate", func(p ...any) (any, error) {
		t, err := time.Parse("2006-01-02T15:04:05.000Z", p[0].(string))
		return t.Format("02/01/2006"), err
	}, new(func(string) string))
	program, err := expr.Compile(`status == "DEPROVISIONED" ? nil : {
		id: id, login: lower(profile.login), user: upper(split(profile.login, "@")[0]), first: trim(profile.firstName), last: trim(profile.lastName),
		display: profile.lastName + ", " + profile.firstName, dept: profile.department, title: profile.title,
		emp: replace(profile.employeeNumber ?? "", "E", ""), mgr: profile.managerId, created: fmtdate(created), active: status == "ACTIVE" ? "1" : "0"}`,
		expr.Env(map[string]any{}), expr.AllowUndefinedVariables(), date)
	var machine vm.VM
	return engine{"expr", func() (string, error) {
		kept := 0
		for _, u := range decoded {
			r, err := machine.Run(program, u)
			if err != nil {
				return "", err
			}
			if r != nil {
				kept++
			}
		}
		return strconv.Itoa(kept), nil
	}}, err
}

func luaRecord(_ []byte, decoded []map[string]any) (engine, error) {
	state := lua.NewState()
	text := func(name string, f func(l *lua.LState) string) {
		state.SetGlobal(name, state.NewFunction(func(l *lua.LState) int { l.Push(lua.LString(f(l))); return 1 }))
	}
	text("fmtdate", func(l *lua.LState) string {
		t, _ := time.Parse("2006-01-02T15:04:05.000Z", l.CheckString(1))
		return t.Format("02/01/2006")
	})
	text("trim", func(l *lua.LState) string { return strings.TrimSpace(l.CheckString(1)) })
	text("replace", func(l *lua.LState) string {
		return strings.ReplaceAll(l.OptString(1, ""), l.CheckString(2), l.CheckString(3))
	})
	text("before", func(l *lua.LState) string {
		s, _, _ := strings.Cut(l.CheckString(1), l.CheckString(2))
		return s
	})
	err := state.DoString(`function map(u)
  if u.status == "DEPROVISIONED" then return nil end
  local p = u.profile
  local act = "0"
  if u.status == "ACTIVE" then act = "1" end
  return {id = u.id, login = string.lower(p.login), user = string.upper(before(p.login, "@")), first = trim(p.firstName), last = trim(p.lastName),
    display = p.lastName .. ", " .. p.firstName, dept = p.department, title = p.title, emp = replace(p.employeeNumber, "E", ""),
    mgr = p.managerId, created = fmtdate(u.created), active = act}
end`)
	return engine{"gopher-lua", func() (string, error) {
		kept := 0
		for _, u := range decoded {
			if err := state.CallByParam(lua.P{Fn: state.GetGlobal("map"), NRet: 1, Protect: true}, luaValue(state, u)); err != nil {
				return "", err
			}
			if state.Get(-1) != lua.LNil {
				kept++
			}
			state.Pop(1)
		}
		return strconv.Itoa(kept), nil
	}}, err
}

func luaValue(l *lua.LState, v any) lua.LValue {
	switch v := v.(type) {
	case string:
		return lua.LString(v)
	case float64:
		return lua.LNumber(v)
	case bool:
		return lua.LBool(v)
	case map[string]any:
		t := l.CreateTable(0, len(v))
		for k, x := range v {
			t.RawSetString(k, luaValue(l, x))
		}
		return t
	case []any:
		t := l.CreateTable(len(v), 0)
		for _, x := range v {
			t.Append(luaValue(l, x))
		}
		return t
	}
	return lua.LNil
}

// said keeps the last line that a script logged.
type said struct{ text string }

func (s *said) Line(_, text string, _ lexer.Position) { s.text = text }
func (s *said) Warn(string, string, lexer.Position)   {}
func (s *said) Progress(string, int64, int64)         {}

// table is a site with one table of texts.
type table struct{}

func (table) Table(string) (string, []script.Column, bool) {
	columns := make([]script.Column, 0, 13)
	for i := range 12 {
		columns = append(columns, script.Column{Name: "C" + strconv.Itoa(i+1)})
	}
	return "People", append(columns, script.Column{Name: "Source"}), true
}

func (table) Tables() []string { return []string{"People"} }

// A counter is a site that counts what it is given.
type counter struct {
	script.Site
	table
	written *int
}

func (c counter) Table(name string) (string, []script.Column, bool) { return c.table.Table(name) }
func (c counter) Tables() []string                                  { return c.table.Tables() }

func (c counter) Open(context.Context, script.TargetSpec) (script.Target, error) { return c, nil }

func (c counter) Upsert(_ context.Context, r script.Record) (script.Outcome, error) {
	*c.written++
	return script.Inserted, nil
}

func (c counter) Reject(_ context.Context, _ script.Record, reason string) error {
	return fmt.Errorf("rejected: %s", reason)
}

func (c counter) Seen(context.Context, script.Record) error { return nil }

// onePage is a network with one page of records. With keep it is decoded once,
// for the first run, else for every run.
type onePage struct {
	body    []byte
	keep    bool
	decoded any
}

func (p *onePage) Send(context.Context, *script.Request) (*script.Response, error) {
	return nil, io.ErrUnexpectedEOF
}

func (p *onePage) Pages(_ context.Context, _ *script.Request, spec script.PageSpec) (script.Pages, error) {
	if p.decoded == nil || !p.keep {
		page, err := spec.Decode(bytes.Clone(p.body))
		if err != nil {
			return nil, err
		}
		p.decoded = page
	}
	return &pages{page: p.decoded}, nil
}

type pages struct{ page any }

func (p *pages) Next(context.Context) (any, error) {
	if p.page == nil {
		return nil, io.EOF
	}
	page := p.page
	p.page = nil
	return page, nil
}

func (p *pages) Close() error { return nil }
