package sqltext

import (
	"slices"

	"github.com/amsx-lang/amsx/runtime"
)

// A nature is what is known of the value of an operand before it is there.
type nature uint8

const (
	unknown nature = iota
	textual        // text without a doubt: a string, or a function that gives one
	column         // a column that holds text
	amount         // a number
	instant        // a date, or a date and time
)

// sums writes the + of T-SQL that joins texts as ||. On SQLite + adds, and
// 'a' + 'b' is 0. A row of additions joins when one of its operands is text
// and none is a number. A date + 1 would be a year + 1.
func (c *compiler) sums() {
	for i := 0; i < len(c.tokens)-1; i++ {
		t := &c.tokens[i]
		if !t.isOp("+") && !t.isOp("-") {
			continue
		}
		start, first := c.leftOperand(i)
		if first == unknown && start == i {
			continue // a sign
		}
		signs, natures := []int{i}, []nature{first}
		last, n := c.rightOperand(i)
		natures = append(natures, n)
		for c.tokens[c.then(last)].isOp("+") && t.isOp("+") {
			signs = append(signs, c.then(last))
			last, n = c.rightOperand(c.then(last))
			natures = append(natures, n)
		}
		if slices.Contains(natures, instant) && !slices.Contains(natures, textual) && (t.isOp("+") || natures[1] != instant) {
			hint := "DATEADD(day, n, x)"
			if natures[1] == amount {
				hint = "DATEADD(day, " + map[bool]string{true: "-"}[t.isOp("-")] + c.tokens[last].text + ", x)"
			}
			c.errorf(t, CodeForm, hint, "a date and a number with %s count days only on SQL Server", t.text)
			i = last
			continue
		}
		if !t.isOp("+") {
			if slices.Contains(natures, instant) {
				c.errorf(t, CodeForm, "DATEDIFF(day, from, to)", "a date less a date counts days only on SQL Server")
			}
			continue
		}
		c.join(start, last, signs, natures)
		i = signs[len(signs)-1]
	}
}

// join writes the signs of a row of additions as || where it joins texts.
func (c *compiler) join(start, last int, signs []int, natures []nature) {
	texts := slices.Contains(natures, textual)
	if !texts && !slices.Contains(natures, column) {
		return
	}
	before, after := c.before(start), &c.tokens[c.then(last)]
	mixed := slices.Contains(natures, amount) || slices.Contains(natures, instant)
	for _, x := range []*token{before, after} {
		mixed = mixed || x != nil && x.kind == op && arithmetic[x.text]
	}
	if mixed {
		if texts {
			c.errorf(&c.tokens[signs[0]], CodeForm, "write || to join texts, and CAST(x AS varchar(20)) for a number or date", "+ joins text with what is no text")
		}
		return // a column of digits that is counted with: numbers on both databases
	}
	for _, s := range signs {
		c.tokens[s].text = "||"
	}
}

var arithmetic = set("+ - * / % ||")

// before returns the token before i that is no blank, or nil.
func (c *compiler) before(i int) *token {
	if i = c.previous(i); i >= 0 {
		return &c.tokens[i]
	}
	return nil
}

// previous is the index of the token before i that is no blank, or -1.
func (c *compiler) previous(i int) int {
	for i--; i >= 0 && c.tokens[i].kind == space; i-- {
	}
	return i
}

// leftOperand looks at the operand before the sign at i. start is where it
// begins, or i where the sign has none.
func (c *compiler) leftOperand(i int) (start int, n nature) {
	j := c.previous(i)
	if j < 0 || !c.tokens[j].operand() {
		return i, unknown
	}
	switch t := &c.tokens[j]; {
	case t.isOp(")"):
		open, depth := j, 0
		for ; open >= 0; open-- {
			if c.tokens[open].isOp(")") {
				depth++
			} else if c.tokens[open].isOp("(") {
				if depth--; depth == 0 {
					break
				}
			}
		}
		if open < 0 {
			return i, unknown
		}
		if f := c.previous(open); f >= 0 && c.tokens[f].kind == word && (!keywords[c.tokens[f].upper] || functionWords[c.tokens[f].upper]) {
			return f, c.call(f, open, j)
		}
		return open, c.inside(open, j)
	case t.is("END"):
		for k := j; k >= 0; k-- {
			if c.tokens[k].is("CASE") {
				return k, c.caseOf(k, j)
			}
		}
		return j, unknown
	default:
		q := c.previous(j)
		if q >= 1 && c.tokens[q].isOp(".") {
			if f := c.previous(q); f >= 0 {
				return f, c.natureOf(t, &c.tokens[f])
			}
		}
		return j, c.natureOf(t, nil)
	}
}

// rightOperand looks at the operand behind the sign at i; last is its last
// token.
func (c *compiler) rightOperand(i int) (last int, n nature) {
	j := c.then(i)
	t := &c.tokens[j]
	open := c.then(j)
	switch {
	case t.isOp("-"), t.isOp("+"), t.isOp("~"):
		last, _ = c.rightOperand(j)
		return last, amount
	case t.isOp("("):
		last = c.closing(j)
		return last, c.inside(j, last)
	case t.is("CASE"):
		depth := 0
		for k := j; k < len(c.tokens)-1; k++ {
			if c.tokens[k].is("CASE") {
				depth++
			} else if c.tokens[k].is("END") {
				if depth--; depth == 0 {
					return k, c.caseOf(j, k)
				}
			}
		}
		return j, unknown
	case t.kind == word && c.tokens[open].isOp("(") && (!keywords[t.upper] || functionWords[t.upper] || t.is("CAST")):
		last = c.closing(open)
		return last, c.call(j, open, last)
	case !t.operand() || t.isOp(")"):
		return i, unknown
	case c.tokens[open].isOp("."):
		last = c.then(open)
		return last, c.natureOf(&c.tokens[last], t)
	}
	return j, c.natureOf(t, nil)
}

// natureOf is the nature of one token.
func (c *compiler) natureOf(t, qualifier *token) nature {
	switch t.kind {
	case str:
		return textual
	case number:
		return amount
	case word:
		if t.is("CURRENT_TIMESTAMP") {
			return instant
		}
	}
	col, ok := c.column(t, qualifier)
	if !ok {
		return unknown
	}
	switch col.Type {
	case runtime.ColumnText:
		return column
	case runtime.ColumnDate, runtime.ColumnDateTime:
		return instant
	case untyped:
		return unknown
	}
	return amount
}

// The functions whose result is known.
var (
	textFunctions = set("AMSX_LEFT AMSX_RIGHT AMSX_SUBSTRING AMSX_UPPER AMSX_LOWER AMSX_NEWID LTRIM RTRIM TRIM REPLACE SUBSTR CONCAT FOLD CHAR")
	dateFunctions = set("GETDATE GETUTCDATE SYSDATETIME SYSUTCDATETIME AMSX_DATEADD")
	sameFunctions = set("ISNULL COALESCE IFNULL NULLIF MIN MAX")
)

// call is the nature of a function's result; open and last are its
// parentheses.
func (c *compiler) call(f, open, last int) nature {
	u := c.tokens[f].upper
	switch {
	case textFunctions[u]:
		return textual
	case dateFunctions[u]:
		return instant
	case numeric[u]:
		return amount
	case sameFunctions[u]:
		return c.inside(open, last)
	case u == "AMSX_CONVERT":
		return typeNature(c.tokens[c.then(open)].text)
	case u == "AMSX_CAST":
		return typeNature(c.tokens[c.previous(last)].text)
	case u == "CAST":
		if c.tokens[c.previous(last)].is("TEXT") {
			return textual
		}
		return amount
	}
	return unknown
}

func typeNature(typ string) nature {
	switch {
	case typ == "varchar" || len(typ) > 8 && typ[:8] == "varchar(":
		return textual
	case typ == "date" || typ == "datetime":
		return instant
	}
	return amount
}

// inside is the nature of what stands in parentheses: that of its first
// operand, or of a text beside one that is not known.
func (c *compiler) inside(open, last int) nature {
	if c.tokens[c.then(open)].is("SELECT", "WITH") {
		return unknown
	}
	end, n := c.rightOperand(open)
	for n == unknown {
		k := c.then(end)
		if t := &c.tokens[k]; k >= last || !t.isOp(",") && !t.isOp("+") && !t.isOp("||") {
			break
		}
		if end, n = c.rightOperand(k); n == amount || n == instant || end == k {
			return unknown
		}
	}
	if t := &c.tokens[c.then(end)]; c.then(end) < last && t.isOp("||") {
		return textual
	}
	return n
}

// caseOf is the nature of a CASE: that of its THENs, where they agree.
func (c *compiler) caseOf(from, to int) nature {
	n := unknown
	for k := from; k < to; k++ {
		if !c.tokens[k].is("THEN", "ELSE") {
			continue
		}
		if _, x := c.rightOperand(k); x != unknown {
			if n != unknown && n != x {
				return unknown
			}
			n = x
		}
	}
	return n
}
