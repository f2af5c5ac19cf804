package runtime

import (
	"regexp"
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/parser/ast"
)

// A flowText is SQL text that waits for SqlExecute.
type flowText struct {
	block *ast.Text
	arms  []arm
	makes []string // the temporary tables that it makes
}

// made finds the temporary tables that SQL makes.
var made = regexp.MustCompile(`(?i)\b(?:INTO|TABLE)\s+(#\w+)`)

func makes(sql string) (tables []string) {
	for _, m := range made.FindAllStringSubmatch(sql, -1) {
		tables = append(tables, FoldName(m[1]))
	}
	return tables
}

// waiting notes SQL text that nothing has executed yet.
func (w *flowWalk) waiting(s *ast.Text) {
	var b strings.Builder
	for _, p := range s.Body.Parts {
		b.WriteString(p.Text)
	}
	w.text = s
	w.texts = append(w.texts, flowText{s, clone(w.arms), makes(b.String())})
}

// pending follows the SQL text that waits for SqlExecute.
func (w *flowWalk) pending(call *ast.Call, cmd *Command) {
	if len(call.Args) > 0 {
		w.early(call, cmd)
		return
	}
	if len(cmd.Params) == 0 && cmd.Effects == 0 || len(cmd.Params) > 0 && cmd.Params[0].Type == SQLParam {
		for _, t := range w.texts {
			w.made = append(w.made, t.makes...)
		}
		w.text, w.texts = nil, nil // SqlExecute, or ClearText
	}
}

// early finds SQL that reads a temporary table which a Text block makes that
// nothing has executed yet.
func (w *flowWalk) early(call *ast.Call, cmd *Command) {
	for i, a := range call.Args {
		p := paramAt(cmd, i)
		if p == nil || p.Type != SQLParam {
			continue
		}
		text, _ := fixedText(a)
		w.made = append(w.made, makes(text)...)
		for _, t := range w.texts {
			for _, table := range t.makes {
				if !slices.Contains(w.made, table) && before(t.arms, w.arms) && reads(text, table) {
					w.c.errorf(call.Pos, CodePendingText, "write SqlExecute behind its EndText", "%s reads %s, which the SQL in line %d makes, and no line has executed that yet", cmd.Name, table, t.block.Pos.Line)
					return
				}
			}
		}
	}
}

// reads reports whether SQL names a temporary table.
func reads(sql, table string) bool {
	for word := range strings.FieldsFuncSeq(sql, func(r rune) bool { return strings.ContainsRune(" \t\r\n,.;()'\"", r) }) {
		if FoldName(word) == table {
			return true
		}
	}
	return false
}
