package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

func mustCompile(t testing.TB, b *bench, src string) *runtime.Program {
	t.Helper()
	p, list := b.compile(src)
	if p == nil {
		t.Fatal(list)
	}
	return p
}

// One Program serves many runs at once: each has its own variables.
func TestConcurrentRuns(t *testing.T) {
	var b bench
	b.limits = runtime.Limits{}
	src := "Parameter Name, \"Text\"\nSet s = \"\"\nFor i = 1 To 500\n  Set s = \"%Name%%i%\"\n  Set r = Row(\"a\", %s%)\nNext\nLog \"%s% %r.a%\"\n"
	var mu sync.Mutex
	lines := map[string]bool{}
	table := runtime.NewTable(append(b.commands().All()[1:], &runtime.Command{Name: "Log", Statement: true, Params: []runtime.Param{{Name: "text", Type: runtime.TextParam}},
		Run: func(c *runtime.Call) (runtime.Value, error) {
			mu.Lock()
			defer mu.Unlock()
			lines[c.Text(0)] = true
			return runtime.Null(), nil
		}}), nil)
	p := compileWith(t, src, runtime.Options{Table: table})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			host := &runtime.Host{Now: time.Now}
			name := string(rune('a' + i))
			if err := p.Run(context.Background(), runtime.RunOptions{Host: host, Parameters: map[string]runtime.Value{"NAME": runtime.Text(name)}}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i := range 8 {
		if want := fmt.Sprintf("%c500 %c500", 'a'+i, 'a'+i); !lines[want] {
			t.Errorf("no run said %q: %v", want, lines)
		}
	}
}

// A loop that waits for nothing sees the cancel within a batch of lines.
func TestCancel(t *testing.T) {
	var b bench
	p := mustCompile(t, &b, "Set n = 0\nTry\n  For i = 1 To 1000000000000\n    Set n = %i%\n  Next\nCatch\n  Log \"never\"\nEnd Try\nLog \"never\"\n")
	ctx, cancel := context.WithCancel(context.Background())
	hook := &countingHook{after: 10_000, then: cancel}
	err := p.Run(ctx, runtime.RunOptions{Host: b.newHost(), Hook: hook})
	var e *runtime.Error
	if !errors.As(err, &e) || e.Kind != runtime.Cancelled || !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if hook.n > 12_000 {
		t.Errorf("%d lines ran, the cancel came in line 10,000", hook.n)
	}
	if b.out.Len() > 0 {
		t.Errorf("it went on: %s", b.out.String())
	}
}

type countingHook struct {
	n, after int
	then     func()
	seen     map[int]string
}

func (h *countingHook) Line(pos lexer.Position, s runtime.Scope) error {
	if h.n++; h.n == h.after && h.then != nil {
		h.then()
	}
	if h.seen != nil {
		v, _ := s.Value("SECRET")
		h.seen[pos.Line] = fmt.Sprint(s.Names(), v)
	}
	return nil
}

// The wall clock's budget ends a wait as a cancel does, and says so by name.
func TestWallBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := runtime.NewTable([]*runtime.Command{{Name: "Sleep", Statement: true, Run: func(c *runtime.Call) (runtime.Value, error) {
			<-c.Context().Done()
			return runtime.Null(), c.Context().Err()
		}}}, nil)
		p := compileWith(t, "Try\n  Sleep\nCatch\nEnd Try\n", runtime.Options{Table: table, Limits: runtime.Limits{Wall: time.Minute}})
		err := p.Run(t.Context(), runtime.RunOptions{Host: &runtime.Host{Now: time.Now}})
		var e *runtime.Error
		if !errors.As(err, &e) || e.Kind != runtime.BudgetSpent || e.Code != runtime.CodeBudgetTime || e.Pos.Line != 2 {
			t.Fatalf("got %#v", err)
		}
	})
}

// The hook sees every line before it runs, and secrets masked.
func TestHook(t *testing.T) {
	b := bench{pack: "00TestTokenNotReal"}
	p := mustCompile(t, &b, "Open okta, \"OKTA_API\"\nSet secret = %okta.Password%\nIf 1 = 1 Then\n  Log \"x\"\nEnd If\n")
	h := &countingHook{seen: map[int]string{}}
	if err := p.Run(context.Background(), runtime.RunOptions{Host: b.newHost(), Hook: h}); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(h.seen), "map[1:[]  2:[okta]  3:[okta secret] •••• 4:[okta secret] ••••]"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if len(b.secrets) != 1 {
		t.Errorf("the host was told of %d secrets", len(b.secrets))
	}
}

// The hook is told of each line as often as it runs: of Else If when its
// condition is looked at, of While before each turn, and of no other line.
func TestHookOfEachLine(t *testing.T) {
	var b bench
	p := mustCompile(t, &b, `Set n = 0
While %n% < 2
  Set n = %n% + 1
  If %n% = 2 Then
    Log "two"
  Else If %n% = 1 Then
    Log "one"
  Else If %n% = 0 Then
    Log "none"
  End If
End While
For i = 1 To 2
  If %i% = 3 Then Log "never"
Next
Try
  Throw "x"
Catch
  Log "caught"
End Try
`)
	var lines lineHook
	if err := p.Run(context.Background(), runtime.RunOptions{Host: b.newHost(), Hook: &lines}); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(lines), "[1 2 3 4 6 7 2 3 4 5 2 12 13 13 15 16 18]"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

type lineHook []int

func (h *lineHook) Line(pos lexer.Position, _ runtime.Scope) error {
	*h = append(*h, pos.Line)
	return nil
}

// What a program is can be asked before it runs.
func TestProgram(t *testing.T) {
	var b bench
	p := mustCompile(t, &b, "Parameter Names, \"List\", \"a, b\", \"Whom\"\nOpen okta, \"OKTA_API\"\nLog \"%Names%\"\n")
	if !p.UsesPack() || p.Effects()&runtime.WritesDB != 0 || p.Mapping("") != nil {
		t.Errorf("effects %b", p.Effects())
	}
	params := p.Parameters()
	if len(params) != 1 || params[0].Name != "Names" || params[0].Type != runtime.ListParameter || !params[0].HasDefault || params[0].Description != "Whom" {
		t.Errorf("got %+v", params)
	}
}

// The loop of the interpreter comparison: six statements a turn, one of them in
// one turn of three only: a join, arithmetic, a comparison, a look-up by a
// joined key.
const loopScript = `Set sum = 0
Set count = 0
Set hit = ""
For i = 1 To 100000
  Set s = "user%i%"
  Set sum = %sum% + %i% * 2
  If %i% Mod 3 = 0 Then Set count = %count% + 1
  Set v = Pick("k" & %i% Mod 100)
  If %s% = "user50000" Then Set hit = %v%
Next
Log "%hit% %count% %sum%"
`

func BenchmarkLoop(b *testing.B) {
	var h bench
	picks := map[string]runtime.Value{}
	for i := range 100 {
		picks[fmt.Sprintf("k%d", i)] = runtime.Text(fmt.Sprintf("v%d", i))
	}
	table := runtime.NewTable(append(h.commands().All(), &runtime.Command{Name: "Pick", Function: true, Result: "Text", Params: []runtime.Param{{Name: "key", Type: runtime.TextParam}},
		Run: func(c *runtime.Call) (runtime.Value, error) { return picks[c.Text(0)], nil }}), nil)
	p := compileWith(b, loopScript, runtime.Options{Table: table})
	host := h.newHost()
	b.ReportAllocs()
	for b.Loop() {
		h.out.Reset()
		if err := p.Run(context.Background(), runtime.RunOptions{Host: host}); err != nil {
			b.Fatal(err)
		}
	}
	if got := h.out.String(); got != "v0 33333 10000100000\n" {
		b.Fatal(got)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100000/6, "ns/stmt")
}

// BenchmarkMap maps one record of twelve fields: paths, a value table, joins,
// conversions.
func BenchmarkMap(b *testing.B) {
	var h bench
	var fields strings.Builder
	for i, c := range []string{"OktaID:id", "Login:profile.login", "Email:profile.email", "FirstName:profile.firstName", "LastName:profile.lastName", "Hired:profile.hired", "DepartmentID:profile.number", "Active:status"} {
		col, src, _ := strings.Cut(c, ":")
		extra := ""
		if i == 7 {
			extra = ` datamap="Status"`
		}
		fmt.Fprintf(&fields, `<field destination="%s" source="%s"%s/>`, col, src, extra)
	}
	fields.WriteString(`<field destination="FullName" source="CALC" value="profile.firstName &amp; ' ' &amp; profile.lastName"/>`)
	src := `<amsx version="1"><transformation name="x"><source type="AMSX Script"><![CDATA[
ForEach user In Pull "u"
  Upsert %user%
EndEach
]]></source><mapping>` + fields.String() + `</mapping><datamap name="Status"><value from="ACTIVE" to="True"/></datamap><destination table="Custodian" updatekey="OktaID"/></transformation></amsx>`
	var recs []string
	for i := range 1000 {
		recs = append(recs, fmt.Sprintf(`{"id":"u%d","status":"ACTIVE","created":"2020-01-01T00:00:00Z","profile":{"login":"p%d","email":"p%d@example.com","firstName":"Ann","lastName":"Lee","hired":"2020-02-01","number":%d,"mobilePhone":null},"_links":{"self":{"href":"https://example.com"}}}`, i, i, i, i))
	}
	h.records = "[" + strings.Join(recs, ",") + "]"
	h.site.quiet = true
	p := mustCompile(b, &h, src)
	host := h.newHost()
	b.ReportAllocs()
	for b.Loop() {
		if err := p.Run(context.Background(), runtime.RunOptions{Host: host}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/record")
}
