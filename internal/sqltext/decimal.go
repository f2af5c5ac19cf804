package sqltext

// passes are the functions whose result is one of their arguments as it is.
var passes = set("ISNULL IFNULL COALESCE NULLIF IIF MAX MIN")

// checkDecimals finds a column of exact numbers that is compared as the result of
// a function. Such a column holds text and compares by its collation, which is
// lost on the way through a function: SQLite then takes every text for greater
// than every number.
func (c *compiler) checkDecimals() {
	if c.schema == nil || c.ddl() {
		return
	}
	var sig []*token
	for i := range c.tokens {
		if c.tokens[i].kind != space {
			sig = append(sig, &c.tokens[i])
		}
	}
	for i, t := range sig {
		if t.kind != word || !passes[t.upper] || i+1 >= len(sig) || !sig[i+1].isOp("(") {
			continue
		}
		column, last := "", i+1
		for depth := 0; last < len(sig); last++ {
			switch a := sig[last]; {
			case a.isOp("("):
				depth++
			case a.isOp(")"):
				depth--
			case depth == 1 && plainName(a) && !(last+1 < len(sig) && sig[last+1].isOp("(")) && c.isDecimal(a.text):
				column = a.text
			}
			if depth == 0 {
				break
			}
		}
		if column == "" {
			continue
		}
		compared := i > 0 && isComparison(sig[i-1])
		if last+1 < len(sig) {
			compared = compared || isComparison(sig[last+1])
		}
		if compared {
			c.errorf(t, CodeForm, "write "+t.text+"(…) + 0, which is a number", "the result of %s is compared as text here, not as the number that %s is", t.upper, column)
		}
	}
}

// isDecimal reports whether a name is that of a column of exact numbers.
func (c *compiler) isDecimal(name string) bool {
	for _, tb := range c.stmt.tables {
		if _, cols, ok := c.schema.Table(tb.name); ok {
			if col, ok := columnNamed(cols, name); ok && col.Exact {
				return true
			}
		}
	}
	return false
}

func isComparison(t *token) bool {
	return t.isOp("=") || t.isOp("<") || t.isOp(">") || t.isOp("<=") || t.isOp(">=") || t.isOp("<>") || t.isOp("!=") || t.isOp("==") ||
		t.is("BETWEEN", "IN", "NOT", "LIKE")
}
