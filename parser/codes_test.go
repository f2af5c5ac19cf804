package parser_test

import (
	"testing"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser"
)

// Every example of the codes' pages has the finding it is about, and none when
// it is mended.
func TestExplanations(t *testing.T) {
	last := ""
	for _, e := range lexer.Explanations() {
		t.Run(e.Code, func(t *testing.T) {
			if e.Code <= last {
				t.Errorf("out of order behind %s", last)
			}
			last = e.Code
			if e.Title == "" || e.Text == "" {
				t.Error("no title or text")
			}
			if e.Before == "" {
				return // it cannot be shown in a few lines
			}
			_, list := parser.ParseTransformation("before.amsx", []byte(e.Before))
			found := false
			for _, d := range list {
				found = found || d.Code == e.Code
			}
			if !found {
				t.Errorf("the example has no such finding: %v", report(list))
			}
			if _, list = parser.ParseTransformation("after.amsx", []byte(e.After)); len(list) > 0 {
				t.Errorf("the mended example has findings: %v", report(list))
			}
		})
	}
	if last != lexer.CodeSourceType {
		t.Error("the last code has no page")
	}
}
