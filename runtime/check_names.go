package runtime

import "github.com/amsx-lang/amsx/lexer"

// functionsElsewhere says what to write for the functions of VB, SQL and spreadsheets
// that have another name here.
var functionsElsewhere = map[string]string{
	"ucase": "Upper(text)", "toupper": "Upper(text)", "uppercase": "Upper(text)",
	"lcase": "Lower(text)", "tolower": "Lower(text)", "lowercase": "Lower(text)",
	"length": "Len(text)", "lenght": "Len(text)", "strlen": "Len(text)",
	"substring": "Mid(text, start, length)", "substr": "Mid(text, start, length)",
	"indexof": "InStr(text, part)", "charindex": "InStr(text, part)", "instrrev": "InStr(text, part)",
	"concat": "a & b", "concatenate": "a & b",
	"cstr": `"%name%"`, "tostring": `"%name%"`,
	"cint": "Int(Number(text))", "clng": "Int(Number(text))", "cdbl": "Number(text)", "val": "Number(text)", "tonumber": "Number(text)",
	"isnumeric": "IsNumber(text)", "isnothing": "%name% Is Null", "isblank": "%name% Is Empty",
	"nz": "Coalesce(a, b)", "ifnull": "Coalesce(a, b)", "nvl": "Coalesce(a, b)",
	"if": "IIf(condition, value, other value)", "iff": "IIf(condition, value, other value)",
	"getdate": "Now()", "date": "Today()", "dateserial": `CDate("2026-01-31")`, "format": `FormatDate(date, "yyyy-MM-dd")`,
	"ubound": "Count(list)", "array": "List(a, b)",
}

// unknownHint is the hint about a name that the table does not have, and what to
// write in its place, where only one can have been meant.
func (c *compiler) unknownHint(name string, use callUse) (hint, write string) {
	if write, ok := functionsElsewhere[FoldName(name)]; ok && use != asStatement {
		return "write " + write, ""
	}
	var names []string
	if use == asStatement {
		names = append(names, "Set", "If", "For", "ForEach", "While", "Exit", "Continue", "Text", "Try", "Throw", "Stop", "Next", "EndEach", "EndText", "Sub", "Transaction", "Map", "DataMap")
		for _, u := range c.unit.file.order[1:] {
			names = append(names, u.sub.Name.Text)
		}
	}
	for _, k := range c.o.Table.All() {
		if use != asFunction || k.Function {
			names = append(names, k.Name)
		}
	}
	if near := lexer.Nearest(name, names); near != "" {
		return "did you mean " + near + "?", lexer.OnlyNear(name, names)
	}
	return "amsx doc lists them", ""
}
