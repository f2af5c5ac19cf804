package sqltext

import (
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

// TestScope: a text knows the temporary tables of the texts before it, and no
// others; templates stay what they were when they were made.
func TestScope(t *testing.T) {
	var s Scope
	compile := func(text string) lexer.List {
		_, list := s.Compile(split(text), small)
		return list
	}
	const misspelt = "SELECT p.Nmae FROM #people p"
	if list := compile(misspelt); len(list) != 0 {
		t.Errorf("not created yet: %v", list)
	}
	if list := compile("CREATE TABLE #people (ID int, Name varchar(20), Seen bit)"); len(list) != 0 {
		t.Error(list)
	}
	if list := compile(misspelt); len(list) != 1 || list[0].Severity != lexer.Warning || list[0].Hint != "did you mean Name?" {
		t.Errorf("got %v", list)
	}
	before, _ := s.Compile(split("SELECT %x% FROM #people WHERE Seen = 'True' AND Name + Name <> ''"), small)
	queries, err := before.Render(texts(before, "name"))
	if err != nil || queries[0].SQL != "SELECT `Name` FROM `#people` WHERE Seen = 1 AND Name || Name <> ''" {
		t.Errorf("%v, %v", queries, err)
	}
	compile("DROP TABLE #people")
	if list := compile(misspelt); len(list) != 0 {
		t.Errorf("dropped: %v", list)
	}
	if _, err := before.Render(texts(before, "nothing")); err == nil || !strings.Contains(err.Error(), "#people") {
		t.Errorf("got %v", err)
	}
	compile("SELECT Login AS Name INTO #people FROM Custodian")
	compile("SELECT Login AS Nmae INTO #people FROM Custodian") // the other branch of an If
	if list := compile(misspelt); len(list) != 0 {
		t.Errorf("made in two ways: %v", list)
	}
	if _, list := Compile(split(misspelt), small); len(list) != 0 {
		t.Errorf("another script: %v", list)
	}
}

// TestWrites: what only looks like reading is not taken for it.
func TestWrites(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT Login FROM Custodian":                                                 "",
		"SET NOCOUNT ON; SELECT Login FROM Custodian WITH (NOLOCK)":                   "",
		"SELECT Login INTO #t FROM Custodian":                                         "SELECT … INTO",
		"WITH x AS (SELECT 1 AS a) SELECT a INTO #t FROM x":                           "SELECT … INTO",
		"WITH x AS (SELECT 1 AS a) DELETE c FROM Custodian c JOIN x ON x.a = c.Login": "DELETE",
		"DELETE Custodian": "DELETE",
	} {
		template, list := Compile(split(text), small)
		if list.HasErrors() {
			t.Errorf("%s: %v", text, list)
		} else if got, _ := template.Writes(); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// texts gives every reference of a template the same text.
func texts(template runtime.SQLTemplate, s string) []runtime.Value {
	values := make([]runtime.Value, len(template.Refs()))
	for i := range values {
		values[i] = runtime.Text(s)
	}
	return values
}
