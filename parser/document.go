package parser

import (
	"regexp"
	"slices"
	"strings"

	"github.com/beevik/etree"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// A document reads the document form of a transformation.
type document struct {
	src    *lexer.Source
	at     map[*etree.Element]*place
	t      *ast.Transformation
	errs   lexer.List
	named  map[string]bool // data maps, by lower-case name
	keyed  map[int]bool    // destinations whose update key is reported, by offset
	blocks bool            // Map and DataMap blocks are read, not XML: no element has a place
}

// parseDocument reads the document src.
func parseDocument(src *lexer.Source) (*ast.Transformation, lexer.List) {
	s := surveyOf(src)
	d := &document{
		src: src, errs: s.errs, at: map[*etree.Element]*place{}, named: map[string]bool{}, keyed: map[int]bool{},
		t: &ast.Transformation{Filename: src.Name(), Document: true, Script: &ast.File{Name: src.Name()}},
	}
	tree := etree.NewDocument()
	tree.ReadSettings = etree.ReadSettings{Permissive: true, PreserveDuplicateAttrs: true, MaxDepth: maxElementDepth + 1}
	broken := s.broken
	if !broken {
		if err := tree.ReadFromString(s.text); err != nil {
			d.errs.Errorf(src.Position(s.base), lexer.CodeXML, "", "the document cannot be read: %s", err)
			broken = true
		}
	}
	if broken {
		d.t.Broken = true
		otherFault := slices.ContainsFunc(d.errs, func(x *lexer.Diagnostic) bool { return x.Code != lexer.CodeXML })
		if len(s.places) > 0 && s.places[0].name != "amsx" && !otherFault { // another kind of file
			d.errs = nil
			d.notAMSX(s.places[0].pos, s.places[0].name)
			return d.t, d.errs
		}
		// The script is read all the same, so that its findings are not kept
		// back by a slip in the mapping.
		for _, p := range s.places {
			if p.name == "source" {
				d.script(p)
				break
			}
		}
		return d.t, d.errs
	}
	d.place(&tree.Element, s.places)
	d.root(tree.Root())
	return d.t, d.errs
}

// place gives the elements their places, which come in the same order; it
// returns the places that are left.
func (d *document) place(e *etree.Element, places []*place) []*place {
	for _, c := range e.ChildElements() {
		if len(places) == 0 {
			return nil
		}
		d.at[c] = places[0]
		places = d.place(c, places[1:])
	}
	return places
}

func (d *document) errorf(pos ast.Position, code, hint, format string, args ...any) {
	d.errs.Errorf(pos, code, hint, format, args...)
}

// finding is an error where unknown things would silently be lost, else a
// warning.
func (d *document) finding(strict bool, pos ast.Position, code, hint, format string, args ...any) {
	d.errs.Errorf(pos, code, hint, format, args...)
	if !strict {
		d.errs[len(d.errs)-1].Severity = lexer.Warning
	}
}

func (d *document) root(e *etree.Element) {
	if e == nil {
		d.errorf(d.src.Position(0), lexer.CodeMissing, "begin the document with <amsx version=\"1\">", "the document has no element")
		return
	}
	if e.FullTag() != "amsx" {
		d.notAMSX(d.at[e].pos, e.FullTag())
		return
	}
	a := d.attrs(e, false, "version")
	if v := a.get("version"); v.Value != "1" {
		pos := d.at[e].pos
		if v.IsSet() {
			pos = v.Pos
		}
		d.errorf(pos, lexer.CodeValue, `write <amsx version="1">; a later version needs a later edition`, "the document's version is \"%s\", not 1", v.Value)
	}
	var found *etree.Element
	for _, c := range d.children(e, false, "transformation") {
		if found != nil {
			d.errorf(d.at[c].pos, lexer.CodeTwice, "put it in a file of its own", "a second <transformation> stands in the document")
			continue
		}
		found = c
		d.transformation(c)
	}
	if found == nil {
		d.errorf(d.at[e].pos, lexer.CodeMissing, `write <transformation name="…"> inside <amsx>`, "the document holds no <transformation>")
	}
}

func (d *document) notAMSX(pos ast.Position, name string) {
	d.errorf(pos, lexer.CodeUnknown, `put the transformation in <amsx version="1"> … </amsx>`, "the document is <%s>, not <amsx>", name)
}

func (d *document) transformation(e *etree.Element) {
	a := d.attrs(e, false, "name", "layer")
	d.t.Name, d.t.Layer = d.required(e, a, "name"), a.get("layer")
	d.oneOf(d.t.Layer, "layer", "SYSTEM", "CUSTOMER")
	children := d.children(e, false, "description", "menu", "parameters", "source", "mapping", "datamap", "destination", "schedule")
	for _, c := range children { // fields refer to them
		if c.Tag == "datamap" {
			d.dataMap(c)
		}
	}
	seen := map[string]ast.Position{}
	var destination *etree.Element
	for _, c := range children {
		pos := d.at[c].pos
		if c.Tag != "mapping" && c.Tag != "datamap" {
			if first, twice := seen[c.Tag]; twice {
				d.errorf(pos, lexer.CodeTwice, "remove one of the two", "<%s> stands in line %d already", c.Tag, first.Line)
				continue
			}
			seen[c.Tag] = pos
		}
		switch c.Tag {
		case "description":
			d.t.Description = d.text(c)
		case "menu":
			d.t.Menu = d.text(c)
		case "parameters":
			d.parameters(c)
		case "source":
			d.source(c)
		case "mapping":
			d.mapping(c)
		case "destination":
			destination = c
		case "schedule":
			d.schedule(c)
		}
	}
	d.destination(destination)
	if _, ok := seen["source"]; !ok {
		d.errorf(d.at[e].pos, lexer.CodeMissing, `write <source type="AMSX Script"><![CDATA[ … ]]></source>`, "the transformation has no <source>")
	}
	for _, m := range d.t.Mappings {
		d.checkKeys(m)
	}
}

func (d *document) source(e *etree.Element) {
	a := d.attrs(e, false, "type")
	if t := d.required(e, a, "type"); t.IsSet() && !strings.EqualFold(t.Value, "AMSX Script") {
		d.errorf(t.Pos, lexer.CodeSourceType, `write type="AMSX Script" and read the data in a script`, "the source type \"%s\" is not in this edition", t.Value)
	}
	d.children(e, false)
	if ok := d.script(d.at[e]); ok && isEmpty(d.t.Script) {
		d.errorf(d.at[e].pos, lexer.CodeEmpty, "write commands between <![CDATA[ and ]]>", "the script is empty: it would do nothing")
	}
}

// isEmpty reports whether a script has no statement but comments.
func isEmpty(f *ast.File) bool {
	for _, s := range f.Stmts {
		switch s.(type) {
		case *ast.Comment, *ast.Blank:
		default:
			return false
		}
	}
	return true
}

// script parses the text of an element and reports whether it has no findings.
// Blanks around its CDATA sections are layout of the document.
func (d *document) script(p *place) bool {
	pieces := p.text
	if p.cdata {
		pieces = nil
		for _, x := range p.text {
			if x.Replace || strings.TrimSpace(d.src.Text()[x.Start:x.End]) != "" {
				pieces = append(pieces, x)
			}
		}
	}
	d.t.Text = d.src.Fragment(pieces...)
	file, errs := parseFragment(d.t.Text)
	d.t.Script = file
	for _, s := range file.Stmts {
		switch s := s.(type) {
		case *ast.Command:
			if strings.EqualFold(s.Call.Name, "Parameter") {
				errs.Errorf(s.Pos, lexer.CodeParameter, `write <parameter name="…" type="…"> in <parameters>`, "a document declares its parameters outside of the script")
			}
		case *ast.MapBlock:
			errs.Errorf(s.Pos, lexer.CodeMapPlace, `write <mapping> with <field destination="…" source="…"/>, and <destination>`, "a document declares its mapping outside of the script")
		case *ast.DataMapBlock:
			errs.Errorf(s.Pos, lexer.CodeMapPlace, `write <datamap name="…"> with <value from="…" to="…"/>`, "a document declares its value tables outside of the script")
		}
	}
	d.errs = append(d.errs, tidy(errs)...)
	return len(errs) == 0
}

func (d *document) parameters(e *etree.Element) {
	d.attrs(e, true)
	d.noText(e)
	d.t.Declared = true
	for _, c := range d.children(e, true, "parameter") {
		a := d.attrs(c, true, "name", "type", "default", "required")
		p := &ast.Parameter{
			Pos: d.at[c].pos, Name: d.required(c, a, "name"), Type: a.get("type"), Default: a.get("default"),
			Required: d.boolean(a, "required"), Description: d.text(c).Value,
		}
		d.children(c, true)
		if p.Name.IsSet() && !isPlainName(p.Name.Value) {
			d.errorf(p.Name.Pos, lexer.CodeParameter, "a name is a letter, then letters, digits and _", "\"%s\" is no name", p.Name.Value)
			continue
		}
		checkParameter(p, &d.errs)
		addParameter(d.t, p, &d.errs)
	}
}

func (d *document) dataMap(e *etree.Element) {
	a := d.attrs(e, true, "name", "unknown")
	m := &ast.DataMap{Pos: d.at[e].pos, Name: d.required(e, a, "name"), Unknown: a.get("unknown")}
	d.checkUnknown(m.Unknown)
	d.noText(e)
	d.nameDataMap(m)
	first := map[string]ast.Position{}
	for _, c := range d.children(e, true, "value") {
		a := d.attrs(c, true, "from", "to")
		v := ast.DataMapValue{Pos: d.at[c].pos, From: d.required(c, a, "from"), To: d.required(c, a, "to")}
		d.noText(c)
		d.children(c, true)
		d.addValue(m, first, v)
	}
	if len(m.Values) == 0 {
		d.errorf(m.Pos, lexer.CodeEmpty, `write <value from="…" to="…"/> in it`, "the datamap %s is empty", m.Name.Value)
	}
	d.t.DataMaps = append(d.t.DataMaps, m)
}

// checkUnknown checks what a value table does with a value that it lacks.
func (d *document) checkUnknown(u ast.Attr) {
	if u.IsSet() && !strings.HasPrefix(u.Value, "default:") {
		d.oneOf(u, "unknown", "keep", "null", "reject", "warn", "default:value")
	}
}

func (d *document) nameDataMap(m *ast.DataMap) {
	key := strings.ToLower(m.Name.Value)
	if d.named[key] && m.Name.IsSet() {
		d.errorf(m.Name.Pos, lexer.CodeTwice, "give it another name", "a datamap %s stands in the %s already", m.Name.Value, d.say("document", "script"))
	}
	d.named[key] = true
}

// addValue adds a value to a table unless it is there; first has where.
func (d *document) addValue(m *ast.DataMap, first map[string]ast.Position, v ast.DataMapValue) {
	from := strings.ToLower(v.From.Value)
	if p, twice := first[from]; twice && v.From.IsSet() {
		d.errorf(v.From.Pos, lexer.CodeTwice, "remove one of the two; upper and lower case are one value", "the value %q is mapped in line %d already", v.From.Value, p.Line)
		return
	}
	first[from] = v.From.Pos
	m.Values = append(m.Values, v)
}

var declaredEncoding = regexp.MustCompile(`^\s*<\?xml[^>]*?encoding\s*=\s*["']([^"']*)["']`)

// refuseEncoding reports a document that declares another encoding than UTF-8.
func refuseEncoding(src *lexer.Source) *lexer.Diagnostic {
	text := src.Whole().Text()
	m := declaredEncoding.FindStringSubmatchIndex(text[:min(len(text), 300)])
	if m == nil {
		return nil
	}
	e := text[m[2]:m[3]]
	if strings.EqualFold(e, "UTF-8") || strings.EqualFold(e, "UTF8") || strings.EqualFold(e, "US-ASCII") {
		return nil
	}
	whole := src.Whole()
	return &lexer.Diagnostic{
		Pos: whole.Position(m[2]), End: whole.Position(m[3]), Code: lexer.CodeEncoding,
		Message: "the document is declared as " + e + "; only UTF-8 is read",
		Hint:    `save the file as UTF-8 and write encoding="UTF-8"`,
	}
}
