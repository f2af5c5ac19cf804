package sqltext

import "strings"

// A source is one table of a FROM, as tokens of the statement.
type source struct {
	name, alias string // of the table; name is "" where a variable or a subquery stands
	table       []token
	as          token  // the alias as it is written
	join        string // JOIN, LEFT JOIN, RIGHT JOIN, FULL JOIN, or "," for a comma or CROSS JOIN
	on          []token
}

// called is what columns of the source are qualified with.
func (s *source) called() string {
	if s.alias != "" {
		return s.alias
	}
	return s.name
}

// qualifier is the token of what columns of the source are qualified with.
func (s *source) qualifier() token {
	if s.alias != "" {
		return s.as
	}
	t := s.table[len(s.table)-1]
	t.glued = false
	return t
}

// list names the tables of a FROM, for a message.
func list(sources []source) string {
	var names []string
	for i := range sources {
		if n := sources[i].called(); n != "" {
			names = append(names, n)
		}
	}
	return strings.Join(names, ", ")
}

// sources reads the tables from token i to before end.
func (c *compiler) sources(i, end int) (out []source, ok bool) {
	join := ","
	for i = c.sig(i); i < end; {
		s := source{join: join}
		begin := i
		switch t := &c.tokens[i]; {
		case t.isOp("("):
			i = c.then(c.closing(i))
		case plainName(t), t.kind == ref:
			if t.kind != ref {
				s.name = t.text
			}
			for i = c.then(i); c.tokens[i].isOp(".") && i < end; i = c.then(i) {
				i = c.then(i)
				s.name = c.tokens[i].text
			}
			if c.tokens[i].isOp("(") && i < end { // a function that gives rows
				s.name = ""
				i = c.then(c.closing(i))
			}
		default:
			return nil, false
		}
		s.table = c.trimmed(begin, i)
		if c.tokens[i].is("AS") && i < end {
			i = c.then(i)
		}
		if i < end && plainName(&c.tokens[i]) {
			s.alias, s.as = c.tokens[i].text, c.tokens[i]
			i = c.then(i)
		}
		if i < end && c.tokens[i].is("ON") {
			from := i + 1
			depth := 0
			for i = c.then(i); i < end; i = c.then(i) {
				t := &c.tokens[i]
				if t.isOp("(") {
					depth++
				} else if t.isOp(")") {
					depth--
				}
				if depth == 0 && (t.isOp(",") || t.is("JOIN", "INNER", "CROSS", "FULL", "OUTER", "NATURAL") || t.is("LEFT", "RIGHT") && !c.tokens[c.then(i)].isOp("(")) {
					break
				}
			}
			s.on = c.trimmed(from, min(i, end))
		}
		out = append(out, s)
		if i >= end {
			break
		}
		join = "JOIN"
		if c.tokens[i].isOp(",") {
			join = ","
		}
		for ; i < end && (c.tokens[i].isOp(",") || c.tokens[i].is("JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "OUTER")); i = c.then(i) {
			switch t := &c.tokens[i]; {
			case t.is("CROSS"):
				join = ","
			case t.is("LEFT", "RIGHT", "FULL"):
				join = t.upper + " JOIN"
			}
		}
	}
	return out, len(out) > 0
}

// linked finds tables that no condition joins to the one that is written: then
// every row of it would be written. A condition joins the tables whose columns
// stand in it; d.ID = d.ID joins nothing.
func (c *compiler) linked(sources []source, target int, where []token) bool {
	group := make([]int, len(sources))
	for i := range group {
		group[i] = i
	}
	conditions := [][]token{where}
	for i := range sources {
		conditions = append(conditions, sources[i].on)
	}
	var seen []int
	unite := func() {
		for _, s := range seen {
			for i, g := range group {
				if g == group[s] {
					group[i] = group[seen[0]]
				}
			}
		}
		seen = seen[:0]
	}
	for _, tokens := range conditions {
		for i := range tokens {
			t := &tokens[i]
			switch {
			case t.is("AND", "OR", "WHERE"):
				unite()
			case t.is("SELECT"):
				return true // what a subquery joins is not looked at
			case plainName(t) && !beside(tokens, i, 1).isOp("(") && !beside(tokens, i, -1).isOp("."):
				var of []int
				if beside(tokens, i, 1).isOp(".") {
					of = c.sourceOf(sources, t.text, "")
				} else {
					of = c.sourceOf(sources, "", t.text)
				}
				if len(of) != 1 {
					return true
				}
				seen = append(seen, of[0])
			case t.kind == ref && beside(tokens, i, 1).isOp("."):
				return true
			}
		}
		unite()
	}
	for i := range sources {
		if group[i] == group[target] || sources[i].called() == "" {
			continue
		}
		w, o := sources[target].called(), sources[i].called()
		c.errorf(&c.tokens[c.sig(0)], CodeForm, "write the columns that belong together: ON "+o+".… = "+w+".…; for one value, SET Column = (SELECT … FROM …)",
			"nothing joins %s to %s: %s would take every row of %s", o, w, c.tokens[c.writing()].upper, w)
		return false
	}
	return true
}

// sourceOf finds the sources that a qualifier or a column belongs to.
func (c *compiler) sourceOf(sources []source, qualifier, column string) (of []int) {
	for i := range sources {
		if qualifier != "" {
			if strings.EqualFold(sources[i].called(), qualifier) {
				of = append(of, i)
			}
			continue
		}
		if c.schema == nil || sources[i].name == "" {
			return nil
		}
		_, cols, ok := c.schema.Table(sources[i].name)
		if !ok {
			return nil
		}
		if _, ok := columnNamed(cols, column); ok {
			of = append(of, i)
		}
	}
	return of
}

// beside is the token n places from i, blanks left out.
func beside(tokens []token, i, n int) *token {
	for i += n; i >= 0 && i < len(tokens); i += n {
		if tokens[i].kind != space {
			return &tokens[i]
		}
	}
	return nil
}
