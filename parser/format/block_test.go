package format

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// laidOut is src as the table of blocks lays it out, without a tree: words of
// expressions stay as they are.
func laidOut(src string) string {
	t := &ast.Transformation{Script: &ast.File{}, Text: lexer.NewSource("in.amsx", src).Whole()}
	p := newPrinter(t, func(string) string { return "" })
	p.print()
	return string(p.apply())
}

// Every block of the table is indented, whatever the case of its words, and
// ends whether its end is written in one word or in two.
func TestBlocks(t *testing.T) {
	for _, b := range blocks {
		head := b.open
		if b.open == "If" {
			head += " %a% Then"
		}
		for _, end := range []string{b.close, unspaced(b.close), "End  " + strings.TrimPrefix(unspaced(b.close), "End")} {
			if b.close == "Next" && end != b.close {
				continue
			}
			src, want := strings.ToUpper(head)+"\n// comment\n", head+"\n  // comment\n"
			if b.data {
				// Words that would end a block elsewhere are columns here.
				src, want = src+"next=x\nEnd = y\n", want+"  next = x\n  End = y\n"
			}
			for _, a := range b.arms {
				if a == "ElseIf" {
					continue
				}
				src, want = src+"    "+strings.ToLower(a)+"\nX\n", want+a+"\n  X\n"
			}
			src, want = src+"   "+strings.ToLower(end)+"\nX\n", want+b.close+"\nX\n"
			src = strings.ReplaceAll(src, "%A%", "%a%")
			if d := cmp.Diff(want, laidOut(src)); d != "" {
				t.Errorf("%s … %s (-want +got):\n%s", b.open, end, d)
			}
		}
	}
}

// The clauses of a Map have one spelling; columns, paths and tables, which may
// have the same names, stay as they are.
func TestMapLines(t *testing.T) {
	const (
		src = `MAP People TO Custodian KEY oktaId,key ADOPT login , Email SOURCE "OKTA" newest lastUpdated
map=profile.to REQUIRED
ManagerID = profile.manager LOOKUP custodianID FROM Custodian.Login,from create ONMISSING reject
create = create CREATE keep edited required TRACK NO
Active=status DATAMAP Required on INSERT default "x"
endmap
DATAMAP Status keep
"1"="New"
2=-1
"x" = TRUE
END  DATAMAP
map to Department key name mode "Insert Only" deactivate "20%"
End map
SUB Greet name, other
exit sub
Log %name%
ENDSUB
`
		want = `Map People To Custodian Key oktaId, key Adopt login, Email Source "OKTA" Newest lastUpdated
  map = profile.to Required
  ManagerID = profile.manager Lookup custodianID From Custodian.Login, from Create OnMissing reject
  create = create Create Keep Edited Required Track No
  Active = status DataMap Required On Insert Default "x"
End Map
DataMap Status keep
  "1" = "New"
  2 = -1
  "x" = True
End DataMap
Map To Department Key name Mode "Insert Only" Deactivate "20%"
End Map
Sub Greet name, other
  Exit Sub
  Log %name%
End Sub
`
	)
	if d := cmp.Diff(want, laidOut(src)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
