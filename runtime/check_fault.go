package runtime

import (
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
)

// report says what the database has against a statement.
func (p *preparation) report(q *probe, f *SQLFault) {
	if f == nil {
		return
	}
	at, word := q.Places[0].Pos, f.Name
	if f.Offset < 0 && f.Kind != RefusedFault {
		f.Offset = wordIn(q.SQL, f.Name)
	}
	if f.Offset >= 0 {
		start, end := wordAround(q.SQL, f.Offset)
		at = q.at(start)
		if f.Kind == SyntaxFault && word != "" {
			word = strings.ReplaceAll(q.SQL[start:end], "`", "")
		}
	}
	switch f.Kind {
	case RefusedFault:
		why, hint, ok := strings.Cut(f.Message, "; ")
		if !ok {
			hint = "remove the statement"
		}
		p.c.errorf(at, CodeSQLRefused, hint, "%s", why)
		return
	case NoTable:
		p.noTable(q, f, at)
	case NoColumn:
		if !p.open {
			p.noColumn(q, f, at)
		}
	case SyntaxFault:
		if word == "" {
			p.fault(at, "write the rest of the statement, or remove what is too much", "the SQL ends too early: something is missing at its end")
			return
		}
		hint := "look in front of it: often a comma, an operator, a word or a closing quote is missing there"
		if slices.Contains([]string{"INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP"}, strings.ToUpper(word)) {
			hint = "where another statement begins with it, write ; in front of it"
		}
		p.fault(at, hint, "the SQL cannot be understood at %s", word)
	default:
		if strings.HasPrefix(f.Message, "no such index") {
			return // of the site, of which only the tables are known
		}
		p.fault(at, faultHint(f.Message), "the database refuses this SQL: %s", f.Message)
	}
}

func (p *preparation) fault(at lexer.Position, hint, format string, args ...any) {
	p.c.errorf(at, CodeSQLPrepare, hint, format, args...)
}

// noTable reports a table that is not there.
func (p *preparation) noTable(q *probe, f *SQLFault, at lexer.Position) {
	for _, t := range q.Tables {
		if FoldName(t.Name) == FoldName(f.Name) {
			at = t.Pos
			break
		}
	}
	if block, ok := p.late[FoldName(f.Name)]; ok {
		if q.block == nil {
			p.c.errorf(at, CodeNoTempTable, "write SqlExecute on a line of its own, behind the EndText of that block", "there is no temporary table %s yet: the Text block in line %d makes it, and no line executes it before", f.Name, block.Line)
		}
		return
	}
	if p.raw {
		return
	}
	// The same was said with less certainty.
	p.c.list = slices.DeleteFunc(p.c.list, func(d *lexer.Diagnostic) bool { return d.Pos == at && d.Severity == lexer.Warning })
	near := lexer.Nearest(f.Name, append(slices.Clone(p.makes), p.c.o.Schema.Tables()...))
	if strings.HasPrefix(f.Name, "#") {
		hint := "make it before: SELECT … INTO " + f.Name + " FROM …, or CREATE TABLE " + f.Name + " (…)" + meantInScript(CodeNoTempTable) + ", such as a script that calls this one and makes it"
		if near != "" {
			hint = "did you mean " + near + "?"
		}
		p.c.errorf(at, CodeNoTempTable, hint, "no line makes the temporary table %s", f.Name)
		return
	}
	hint := "its tables are " + few(p.c.o.Schema.Tables())
	if near != "" {
		hint = "did you mean " + near + "?"
	}
	p.fault(at, hint, "there is no table %s in this site", f.Name)
}

// noColumn reports a column that none of the statement's tables has.
func (p *preparation) noColumn(q *probe, f *SQLFault, at lexer.Position) {
	qualifier, name := "", f.Name
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		qualifier, name = name[:i], name[i+1:]
	}
	var columns []string
	for _, t := range q.Tables {
		if q.Schema == nil {
			break
		}
		_, cols, _ := q.Schema.Table(t.Name)
		for _, col := range cols {
			if !slices.Contains(columns, col.Name) {
				columns = append(columns, col.Name)
			}
		}
	}
	there := slices.ContainsFunc(columns, func(n string) bool { return FoldName(n) == FoldName(name) })
	near := lexer.Nearest(name, columns)
	p.c.list = slices.DeleteFunc(p.c.list, func(d *lexer.Diagnostic) bool {
		return d.Severity == lexer.Warning && d.Pos.Line == at.Line && strings.HasSuffix(d.Message, "has no column "+name)
	})
	switch {
	case there && qualifier != "":
		p.fault(at, "write the table, or its other name behind FROM or JOIN, in front of the dot", "%s has no column %s in this statement", qualifier, name)
	case there:
		p.fault(at, "name it in the inner SELECT too, or write the table behind FROM", "the column %s is not there in this part of the statement", name)
	case near != "":
		p.fault(at, "did you mean "+near+"?", "no table of this statement has a column %s", name)
	case qualifier == "" && afterComparison(q.SQL, f.Offset):
		p.fault(at, "write '"+name+"' in quotes where it is a text", "no table of this statement has a column %s", name)
	default:
		hint := ""
		if len(columns) > 0 {
			hint = "the columns are " + few(columns)
		}
		p.fault(at, hint, "no table of this statement has a column %s", name)
	}
}

// few is a list of names for a hint, cut where it would be long.
func few(names []string) string {
	const most = 12
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// afterComparison reports whether what stands at an offset is compared with something.
func afterComparison(sql string, offset int) bool {
	if offset < 0 || offset > len(sql) {
		return false
	}
	before := strings.TrimRight(sql[:offset], " \t\r\n")
	return strings.HasSuffix(before, "=") || strings.HasSuffix(before, "<>") || strings.HasSuffix(before, "!=") ||
		strings.HasSuffix(before, "<") || strings.HasSuffix(before, ">") || strings.HasSuffix(strings.ToUpper(before), " LIKE")
}

// faultHint says what to write where the database's own words leave it open.
func faultHint(message string) string {
	switch {
	case strings.HasPrefix(message, "ambiguous column name: "):
		name := strings.TrimPrefix(message, "ambiguous column name: ")
		return "write the table, or its other name, in front of it: Table." + name[strings.LastIndexByte(name, '.')+1:]
	case strings.Contains(message, "values for"), strings.Contains(message, "values were supplied"):
		return "write as many values as columns, in the same order"
	case strings.HasPrefix(message, "no such function: "), strings.HasPrefix(message, "wrong number of arguments"):
		return "the page SQL of the documentation has the functions, and what each takes"
	case strings.HasPrefix(message, "misuse of aggregate"):
		return "put it behind SELECT or HAVING, or into a SELECT of its own in parentheses"
	}
	return ""
}

// wordAround finds where the word at an offset begins and ends, the names in
// front of its dots included.
func wordAround(sql string, at int) (start, end int) {
	part := func(c byte) bool {
		return c == '_' || c == '.' || c == '#' || c == '`' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
	}
	start = min(at, len(sql))
	end = start
	for end < len(sql) && part(sql[end]) {
		end++
	}
	if end == start {
		return start, min(start+1, len(sql))
	}
	for start > 0 && part(sql[start-1]) {
		start--
	}
	return start, end
}

// wordIn finds a name in a statement as a word of its own; -1: it is not there.
func wordIn(sql, name string) int {
	if name == "" {
		return -1
	}
	low, name := strings.ToLower(sql), strings.ToLower(name)
	for from := 0; ; {
		i := strings.Index(low[from:], name)
		if i < 0 {
			return -1
		}
		at := from + i
		start, end := wordAround(sql, at)
		if strings.Trim(low[start:end], "`") == name || strings.HasSuffix(strings.Trim(low[start:end], "`"), "."+name) {
			return at
		}
		from = at + 1
	}
}
