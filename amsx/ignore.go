package amsx

import (
	"fmt"
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/internal/sqltext"
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
	"github.com/amsx-lang/amsx/runtime"
)

// A silencer knows the comments of a program that silence findings.
type silencer struct {
	ignores  []lexer.Ignore
	files    []string // whose comments were read
	used     map[int]bool
	refused  map[int]*Finding // what a comment would silence if it could be
	silenced Findings
}

// read takes the comments of one file.
func (s *silencer) read(t *ast.Transformation) {
	if t == nil || t.Text == nil || slices.Contains(s.files, t.Filename) {
		return
	}
	s.files = append(s.files, t.Filename)
	var comments []lexer.Piece
	if t.Script != nil {
		ast.Inspect(t.Script, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Comment:
				comments = append(comments, lexer.Piece{Start: n.Pos.Offset, End: n.Pos.Offset + len(n.Text)})
			case ast.Expr, *ast.Template:
				return false // comments are statements
			}
			return true
		})
	}
	src := t.Text.Source()
	if t.Document {
		comments = append(comments, src.XMLComments()...)
	}
	s.ignores = append(s.ignores, lexer.Ignores(src, comments)...)
}

// takes reports whether a comment silences a finding.
func (s *silencer) takes(d *Finding) bool {
	for i := range s.ignores {
		if !s.ignores[i].Silences(d) {
			continue
		}
		if !runtime.Ignorable(d.Code, d.Severity) {
			s.refused[i] = d
			continue
		}
		if s.used[i] = true; !slices.ContainsFunc(s.silenced, func(o *Finding) bool { return o.Pos == d.Pos && o.Code == d.Code }) {
			s.silenced = append(s.silenced, d)
		}
		return true
	}
	return false
}

// findings are what is wrong with the comments themselves. With unread lines,
// or without the site or the fixture cases, nobody knows what a comment would
// have silenced.
func (s *silencer) findings(unread bool, o CheckOptions) Findings {
	if len(s.ignores) == 0 {
		return nil
	}
	var out Findings
	var codes []string
	for _, e := range Explanations() {
		codes = append(codes, e.Code)
	}
	for i := range s.ignores {
		g := &s.ignores[i]
		code := strings.ToUpper(g.Name)
		switch {
		case g.Name == "":
			out.Errorf(g.Code, lexer.CodeIgnore, "write // amsx: ignore CODE reason; without amsx: it is a comment like any other", "the comment does not say what to ignore")
		case !slices.Contains(codes, code):
			hint := "amsx check shows the code of each finding in brackets"
			if near := lexer.Nearest(code, codes); near != "" {
				hint = "did you mean " + near + "?"
			}
			out.Errorf(g.Code, lexer.CodeIgnore, hint, "there is no finding %s", g.Name)
		case !runtime.Ignorable(code, lexer.Warning) || strings.HasPrefix(code, "AMSX7"):
			out.Errorf(g.Code, lexer.CodeIgnore, "remove the comment; amsx doc "+code+" says what to write instead", "%s cannot be silenced", code)
		case s.used[i]:
			if g.Reason == "" {
				out.Add(&Finding{Pos: g.Code, Severity: lexer.Warning, Code: lexer.CodeIgnore, Message: "the comment does not say why " + code + " is meant", Hint: "write the reason behind the code: the next one who reads it cannot ask you"})
			}
		case s.refused[i] != nil:
			out.Errorf(g.Code, lexer.CodeIgnore, "mend the line, then remove the comment", "%s is an error in line %d, and it cannot be silenced", code, s.refused[i].Pos.Line)
		case code == runtime.CodeNoTempTable && g.Code.Filename != s.files[0]: // this script calls it, and makes the table
		case unread || o.Schema == nil && code == sqltext.CodeName || o.Seen == nil && code == runtime.CodeNotRecorded:
		default:
			out.Add(&Finding{Pos: g.Code, Severity: lexer.Warning, Code: lexer.CodeIgnoreUnused, Message: "the comment silences nothing: " + belowOf(g) + " has no finding " + code, Hint: "remove it, or put it on the line right above the one that is meant"})
		}
	}
	return out
}

func belowOf(g *lexer.Ignore) string {
	if g.First == 0 {
		return "the line below"
	}
	return fmt.Sprintf("line %d", g.First)
}

// silencedNote says of silenced findings where they are; empty: there are none.
func silencedNote(found Findings) string {
	if len(found) == 0 {
		return ""
	}
	var where []string
	for _, d := range found {
		where = append(where, fmt.Sprintf("%s in line %d", d.Code, d.Pos.Line))
	}
	what := "a comment silences one finding of the check: "
	if len(found) > 1 {
		what = fmt.Sprintf("comments silence %d findings of the check: ", len(found))
	}
	return what + strings.Join(where, ", ")
}
