package parser

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// ParseTransformation parses a whole .amsx file, in script form or, when its
// first character is <, in document form. Like Parse it returns all that is
// good along with every finding.
func ParseTransformation(name string, src []byte) (*ast.Transformation, lexer.List) {
	text, errs := lexer.Decode(name, src)
	source := lexer.NewSource(name, text)
	if d := refuseEncoding(source); d != nil {
		errs = lexer.List{d} // it says better what invalid bytes come from
	}
	if errs.HasErrors() {
		return &ast.Transformation{Filename: name, Script: &ast.File{Name: name}}, errs
	}
	body := source.Whole()
	if d := hiddenDocument(body); d != nil {
		return &ast.Transformation{Filename: name, Script: &ast.File{Name: name}, Broken: true}, append(errs, d)
	}
	if strings.HasPrefix(strings.TrimLeft(body.Text(), " \t\r\n"), "<") {
		t, more := parseDocument(source)
		errs = append(errs, more...)
		return t, bounded(errs)
	}
	file, more := parseFragment(body)
	t := &ast.Transformation{Filename: name, Script: file, Text: body}
	errs = append(errs, more...)
	declareParameters(t, &errs)
	declareMappings(t, &errs)
	if len(errs) == 0 && isEmpty(file) {
		errs.Errorf(file.Start(), lexer.CodeEmpty, "write commands, each on a line of its own", "the script is empty: it would do nothing")
	}
	return t, tidy(errs)
}

// documentStart is a line with the beginning of a document, as it is or encoded.
var documentStart = regexp.MustCompile(`(?m)^[ \t>-]*(<|&lt;)(` + strings.ReplaceAll(strings.Join(documentWords, "|"), "?", `\?`) + `)`)

// documentWords are what stands behind the < there. They are searched for
// first: the expression tries every line, which takes as long as to read a tenth
// of them.
var documentWords = []string{"?xml ", "amsx version", "transformation name"}

// hiddenDocument is the finding about a document that is not recognised as one,
// because something stands before it or it is encoded as in HTML.
func hiddenDocument(f *lexer.Fragment) *lexer.Diagnostic {
	text := f.Text()
	lead := len(text) - len(strings.TrimLeft(text, " \t\r\n"))
	if strings.HasPrefix(text[lead:], "<") {
		return nil
	}
	if !slices.ContainsFunc(documentWords, func(w string) bool { return strings.Contains(text, w) }) {
		return nil
	}
	m := documentStart.FindStringSubmatchIndex(text)
	if m == nil {
		return nil
	}
	x := &lexer.Diagnostic{Code: lexer.CodePasted, Pos: f.Position(lead), End: f.Position(lead + 1)}
	line := f.Position(m[2]).Line
	switch {
	case text[m[2]:m[3]] == "&lt;":
		x.Pos, x.End = f.Position(m[2]), f.Position(m[3])
		x.Message, x.Hint = "the document is encoded as in HTML: &lt; stands for <", "copy it again from where it is shown with < and >"
	case line == x.Pos.Line:
		x.Message, x.Hint = "the document does not begin with <", "remove what stands before the < at the beginning of every line"
	default:
		x.Message = "text stands before the document"
		x.Hint = "the file begins with <?xml or <amsx: remove what stands above line " + strconv.Itoa(line)
	}
	return x
}

// parameterUsage is how a Parameter line is written.
const parameterUsage = `write Parameter name, "Type", default, "description"; the last two may be left out`

// declareParameters reads the Parameter lines at the top of a script. They
// stay in the script, where they have no effect.
func declareParameters(t *ast.Transformation, errs *lexer.List) {
	top := true
	for _, s := range t.Script.Stmts {
		switch s := s.(type) {
		case *ast.Comment, *ast.Blank, *ast.MapBlock, *ast.DataMapBlock, *ast.Sub:
			continue
		case *ast.Command:
			if strings.EqualFold(s.Call.Name, "Code") {
				continue
			}
			if strings.EqualFold(s.Call.Name, "Parameter") {
				if !top {
					errs.Errorf(s.Pos, lexer.CodeParameter, "move the line to the top of the script", "a Parameter line stands below the first command")
				}
				if p := parameterLine(s, errs); p != nil {
					addParameter(t, p, errs)
				}
				continue
			}
		}
		top = false
	}
	t.Declared = len(t.Parameters) > 0
}

const maxParameters = 1000

// addParameter appends p unless its name is taken.
func addParameter(t *ast.Transformation, p *ast.Parameter, errs *lexer.List) {
	if len(t.Parameters) == maxParameters {
		errs.Errorf(p.Pos, lexer.CodeSize, "a list of values is one parameter of type List", "there are more than %d parameters", maxParameters)
		return
	}
	for _, q := range t.Parameters {
		if p.Name.IsSet() && strings.EqualFold(p.Name.Value, q.Name.Value) {
			errs.Errorf(p.Name.Pos, lexer.CodeParameter, "remove one of the two", "the parameter %s is declared in line %d already", p.Name.Value, q.Name.Pos.Line)
			return
		}
	}
	t.Parameters = append(t.Parameters, p)
}

func parameterLine(s *ast.Command, errs *lexer.List) *ast.Parameter {
	args := s.Call.Args
	if len(args) == 0 || len(args) > 4 {
		errs.Errorf(s.Pos, lexer.CodeParameter, parameterUsage, "a Parameter line has one to four parts, not %d", len(args))
		return nil
	}
	p := &ast.Parameter{Pos: s.Pos}
	switch n := args[0].(type) {
	case *ast.Bare:
		p.Name = ast.Attr{Pos: n.Pos, Value: n.Path.Raw}
	case *ast.String:
		p.Name, _ = literal(n)
	}
	if !isPlainName(p.Name.Value) {
		errs.Errorf(args[0].Start(), lexer.CodeParameter, parameterUsage, "the parameter's name is missing or is no name")
		return nil
	}
	part := func(i int, what string) ast.Attr {
		if i >= len(args) {
			return ast.Attr{}
		}
		a, ok := literal(args[i])
		if !ok {
			errs.Errorf(args[i].Start(), lexer.CodeParameter, parameterUsage, "the %s of a parameter is a text or a number, without %%variables%%", what)
		}
		return a
	}
	p.Type = part(1, "type")
	p.Default = part(2, "default")
	p.Description = part(3, "description").Value
	checkParameter(p, errs)
	return p
}

// parameterTypes are the types with a meaning of their own; any other is the
// name of a table whose rows are offered for choice.
var parameterTypes = []string{"Text", "Number", "Boolean", "Date", "List", "CredentialPack", "Custodian"}

// checkParameter reports a mistyped type, and a default that is not of it.
func checkParameter(p *ast.Parameter, errs *lexer.List) {
	kind := "Text"
	if v := p.Type; v.IsSet() {
		kind = lexer.Nearest(v.Value, parameterTypes)
		switch {
		case v.Value == "":
			errs.Errorf(v.Pos, lexer.CodeParameter, "write one of: "+strings.Join(parameterTypes, ", "), "the type of the parameter %s is empty", p.Name.Value)
		case kind != "" && !strings.EqualFold(kind, v.Value):
			errs.Errorf(v.Pos, lexer.CodeParameter, "did you mean "+kind+"?", "\"%s\" is no type of a parameter", v.Value)
		}
	}
	v := p.Default
	if !v.IsSet() || v.Value == "" {
		return
	}
	switch kind {
	case "Number":
		if !number.MatchString(v.Value) {
			errs.Errorf(v.Pos, lexer.CodeParameter, "write it as 12 or -2.50", "the default \"%s\" is no number", v.Value)
		}
	case "Boolean":
		if !strings.EqualFold(v.Value, "true") && !strings.EqualFold(v.Value, "false") {
			errs.Errorf(v.Pos, lexer.CodeParameter, "write True or False", "the default \"%s\" is neither True nor False", v.Value)
		}
	}
}

var number = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// literal is the value of an expression that needs no run.
func literal(e ast.Expr) (ast.Attr, bool) {
	switch e := e.(type) {
	case *ast.Omitted:
		return ast.Attr{}, true
	case *ast.Null:
		return ast.Attr{Pos: e.Pos}, true
	case *ast.Number:
		return ast.Attr{Pos: e.Pos, Value: e.Raw}, true
	case *ast.Bool:
		if e.Value {
			return ast.Attr{Pos: e.Pos, Value: "True"}, true
		}
		return ast.Attr{Pos: e.Pos, Value: "False"}, true
	case *ast.Unary:
		a, ok := literal(e.X)
		return ast.Attr{Pos: e.Pos, Value: "-" + a.Value}, ok && e.Op == "-"
	case *ast.String:
		a := ast.Attr{Pos: e.Pos}
		for _, p := range e.Body.Parts {
			if p.Ref != nil {
				return a, false
			}
			a.Value += p.Text
		}
		return a, true
	}
	return ast.Attr{}, false
}

func isPlainName(s string) bool {
	p, err := ParsePath(s, lexer.Position{})
	return err == nil && len(p.Steps) == 1 && !p.Steps[0].Quoted && !strings.ContainsAny(s[:1], "@#0123456789")
}
