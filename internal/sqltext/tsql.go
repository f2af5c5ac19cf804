package sqltext

import (
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
)

// rewrite turns the T-SQL forms of a statement that are more than another word
// in one place into the dialect's, token by token, before the tokens are
// walked. Tokens keep their places, so that a finding is where the script has
// its cause.
func (c *compiler) rewrite() {
	c.owner()
	c.hints()
	c.temporary()
	c.insertInto()
	c.everyRow()
	c.copies()
	c.aliased()
	c.functions()
	c.stmt.tables = tablesOf(c.tokens)
	c.selectInto()
	c.sums()
}

// made is a token that the text does not have, at the place of one that it has.
func made(at token, k kind, text string) token {
	t := token{kind: k, pos: at.pos, text: text}
	if k == word {
		t.upper = strings.ToUpper(text)
	}
	return t
}

// sig returns the index of the next token at or behind i that is no blank; the
// end token is one.
func (c *compiler) sig(i int) int {
	for i < len(c.tokens)-1 && c.tokens[i].kind == space {
		i++
	}
	return min(i, len(c.tokens)-1)
}

// then returns the index of the token behind i that is no blank.
func (c *compiler) then(i int) int { return c.sig(i + 1) }

// closing returns the index of the parenthesis that closes the one at i, or of
// the end token.
func (c *compiler) closing(i int) int {
	depth := 0
	for ; i < len(c.tokens)-1; i++ {
		switch t := &c.tokens[i]; {
		case t.isOp("("):
			depth++
		case t.isOp(")"):
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(c.tokens) - 1
}

// replace puts tokens in the place of those from i to before j.
func (c *compiler) replace(i, j int, with ...token) {
	c.tokens = slices.Replace(c.tokens, i, j, with...)
}

// owner takes dbo. away: it says nothing on a site with one owner.
func (c *compiler) owner() {
	for i := 0; i < len(c.tokens)-1; i++ {
		t := &c.tokens[i]
		if (t.kind == word || t.kind == name && t.parts == nil) && strings.EqualFold(t.text, "dbo") && c.tokens[c.then(i)].isOp(".") && !c.before(i).isOp(".") {
			c.replace(i, c.then(c.then(i)))
		}
	}
}

// newName finds SELECT Name = Login, which names a column on SQL Server and
// compares two on SQLite.
func (c *compiler) newName(t *token, l *level) {
	if c.schema == nil || l.clause != "SELECT" || l.kind != sub || !plainName(t) || !c.next().isOp("=") || !l.prev.is("SELECT", "DISTINCT", "ALL") && !l.prev.isOp(",") {
		return
	}
	for _, tb := range c.stmt.tables {
		_, cols, ok := c.schema.Table(tb.name)
		if !ok {
			return
		}
		if _, ok := columnNamed(cols, t.text); ok {
			return
		}
	}
	c.errorf(t, CodeForm, "write … AS "+t.text, "%s = … names a column only on SQL Server", t.text)
}

// brackets finds LIKE '[A-C]%', where SQLite takes the brackets for
// themselves and so finds nothing.
func (c *compiler) brackets(t *token, l *level) {
	if !l.prev.is("LIKE") || t.parts != nil {
		return
	}
	if i := strings.IndexByte(t.text, '['); i >= 0 && strings.IndexByte(t.text[i:], ']') > 1 {
		c.errorf(t, CodeForm, "write a LIKE for each, joined by OR; GLOB '[A-C]*' tells capitals and small letters apart", "[ ] in LIKE stands for one of several characters only on SQL Server")
	}
}

// batch takes SET NOCOUNT ON away. It reports whether there was one.
func (c *compiler) batch() bool {
	i := c.sig(c.i)
	j := c.then(i)
	k := c.then(j)
	if !c.tokens[i].is("SET") || !c.tokens[j].is("NOCOUNT") || !c.tokens[k].is("ON", "OFF") {
		return false
	}
	c.i = c.then(k)
	return true
}

// refusal says what to write for a statement that a script may not run.
func (c *compiler) refusal(first int) (hint string, refuse bool) {
	t := &c.tokens[first]
	next := c.then(first)
	n := &c.tokens[next]
	switch t.upper {
	case "IF":
		for i := next; i < len(c.tokens)-1; i++ {
			switch x := &c.tokens[i]; {
			case x.is("OBJECT_ID"):
				return "DROP TABLE IF EXISTS #name", true
			case x.is("@@ROWCOUNT"):
				return "If %ROWCOUNT% = 0 Then … End If, of the script", true
			case x.is("EXISTS"):
				return `If Exists("SELECT …") Then … End If, of the script; for rows that are missing, INSERT INTO … SELECT … WHERE NOT EXISTS (…)`, true
			}
		}
	case "SET":
		if strings.HasPrefix(n.text, "@") {
			return "Set " + strings.TrimLeft(n.text, "@") + " = … in the script, and write %" + strings.TrimLeft(n.text, "@") + "% here", true
		}
		return "leave it out: it is a setting of SQL Server", true
	case "BEGIN":
		if n.is("TRY") {
			return "use Try … Catch … End Try of the script", true
		}
		if n.kind != end && !n.is("TRAN", "TRANSACTION", "IMMEDIATE", "EXCLUSIVE", "DEFERRED") {
			return "use If … End If of the script to group statements", true
		}
	case "CREATE", "ALTER":
		if n.is("PROC", "PROCEDURE", "FUNCTION") {
			return "write a Sub in the script", true
		}
		return "", false
	}
	hint, refuse = refused[t.upper]
	return hint, refuse
}

// startsLine reports whether token i is the first of its line.
func (c *compiler) startsLine(i int) bool {
	return i == 0 || c.tokens[i-1].kind == space && strings.Contains(c.tokens[i-1].text, "\n")
}

// glueless finds what begins a statement of a T-SQL batch on a line of its
// own, where the statement before it has no semicolon.
func (c *compiler) glueless(t *token, l *level) bool {
	if len(c.levels) > 1 || c.ddl() || !l.prev.operand() || !c.startsLine(c.i) {
		return false
	}
	if !t.is("EXEC", "EXECUTE", "PRINT", "DECLARE", "IF", "WHILE", "GO") {
		return false
	}
	hint, _ := c.refusal(c.i)
	c.errorf(t, CodeStatement, hint, "a script cannot run %s", t.upper)
	return true
}

// locking are the table hints that speak of locks and of where a reader sees
// the data. A site has one writer, and its readers wait for nobody.
var locking = set("NOLOCK READUNCOMMITTED READCOMMITTED READCOMMITTEDLOCK READPAST REPEATABLEREAD ROWLOCK PAGLOCK TABLOCK TABLOCKX UPDLOCK XLOCK HOLDLOCK SERIALIZABLE NOWAIT")

// hints takes away WITH (NOLOCK) and (NOLOCK) behind a table.
func (c *compiler) hints() {
	for i := 0; i < len(c.tokens)-1; i++ {
		start, open := i, i
		if c.tokens[i].is("WITH") {
			open = c.then(i)
		} else if !c.tokens[i].isOp("(") {
			continue
		}
		if !c.tokens[open].isOp("(") || !c.locks(open) {
			continue
		}
		if end := c.closing(open); end < len(c.tokens)-1 {
			c.replace(start, end+1)
			i--
		}
	}
}

// locks reports whether a parenthesis holds table hints about locks alone.
func (c *compiler) locks(open int) bool {
	i := c.then(open)
	for {
		if t := &c.tokens[i]; t.kind != word || !locking[t.upper] {
			return false
		}
		switch i = c.then(i); {
		case c.tokens[i].isOp(")"):
			return true
		case !c.tokens[i].isOp(","):
			return false
		}
		i = c.then(i)
	}
}

// insertInto writes the INTO that T-SQL lets an INSERT leave out.
func (c *compiler) insertInto() {
	for i := range c.tokens {
		if !c.tokens[i].is("INSERT") {
			continue
		}
		if n := &c.tokens[c.then(i)]; plainName(n) || n.kind == ref {
			c.replace(i+1, i+1, made(c.tokens[i], space, " "), made(c.tokens[i], word, "INTO"))
		}
		return
	}
}

// functions rewrites the calls of T-SQL functions that take a word where SQL
// has values: a unit or a type.
func (c *compiler) functions() {
	if c.ddl() && !slices.ContainsFunc(c.tokens, func(t token) bool { return t.is("SELECT") }) {
		return
	}
	for i := 0; i < len(c.tokens)-1; i++ {
		t := &c.tokens[i]
		open := c.then(i)
		if t.kind != word || !c.tokens[open].isOp("(") {
			continue
		}
		switch t.upper {
		case "DATEADD", "DATEDIFF":
			c.unit(i, open)
		case "CONVERT":
			c.convert(i, open)
		case "CAST":
			c.castAs(i, open)
		}
		if to := renamed[c.tokens[i].upper]; to != "" {
			c.tokens[i].text, c.tokens[i].upper = to, strings.ToUpper(to)
		}
	}
}

// unit makes a text of the unit of DATEADD and DATEDIFF.
func (c *compiler) unit(i, open int) {
	f, at := c.tokens[i].upper, c.then(open)
	t := &c.tokens[at]
	u := ""
	if t.kind == word {
		u = units[strings.ToLower(t.text)]
	}
	if u == "" || !c.tokens[c.then(at)].isOp(",") {
		hint := "write one of year, quarter, month, week, day, hour, minute, second, without quotes"
		if t.kind == word {
			if near := lexer.Nearest(t.text, []string{"year", "quarter", "month", "week", "day", "hour", "minute", "second"}); near != "" {
				hint = "did you mean " + near + "?"
			}
		}
		c.errorf(t, CodeForm, hint, "%s wants a unit first", f)
		return
	}
	c.tokens[at] = made(*t, str, u)
}

// units are T-SQL's words for the units of DATEADD and DATEDIFF.
var units = map[string]string{
	"year": "year", "yy": "year", "yyyy": "year",
	"quarter": "quarter", "qq": "quarter", "q": "quarter",
	"month": "month", "mm": "month", "m": "month",
	"week": "week", "wk": "week", "ww": "week",
	"day": "day", "dd": "day", "d": "day", "dayofyear": "day", "dy": "day", "y": "day",
	"hour": "hour", "hh": "hour",
	"minute": "minute", "mi": "minute", "n": "minute",
	"second": "second", "ss": "second", "s": "second",
}

// convert makes a text of the type of CONVERT(type, x [, style]).
func (c *compiler) convert(i, open int) {
	from := c.then(open)
	typ, to, ok := c.typeAt(from)
	if !ok {
		return
	}
	if !c.tokens[to].isOp(",") {
		c.errorf(&c.tokens[from], CodeForm, "CONVERT(varchar(20), x)", "CONVERT wants a type, a comma and a value")
		return
	}
	c.style(typ, open)
	c.replace(from, to, made(c.tokens[from], str, typ))
	c.tokens[i].text, c.tokens[i].upper = "amsx_convert", "AMSX_CONVERT"
}

// style checks the third argument of a CONVERT: the form of a date.
func (c *compiler) style(typ string, open int) {
	depth, commas, last := 0, 0, c.closing(open)
	for i := open; i < last; i++ {
		switch t := &c.tokens[i]; {
		case t.isOp("("):
			depth++
		case t.isOp(")"):
			depth--
		case depth == 1 && t.isOp(","):
			if commas++; commas < 2 {
				continue
			}
			s := &c.tokens[c.then(i)]
			base, _, _ := strings.Cut(typ, "(")
			switch {
			case base != "varchar" && base != "date" && base != "datetime":
				c.errorf(s, CodeForm, "leave it out", "a style of CONVERT to %s", typ)
			case s.kind != number || !styles[s.text]:
				c.errorf(s, CodeForm, "23 is 2026-12-31, 120 is 2026-12-31 23:59:59, 126 is 2026-12-31T23:59:59, 101 is 12/31/2026, 103 is 31/12/2026, 104 is 31.12.2026, 112 is 20261231",
					"this style of CONVERT is not carried over")
			}
			return
		}
	}
}

// styles are the styles of CONVERT that are carried over.
var styles = set("23 101 102 103 104 105 108 110 111 112 120 121 126 127")

// castAs makes a text of the type of CAST(x AS type), where it is one that the
// database would read in its own way: CAST('x' AS int) is 0 there, and CAST of
// a date AS datetime is its year.
func (c *compiler) castAs(i, open int) {
	last, depth := c.closing(open), 0
	for k := open; k < last; k++ {
		switch t := &c.tokens[k]; {
		case t.isOp("("):
			depth++
		case t.isOp(")"):
			depth--
		case depth == 1 && t.is("AS"):
			from := c.then(k)
			if c.tokens[from].is("TEXT", "INTEGER", "REAL", "NUMERIC", "BLOB") && c.tokens[c.then(from)].isOp(")") && !c.tokens[from].is("NUMERIC") {
				return
			}
			typ, to, ok := c.typeAt(from)
			if !ok {
				return
			}
			at := *t
			for k > 0 && c.tokens[k-1].kind == space {
				k--
			}
			c.replace(k, to, made(at, op, ","), made(at, space, " "), made(at, str, typ))
			c.tokens[i].text, c.tokens[i].upper = "amsx_cast", "AMSX_CAST"
			return
		}
	}
}

// typeAt reads a T-SQL type at i and returns it in its short form, and the
// index of the token behind it. What is no such type is a finding.
func (c *compiler) typeAt(i int) (typ string, to int, ok bool) {
	t := &c.tokens[i]
	if t.kind != word {
		c.errorf(t, CodeForm, "write one of "+typeNames, "a type is wanted here")
		return "", i, false
	}
	var size []string
	to = c.then(i)
	if c.tokens[to].isOp("(") {
		last := c.closing(to)
		for k := c.then(to); k < last; k = c.then(k) {
			if x := &c.tokens[k]; !x.isOp(",") {
				if x.kind != number && !x.is("MAX") || x.kind == number && strings.Trim(x.text, "0123456789") != "" {
					c.errorf(x, CodeForm, t.text+"(20)", "the size of a type is a number")
					return "", to, false
				}
				size = append(size, strings.ToLower(x.text))
			}
		}
		to = c.then(last)
	}
	switch t.upper {
	case "VARCHAR", "NVARCHAR", "CHAR", "NCHAR", "TEXT", "NTEXT", "SYSNAME":
		if len(size) == 1 && size[0] != "max" {
			return "varchar(" + size[0] + ")", to, true
		}
		return "varchar", to, true
	case "INT", "INTEGER", "BIGINT", "SMALLINT", "TINYINT":
		return strings.Replace(strings.ToLower(t.text), "integer", "int", 1), to, true
	case "DECIMAL", "NUMERIC", "DEC":
		switch len(size) {
		case 1:
			return "decimal(" + size[0] + ",0)", to, true
		case 2:
			return "decimal(" + size[0] + "," + size[1] + ")", to, true
		}
		c.errorf(t, CodeForm, t.text+"(18, 2) keeps two", "%s without a size rounds to whole numbers on SQL Server", t.upper)
		return "", to, false
	case "MONEY", "SMALLMONEY":
		return "decimal(19,4)", to, true
	case "FLOAT", "REAL":
		return "float", to, true
	case "BIT":
		return "bit", to, true
	case "DATE":
		return "date", to, true
	case "DATETIME", "DATETIME2", "SMALLDATETIME":
		return "datetime", to, true
	}
	c.errorf(t, CodeForm, "write one of "+typeNames, "the type %s is not carried over", t.text)
	return "", to, false
}

const typeNames = "varchar(n), int, bigint, decimal(p, s), float, bit, date, datetime"
