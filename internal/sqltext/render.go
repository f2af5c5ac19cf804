package sqltext

import (
	"strconv"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

// Render returns the statements with their bound values: args of each are
// numbered from 1 in its text. values are those of Refs. An error is a
// *lexer.Diagnostic at the reference; it never shows a secret.
func (t *Template) Render(values []runtime.Value) ([]runtime.Query, error) {
	for i, v := range values {
		if v.Taint() != 0 {
			return nil, t.fail(i, CodeValue, "a token or password only goes into requests to its own hosts", "a secret of a credential pack cannot go into SQL")
		}
	}
	out := make([]runtime.Query, len(t.statements))
	for i := range t.statements {
		r := renderer{t: t, stmt: &t.statements[i], values: values}
		if err := r.render(); err != nil {
			return nil, err
		}
		out[i] = runtime.Query{SQL: r.sql.String(), Args: r.args, Pos: r.stmt.pos}
	}
	return out, nil
}

// fail is an error at reference i.
func (t *Template) fail(i int, code, hint, message string) error {
	var p lexer.Position
	if i >= 0 {
		p = t.refs[i].Pos
	}
	return &lexer.Diagnostic{Pos: p, Code: code, Message: message, Hint: hint}
}

// A renderer fills one statement.
type renderer struct {
	t      *Template
	stmt   *statement
	values []runtime.Value
	sql    strings.Builder
	args   []runtime.Value
	filled bool   // the IN at hand has an element
	comma  string // a comma and blanks that wait for the element behind them
}

func (r *renderer) render() error {
	for i := range r.stmt.segments {
		s := &r.stmt.segments[i]
		if s.mark != noMark {
			r.mark(s.mark)
			continue
		}
		if s.slot == nil {
			r.write(s.text)
			continue
		}
		if err := r.slot(s.slot); err != nil {
			return err
		}
		if len(r.args) > r.t.dialect.maxValues() {
			return r.t.fail(s.slot.ref, CodeValue, "write the list to a table and join it, or take the list in parts (Chunk)",
				"the list has "+strconv.Itoa(len(r.args))+" elements; one statement takes "+strconv.Itoa(r.t.dialect.maxValues())+" values")
		}
	}
	return nil
}

// mark begins, parts and ends the elements of an IN. A List among them may be
// empty: then its comma goes with it.
func (r *renderer) mark(m listMark) {
	switch m {
	case listBegin:
		r.filled = false
	case listComma:
		if r.filled {
			r.comma = "," + lineEnds(r.comma)
		}
	case listEnd:
		r.sql.WriteString(lineEnds(r.comma))
		r.comma = ""
		if !r.filled {
			r.sql.WriteString(r.t.dialect.emptyList())
		}
		r.filled = true // as an element of an IN around it
	}
}

// lineEnds are those of a text: they stay, so that a line of a database's
// message is a line of the script's text.
func lineEnds(s string) string { return strings.Repeat("\n", strings.Count(s, "\n")) }

// write writes text of the script, or the place of a value.
func (r *renderer) write(text string) {
	if strings.TrimSpace(text) == "" {
		if r.comma != "" {
			r.comma += text
			return
		}
	} else {
		r.sql.WriteString(r.comma)
		r.comma, r.filled = "", true
	}
	r.sql.WriteString(text)
}

func (r *renderer) bind(v runtime.Value) {
	r.args = append(r.args, v)
	r.write(r.t.dialect.placeholder(len(r.args)))
}

func (r *renderer) slot(s *slot) error {
	if s.ref < 0 {
		return r.composed(s)
	}
	v := r.values[s.ref]
	switch s.use {
	case useList, useBareList:
		return r.list(s, v)
	case useCount:
		n, err := runtime.ToNumber(v)
		whole, ok := n.Int64()
		if err != nil || v.IsNull() || !ok || whole < 0 {
			return r.refuse(s, CodeValue, "give it a whole number, such as 100", "it must be a whole number here")
		}
		r.bind(runtime.Int(whole))
		return nil
	case useColumn, useColumns, useOrder, useDirection, useTable:
		return r.name(s, v)
	}
	x, err := r.value(s, v)
	if err != nil {
		return err
	}
	r.bind(x)
	return nil
}

// composed binds a string of text and references as one text.
func (r *renderer) composed(s *slot) error {
	var b strings.Builder
	for _, p := range s.parts {
		if p.ref < 0 {
			b.WriteString(p.text)
			continue
		}
		b.WriteString(r.values[p.ref].Text())
	}
	x, err := r.cast(s, runtime.Text(b.String()))
	if err != nil {
		return err
	}
	r.bind(x)
	return nil
}

// value is what is bound for one value.
func (r *renderer) value(s *slot, v runtime.Value) (runtime.Value, error) {
	switch v.Kind() {
	case runtime.KindNull:
		return runtime.Null(), nil
	case runtime.KindList, runtime.KindRow, runtime.KindTable, runtime.KindXML:
		if !s.quoted {
			return v, r.refuse(s, CodeValue, "IN (%x%) takes a List; for one field write %x.Field%", "a "+v.Kind().String()+" is not one value")
		}
		v = runtime.Text(v.Text())
	case runtime.KindJSON:
		if !s.quoted && v.IsArray() {
			return v, r.refuse(s, CodeValue, "IN (%x%) takes a list; ToJson(%x%) is its text", "an array is not one value")
		}
		v = runtime.Text(v.Text())
	case runtime.KindNumber, runtime.KindBoolean:
		if s.quoted {
			v = runtime.Text(v.Text())
		}
	}
	return r.cast(s, v)
}

// cast turns text into what the other side of a comparison holds.
func (r *renderer) cast(s *slot, v runtime.Value) (runtime.Value, error) {
	if v.Kind() != runtime.KindText {
		return v, nil
	}
	switch s.as {
	case asBoolean:
		if v.Text() == "" {
			return runtime.Null(), nil
		}
		b, ok := boolean(v.Text())
		if !ok {
			return v, r.refuse(s, CodeValue, "give it True or False", "the column beside it holds True or False, and this is neither")
		}
		return runtime.Bool(b), nil
	case asNumber:
		if strings.TrimSpace(v.Text()) == "" {
			return runtime.Null(), nil
		}
		n, err := runtime.ToNumber(v)
		if err != nil {
			return v, r.refuse(s, CodeValue, "give it a number", "it is compared with a number, and is none")
		}
		return n, nil
	}
	return v, nil
}

// boolean reads the words for True and False.
func boolean(s string) (value, ok bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "1", "yes":
		return true, true
	case "false", "0", "no":
		return false, true
	}
	return false, false
}

// list binds the elements of a List after IN. Null is in no list: with a NULL
// among them NOT IN would be true for nothing.
func (r *renderer) list(s *slot, v runtime.Value) error {
	elements := []runtime.Value{v}
	if v.Kind() == runtime.KindList || v.IsArray() {
		items, ok, err := v.Elements()
		if err != nil {
			return err
		}
		if ok {
			elements = items
		}
	}
	if s.use == useBareList {
		r.sql.WriteByte('(')
		r.mark(listBegin)
		defer func() {
			r.mark(listEnd)
			r.sql.WriteByte(')')
		}()
	}
	n := 0
	for _, e := range elements {
		x, err := r.value(s, e)
		if err != nil {
			return err
		}
		if x.IsNull() {
			continue
		}
		if n++; n > 1 {
			r.sql.WriteString(", ")
		}
		r.bind(x)
	}
	return nil
}

// refuse is an error about the value of a slot.
func (r *renderer) refuse(s *slot, code, hint, why string) error {
	if s.ref < 0 {
		return &lexer.Diagnostic{Pos: s.pos, Code: code, Message: "this text: " + why, Hint: hint}
	}
	x := "%" + r.t.refs[s.ref].Raw + "%"
	return r.t.fail(s.ref, code, strings.ReplaceAll(hint, "%x%", x), x+" is "+show(r.values[s.ref])+": "+why)
}

// show is a value in a message: short, and on one line.
func show(v runtime.Value) string {
	switch v.Kind() {
	case runtime.KindNull:
		return "Null"
	case runtime.KindText, runtime.KindNumber, runtime.KindBoolean, runtime.KindDate, runtime.KindDateTime:
		text := []rune(v.Text())
		if len(text) > 40 {
			text = append(text[:40], '…')
		}
		return strconv.Quote(string(text))
	}
	return "a " + v.Kind().String()
}
