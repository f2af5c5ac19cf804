package sqltext

import "github.com/amsx-lang/amsx/runtime"

// gives finds the names of the columns that a SELECT gives. nil: they are not
// all known, since a * stands among them, an expression without a name, a
// variable, or two of one name.
func (c *compiler) gives() []string {
	if c.verb != "SELECT" && c.verb != "WITH" || c.into.name != "" || c.stmt.writes != "" {
		return nil
	}
	i, depth := 0, 0
	for ; i < len(c.tokens)-1; i++ {
		switch t := &c.tokens[i]; {
		case t.isOp("("):
			depth++
		case t.isOp(")"):
			depth--
		}
		if depth == 0 && c.tokens[i].is("SELECT") {
			break
		}
	}
	i = c.then(i)
	if c.tokens[i].is("DISTINCT", "ALL") {
		i = c.then(i)
	}
	if c.tokens[i].is("TOP") {
		if i = c.then(i); c.tokens[i].isOp("(") {
			i = c.closing(i)
		}
		i = c.then(i)
	}
	var names []string
	seen := map[string]bool{}
	for {
		item, next := c.item(i)
		name, ok := columnName(item)
		k := runtime.FoldName(name)
		if !ok || seen[k] {
			return nil
		}
		seen[k] = true
		names = append(names, name)
		if !c.tokens[next].isOp(",") {
			return names
		}
		i = c.then(next)
	}
}

// item is one part of a select list without its blanks, and the token that ends
// it.
func (c *compiler) item(i int) (item []*token, next int) {
	depth := 0
	for ; i < len(c.tokens)-1; i++ {
		t := &c.tokens[i]
		switch {
		case t.isOp("("):
			depth++
		case t.isOp(")"):
			depth--
		case depth == 0 && (t.isOp(",") || t.is("FROM", "WHERE", "UNION", "EXCEPT", "INTERSECT", "GROUP", "ORDER", "LIMIT", "HAVING", "WINDOW")):
			return item, i
		}
		if t.kind != space {
			item = append(item, t)
		}
	}
	return item, i
}

// columnName is the name that a part of a select list gives its column: its own
// where it is nothing but a column, else the other name behind it.
func columnName(item []*token) (string, bool) {
	if len(item) == 0 {
		return "", false
	}
	last := item[len(item)-1]
	if len(item) > 1 && item[len(item)-2].is("AS") {
		return last.text, last.kind == word || (last.kind == name || last.kind == str) && last.parts == nil
	}
	if !plainName(last) {
		return "", false
	}
	if len(item) > 1 && !item[len(item)-2].isOp(".") {
		return last.text, item[len(item)-2].operand()
	}
	for k, t := range item { // a, t.a, main.t.a
		if k%2 == 0 && !plainName(t) || k%2 == 1 && !t.isOp(".") {
			return "", false
		}
	}
	return last.text, true
}
