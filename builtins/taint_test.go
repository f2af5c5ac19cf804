package builtins_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/builtins"
	"github.com/amsx-lang/amsx/runtime"
)

// secretPrefix makes values of every type from a secret, in a way that the
// checker does not follow; shownPrefix in one that it does.
const (
	secretPrefix = `Credential okta, "OKTA_API"
ForEach secret In List(%okta.Password%)
  Set text = %secret%
EndEach
` + secretValues
	shownPrefix = `Credential okta, "OKTA_API"
Set text = %okta.Password%
` + secretValues
)

const secretValues = `Set part = Upper(Mid(%text%, 3, 9))
Set number = Number(Left(%text%, 2)) + 65
Set boolean = IsNumber(%text%)
Set date = DateAdd("hour", %number%, "2026-01-31")
Set list = Split(%text%, "-")
Set row = Row("a", "plain", "b", %part%)
Set nested = List(Row("a", List("plain", %part%)))
`

// operand is what an argument of a type is written as: of a secret, or plain.
func operand(p runtime.Param, secret bool) (forms []string) {
	if len(p.OneOf) > 0 {
		return []string{`"` + p.OneOf[0] + `"`}
	}
	switch p.Type {
	case runtime.NumberParam:
		forms = []string{"%number%", "1"}
	case runtime.BooleanParam:
		forms = []string{"%boolean%", "True"}
	case runtime.DateParam:
		forms = []string{"%date%", `"2026-01-31"`}
	case runtime.ListParam:
		forms = []string{"%list%", `List("a")`}
	case runtime.RecordParam:
		forms = []string{"%row%", `Row("a", 1)`}
	case runtime.TextParam:
		if secret {
			return []string{"%part%", "Base64Encode2(%part%)", "%number%"}
		}
		switch p.Name {
		case "unit":
			return []string{`"day"`}
		case "part":
			return []string{`"year"`}
		case "zone":
			return []string{`"Europe/London"`}
		case "format":
			return []string{`"yyyy"`}
		}
		return []string{`"a"`}
	case runtime.AnyParam:
		if p.Name == "xml" {
			forms = []string{`"<x><a b='%part%'>%part%</a></x>"`, `"<x><a>b</a></x>"`}
			break
		}
		if secret {
			return []string{"%text%", "%part%", "%number%", "%date%", "%list%", "%row%", "%nested%", "ToJson(%row%)"}
		}
		return []string{`"a"`, `List("a", "b")`}
	case runtime.PathParam, runtime.BareParam, runtime.PackParam:
		return []string{`"a"`}
	case runtime.SQLParam:
		forms = []string{`"SELECT 1 WHERE 'a' = '%part%'"`, `"SELECT 1"`}
	default:
		return nil
	}
	if secret {
		return forms[:1]
	}
	return forms[1:]
}

// What any function makes of a secret is one, in each of its arguments: Log
// refuses it, and so does the checker, where it sees the secret. Where the
// function fails, its error says nothing of it.
// Public functions are few, and these.
func TestEveryFunctionKeepsTheSecret(t *testing.T) {
	public := map[string]bool{"Len": true, "IsEmpty": true, "Count": true}
	w := newSeed(t).world(t)
	results, failures, found := 0, 0, 0
	for _, c := range builtins.All().All() {
		if c.Public != public[c.Name] {
			t.Errorf("%s: public is %v", c.Name, c.Public)
		}
		if !c.Function || c.Public || c.Role == runtime.NamedSQLRole { // which is no value
			continue
		}
		kept := false
		for i, p := range c.Params {
			for _, secret := range operand(p, true) {
				if !strings.Contains(secret, "%") {
					continue
				}
				for _, call := range calls(c, i, secret) {
					line := "Set result = " + call + "\nLog \"info\", %result%\n"
					out := w.run(secretPrefix + line)
					if shown := w.run(shownPrefix + line); strings.Contains(shown, "AMSX4080") {
						found++
						if !strings.HasPrefix(out, "! ") { // what the checker refuses the run refuses
							t.Errorf("%s: the checker says %s and the run %q", call, shown, out)
						}
					}
					switch {
					case strings.Contains(out, "AMSX7007"):
						results++
						kept = true
					case strings.HasPrefix(out, "! "):
						failures++
						if c.Lazy { // an argument that is not asked for says nothing
							kept = true
						}
						if leaks(out) {
							t.Errorf("%s says %s", call, out)
						}
					case c.Lazy && !leaks(out):
					case strings.TrimSpace(out) == "": // Null
					default:
						t.Errorf("%s gives %q", call, out)
					}
				}
			}
		}
		if !kept && len(c.Params) > 0 {
			t.Errorf("%s was never called with success", c.Name)
		}
	}
	if results < 150 || failures < 20 || found < 150 {
		t.Errorf("only %d results, %d errors and %d findings were looked at", results, failures, found)
	}
}

// calls are calls of c with a secret as argument at, and other arguments that
// often go with it.
func calls(c *runtime.Command, at int, secret string) (all []string) {
	for variant := range 2 {
		var args []string
		for i, p := range c.Params {
			if i == at {
				args = append(args, secret)
				if p.Variadic && strings.Contains(p.Name, ",") { // names and values
					args = []string{`"https://api.example.com/"`, `"a"`, secret}[1-at:]
				}
				continue
			}
			if p.Optional && i > at {
				break
			}
			forms := operand(p, false)
			if len(forms) == 0 {
				return nil
			}
			args = append(args, forms[min(variant, len(forms)-1)])
		}
		call := fmt.Sprintf("%s(%s)", c.Name, strings.Join(args, ", "))
		if len(all) == 0 || all[0] != call {
			all = append(all, call)
		}
	}
	return all
}

// leaks reports whether a text has five characters of the token in a row, in
// any case.
func leaks(s string) bool {
	s = strings.ToLower(s)
	for i := 0; i+5 <= len(token); i++ {
		if strings.Contains(s, strings.ToLower(token[i:i+5])) {
			return true
		}
	}
	return false
}
