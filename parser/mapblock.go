package parser

import (
	"errors"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// mapStmt makes the mapping that the first line of a Map declares.
func (b *builder) mapStmt(l *mapLine) *ast.MapBlock {
	m := &ast.Mapping{Pos: l.Pos}
	s := &ast.MapBlock{Pos: l.Pos, Mapping: m}
	x := &m.Destination
	x.Pos = l.Pos
	if l.Head == nil {
		return s // it was reported
	}
	h := l.Head.head()
	m.Name, x.Table = attrOf(h.name), attrOf(h.table)
	for _, c := range h.list {
		switch c.word {
		case "Key":
			x.UpdateKey = b.columns(c)
		case "Adopt":
			x.Adopt = b.columns(c)
		case "Mode":
			x.Mode = attrOf(c.args[0])
		case "Source":
			x.Source = attrOf(c.args[0])
		case "Newest":
			x.Newest = b.pathOf(c.args[0])
		case "KeyLimit":
			x.Limits = append(x.Limits, ast.Limit{Name: ast.Attr{Pos: c.pos, Value: "key"}, Text: attrOf(c.args[0])})
		default:
			x.Limits = append(x.Limits, ast.Limit{Name: ast.Attr{Pos: c.pos, Value: strings.ToLower(c.word)}, Text: attrOf(c.args[0])})
		}
	}
	return s
}

// fieldStmt makes the field that a line of a Map declares.
func (b *builder) fieldStmt(l *fieldLine) *ast.FieldLine {
	f := &ast.Field{Pos: l.Pos, Destination: ast.Attr{Pos: l.Column.Pos, Value: l.Column.Text}}
	x := b.expr(l.Value)
	switch e := x.(type) {
	case *ast.Bare:
		f.Source = e.Path
	case *ast.Var:
		if len(e.Path.Steps) > 1 {
			rest := e.Path.Raw[strings.IndexAny(e.Path.Raw, ".[")+1:]
			b.errs.Errorf(e.Pos, lexer.CodePath, "write "+strings.TrimSuffix(rest, "]")+": a source is a path in the record", "a source stands without percent signs and without the loop's variable")
		}
		f.Calc = x
	default:
		f.Calc = x
	}
	for _, c := range l.Rest.rest() {
		switch c.word {
		case "Lookup":
			f.Lookup = b.lookupOf(c)
		case "Create":
			f.Create = true
		case "OnMissing":
			f.OnMissing = strings.ToLower(c.args[0].Value)
		case "DataMap":
			f.DataMap = attrOf(c.args[0])
		case "Keep":
			f.KeepEdited = true
		case "On":
			f.OnInsert = true
		case "Required":
			f.Required = true
		case "Default":
			f.Default = attrOf(c.args[0])
		case "Track":
			f.NoTrack = lexer.Is(c.args[0], "no")
		}
		if (c.word == "Create" || c.word == "OnMissing") && !hasClause(l.Rest.rest(), "Lookup") {
			b.errs.Errorf(c.pos, lexer.CodeMissing, "write Lookup DepartmentID From Department.DepartmentName in front of it", "%s without Lookup has no effect", c.word)
		}
	}
	return &ast.FieldLine{Pos: l.Pos, Field: f}
}

func hasClause(list []clause, word string) bool {
	for _, c := range list {
		if c.word == word {
			return true
		}
	}
	return false
}

// lookupOf reads Result From Table.Column, Column.
func (b *builder) lookupOf(c clause) *ast.Lookup {
	l := &ast.Lookup{Pos: position(c.args[0]), Result: c.args[0].Value}
	const hint = "write Lookup Result From Table.Column, Column: Lookup CustodianID From Custodian.Login, Email"
	for i, t := range c.args[1:] {
		table, column, dotted := strings.Cut(t.Value, ".")
		switch {
		case i == 0 && !dotted:
			b.errs.Add(fault(t, lexer.CodeLookup, hint, "the lookup names no table and column"))
			return nil
		case i == 0:
			l.Table = table
		case !dotted:
			column = table
		case !strings.EqualFold(table, l.Table):
			b.errs.Add(fault(t, lexer.CodeLookup, hint, "a lookup reads one table, and %s is not in %s", t.Value, l.Table))
			return nil
		}
		if !isColumn(column) || !isColumn(l.Table) {
			b.errs.Add(fault(t, lexer.CodeLookup, hint, "%s is no column of a table", t.Value))
			return nil
		}
		l.Columns = append(l.Columns, column)
	}
	return l
}

// columns are the columns of a clause, each once.
func (b *builder) columns(c clause) []ast.Attr {
	var out []ast.Attr
	for _, t := range c.args {
		a := attrOf(t)
		if len(out) == maxNames {
			b.errs.Add(fault(t, lexer.CodeSize, "keep those that identify a row", "%s names more than %d columns", c.word, maxNames))
			return out
		}
		twice := false
		for _, o := range out {
			twice = twice || strings.EqualFold(o.Value, a.Value)
		}
		if twice {
			b.errs.Add(fault(t, lexer.CodeTwice, "remove one of the two", "%s names %s twice", c.word, a.Value))
			continue
		}
		out = append(out, a)
	}
	return out
}

func (b *builder) pathOf(t *lexer.Token) *ast.Path {
	i := b.frag.Index(t.Pos.Offset)
	return b.path(i, i+len(t.Value), 0)
}

// dataMapStmt makes the value table that the first line of a DataMap declares.
func (b *builder) dataMapStmt(l *dataMapLine) *ast.DataMapBlock {
	m := &ast.DataMap{Pos: l.Pos, Name: ast.Attr{Pos: l.Name.Pos, Value: l.Name.Text}}
	if l.Unknown != nil {
		m.Unknown = ast.Attr{Pos: l.Unknown.Pos, Value: unquoted(l.Unknown.Text)}
	}
	return &ast.DataMapBlock{Pos: l.Pos, DataMap: m}
}

func (b *builder) valueStmt(l *valueLine) *ast.ValueLine {
	part := func(x fixed, what string) ast.Attr {
		e := b.expr(x)
		a, ok := literal(e)
		if s, text := e.(*ast.String); !ok && text && what == "from" {
			// A pattern: %lap% is no variable here.
			return ast.Attr{Pos: s.Pos, Value: unquoted(s.Raw)}
		}
		if !ok {
			b.errs.Errorf(x.Start(), lexer.CodeValue, `write a text in quotes: "ACTIVE" = "True"; %% is one percent sign`, "what a value table translates %s is fixed, without %%variables%%", what)
		}
		return a
	}
	return &ast.ValueLine{Pos: l.Pos, Value: &ast.DataMapValue{Pos: l.Pos, From: part(l.From, "from"), To: part(l.To, "to")}}
}

// attrOf is the word, text or number that a token is.
func attrOf(t *lexer.Token) ast.Attr {
	if t == nil {
		return ast.Attr{}
	}
	return ast.Attr{Pos: position(t), Value: unquoted(t.Value)}
}

// unquote takes the quotes off a text; %% is one percent sign there.
func unquoted(s string) string {
	if s == "" || s[0] != '"' && s[0] != '\'' {
		return s
	}
	q := s[:1]
	return strings.ReplaceAll(strings.ReplaceAll(s[1:len(s)-1], q+q, q), "%%", "%")
}

// declareMappings makes what the Map and DataMap blocks of a script declare,
// and holds it to what holds for <mapping> and <datamap>.
func declareMappings(t *ast.Transformation, errs *lexer.List) {
	d := &document{t: t, named: map[string]bool{}, blocks: true}
	for _, s := range t.Script.Stmts {
		if s, ok := s.(*ast.DataMapBlock); ok {
			d.dataMapBlock(s)
		}
	}
	for _, s := range t.Script.Stmts {
		if s, ok := s.(*ast.MapBlock); ok {
			d.mapBlock(s)
		}
	}
	*errs = append(*errs, d.errs...)
}

func (d *document) dataMapBlock(s *ast.DataMapBlock) {
	m := s.DataMap
	d.checkUnknown(m.Unknown)
	d.nameDataMap(m)
	first := map[string]ast.Position{}
	for _, l := range s.Body {
		if l, ok := l.(*ast.ValueLine); ok {
			d.addValue(m, first, *l.Value)
		}
	}
	if len(m.Values) == 0 && s.End.IsValid() {
		d.errorf(m.Pos, lexer.CodeEmpty, `write "from" = "to" in it`, "the datamap %s is empty", m.Name.Value)
	}
	d.t.DataMaps = append(d.t.DataMaps, m)
}

func (d *document) mapBlock(s *ast.MapBlock) {
	m := s.Mapping
	d.nameMapping(m)
	d.checkDestination(&m.Destination)
	first := map[string]ast.Position{}
	for _, l := range s.Body {
		if l, ok := l.(*ast.FieldLine); ok {
			d.checkDataMap(l.Field.DataMap)
			d.addField(m, first, l.Field)
		}
	}
	if len(m.Fields) == 0 && s.End.IsValid() {
		d.errorf(m.Pos, lexer.CodeEmpty, "write Column = path in it", "the mapping has no fields")
	}
	d.t.Mappings = append(d.t.Mappings, m)
	if s.End.IsValid() && m.Destination.Table.IsSet() { // else what is missing may stand behind the lost line
		d.checkKeys(m)
	}
}

// say is how something is written: in a document, or in a script.
func (d *document) say(document, script string) string {
	if d.blocks {
		return script
	}
	return document
}

// The keys of the productions for lines that no first word tells.
const (
	fieldKey = "field ="
	valueKey = "value ="
)

// inMap is the production of the next line where the open block is a Map or
// DataMap. A line that can be none of theirs ends it: its last line was lost,
// or ends an outer block.
func (b *builder) inMap(lex *lexer.Stream) production {
	top := b.top()
	t := lex.Peek()
	switch {
	case top.word != "Map" && top.word != "DataMap":
		return nil
	case t.Type == lexer.Comment, t.Type == lexer.EOL, lexer.Is(t, "End"), lexer.Is(t, "EndMap"), lexer.Is(t, "EndDataMap"):
		return nil
	}
	key := fieldKey
	if top.word == "DataMap" {
		key = valueKey
	}
	at := lex.MakeCheckpoint()
	lex.Next()
	second := lex.Peek()
	lex.LoadCheckpoint(at)
	if top.closed || lexer.IsOp(second, "=") || key == valueKey && (t.Type == lexer.String || t.Type == lexer.Number) {
		return productions()[key]
	}
	b.unclosed(top, position(t))
	b.pop()
	return nil
}

// closesAhead reports whether a block that began at byte from has its End line
// before the next block of its kind begins.
func (b *builder) closesAhead(from int, word string) bool {
	for line := range strings.Lines(b.frag.Text()[from:]) {
		w := strings.Fields(line)
		switch {
		case len(w) == 0:
		case strings.EqualFold(strings.Join(w, ""), "End"+word):
			return true
		case len(w) > 1 && w[1] != "=" && (strings.EqualFold(w[0], "Map") || strings.EqualFold(w[0], "DataMap") || strings.EqualFold(w[0], "Sub")):
			return false
		}
	}
	return false
}

// mapFault is the finding about a line of a Map or DataMap that failed.
func (b *builder) mapFault(lex *lexer.Stream, d *diagnosis, err error) *lexer.Diagnostic {
	lex.LoadCheckpoint(d.start)
	d.first = lex.Peek()
	line := d.tokens()
	for _, t := range line {
		if t.Type == lexer.Illegal {
			return d.scan.Problem(t)
		}
	}
	word, form := "Map", "Column = path, such as Email = profile.email"
	if b.top().word == "DataMap" {
		word, form = "DataMap", `"from" = "to"`
	}
	if word == "Map" && lexer.Is(d.first, "Set") && len(line) > 1 {
		return fault(d.first, lexer.CodeSyntax, "write "+line[1].Value+" = …", "a line of a Map begins with its column, without Set")
	}
	var found *lexer.Diagnostic
	if errors.As(err, &found) {
		if found.Hint == "" {
			found.Hint = "write " + form
		}
		return found
	}
	t := d.first
	if u, ok := unexpected(err); ok {
		t = u
	}
	return fault(t, lexer.CodeSyntax, "write "+form+"; End "+word+" ends the block", "%s does not belong here, inside the %s in line %d", lexer.Describe(t), word, b.top().pos.Line)
}
