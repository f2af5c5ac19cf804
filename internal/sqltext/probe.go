package sqltext

import (
	"strconv"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

// A spot is where a token of the script's text is in the segments.
type spot struct {
	segment, offset int
	pos             lexer.Position
}

// note keeps the place of the token at hand.
func (c *compiler) note(t *token) {
	if t.kind == space || t.kind == end {
		return
	}
	c.stmt.spots = append(c.stmt.spots, spot{segment: len(c.stmt.segments), offset: len(c.text), pos: t.pos})
	if plainName(t) {
		c.stmt.names = append(c.stmt.names, runtime.FoldName(t.text))
	}
}

// describe notes what temporary table the statement makes or changes, and what
// columns it gives.
func (c *compiler) describe() {
	s := &c.stmt
	s.gives = c.gives()
	if c.into.name != "" {
		s.makes, s.fills = c.into.name, 0
		return
	}
	i := c.then(c.sig(0))
	switch c.verb {
	case "ALTER":
		at := c.tableName(i)
		s.alters = []string{c.tokens[at].text}
		if to := c.then(c.then(at)); c.tokens[c.then(at)].is("RENAME") && c.tokens[to].is("TO") {
			s.alters = append(s.alters, c.tokens[c.then(to)].text)
		}
	case "CREATE":
		if !c.tokens[i].is("TEMP", "TEMPORARY") || !c.tokens[c.then(i)].is("TABLE") {
			return
		}
		at := c.tableName(c.then(i))
		if c.tokens[c.then(at)].isOp(".") { // temp.t
			at = c.then(c.then(at))
		}
		s.makes, s.fills = c.tokens[at].text, -1
		if c.tokens[c.then(at)].is("AS") {
			first := 0
			for k := range c.tokens[:c.then(c.then(at))] {
				if c.tokens[k].kind != space {
					first++
				}
			}
			s.fills = first
		}
	}
}

// Probes are the statements as the database would be asked to prepare them.
func (t *Template) Probes() []runtime.SQLProbe {
	out := make([]runtime.SQLProbe, len(t.statements))
	for i := range t.statements {
		out[i] = t.statements[i].probe(t.dialect)
	}
	return out
}

func (s *statement) probe(d Dialect) runtime.SQLProbe {
	p := runtime.SQLProbe{Names: s.names, Schema: s.schema, Makes: s.makes, Gives: s.gives, Alters: s.alters, Careless: s.careless, Places: []runtime.SQLPlace{{Pos: s.pos}}}
	for _, tb := range s.tables {
		if tb.name != "" {
			p.Tables = append(p.Tables, runtime.SQLName{Name: tb.name, Pos: tb.pos})
		}
	}
	var sql strings.Builder
	values, next := 0, 0
	for i := range s.segments {
		for ; next < len(s.spots) && s.spots[next].segment == i; next++ {
			at := sql.Len() + s.spots[next].offset
			p.Places = append(p.Places, runtime.SQLPlace{Offset: at, Pos: s.spots[next].pos})
			if s.makes != "" && s.fills == next {
				p.Query = at
			}
		}
		switch g := &s.segments[i]; {
		case g.mark == listComma:
			sql.WriteByte(',')
		case g.mark != noMark:
		case g.slot == nil:
			sql.WriteString(g.text)
		default:
			switch g.slot.use {
			case useValue, useList, useCount:
				values++
				sql.WriteString(d.placeholder(values))
			case useBareList:
				values++
				sql.WriteString("(" + d.placeholder(values) + ")")
			default:
				p.Partial = true
				sql.WriteString("?" + strconv.Itoa(values+1))
			}
		}
	}
	p.SQL = sql.String()
	return p
}
