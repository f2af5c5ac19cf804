package parser

import (
	"fmt"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
)

// foreign are first words of lines that other languages have, or that AMSX
// spells otherwise. No command may take such a name.
var foreign = map[string]struct {
	hint string
	as   string // the AMSX line that it stands for, for the blocks around it
}{
	"endforeach":  {"write EndEach", "endeach"},
	"endfor":      {"write Next behind a For, EndEach behind a ForEach", "endfor"},
	"nexteach":    {"write EndEach", "endeach"},
	"wend":        {"write End While", "endwhile"},
	"loop":        {"write End While", "endwhile"},
	"do":          {"write While condition … End While", "while"},
	"elsif":       {"write Else If condition Then", "elseif"},
	"elif":        {"write Else If condition Then", "elseif"},
	"then":        {"Then stands at the end of the line that begins with If", ""},
	"rem":         {"a comment is a line that begins with //", ""},
	"dim":         {"a variable needs no declaration: Set name = value", ""},
	"var":         {"write Set name = value", ""},
	"let":         {"write Set name = value", ""},
	"const":       {"write Set name = value", ""},
	"break":       {"write Exit For, Exit ForEach or Exit While", ""},
	"return":      {"Exit Sub leaves a Sub, Exit ends the script", ""},
	"goto":        {"use If, While, Exit and Continue", ""},
	"function":    {"write Sub Name a, b … End Sub; a Sub gives no value, it sets variables of the script", "sub"},
	"endfunction": {"write End Sub", "endsub"},
	"procedure":   {"write Sub Name a, b … End Sub", "sub"},
	"def":         {"write Sub Name a, b … End Sub; a Sub gives no value, it sets variables of the script", ""},
	"option":      {"remove the line: names need no declaration", ""},
	"on":          {"write Try, the lines, Catch, what to do then, End Try", ""},
	"with":        {"write the whole path: %user.profile.email%", ""},
	"msgbox":      {`write Log "info", "text"`, ""},
	"debug.print": {`write Log "info", "text"`, ""},
	"console.log": {`write Log "info", "text"`, ""},
	"import":      {"remove the line: all commands are there", ""},
	"go":          {"remove the line; ; stands between two SQL statements in Text", ""},
	"switch":      {"write If … Then, Else If … Then, End If", ""},
	"case":        {"write If … Then, Else If … Then, End If", ""},
	"until":       {"write While Not condition … End While", "while"},
	"unless":      {"write If Not condition Then … End If", "if"},
	"print":       {`write Log "text"`, ""},
	"echo":        {`write Log "text"`, ""},
	"select":      {sqlHint, "sql"},
	"insert":      {sqlHint, "sql"},
	"update":      {sqlHint, "sql"},
	"delete":      {sqlHint, "sql"},
	"merge":       {sqlHint, "sql"},
	"from":        {sqlHint, "sql"},
	"where":       {sqlHint, "sql"},
	"exec":        {sqlHint, "sql"},
	"values":      {sqlHint, "sql"},
}

// sqlWords begin further lines of a statement.
var sqlWords = []string{
	"from", "where", "and", "or", "order", "group", "having", "join", "left", "right", "inner", "outer", "cross", "full", "on", "union",
	"values", "into", "limit", "offset", "when", "then", "else", "case", "as", "not", "exists", "using", "returning", "go",
}

const sqlHint = `SQL stands in a command, Sql "SELECT …", or between Text and EndText`

// statements are the first words of lines that are no commands.
var statements = []string{
	"Set", "If", "Else", "ElseIf", "EndIf", "For", "Next", "ForEach", "EndEach", "While", "EndWhile", "Exit", "Continue",
	"Text", "EndText", "Try", "Catch", "EndTry", "Throw", "Stop",
	"Sub", "EndSub", "Transaction", "EndTransaction", "Map", "EndMap", "DataMap", "EndDataMap",
}

// closers are those that stand alone on their line.
var closers = []string{"Else", "EndIf", "Next", "EndEach", "EndWhile", "EndText", "Try", "Catch", "EndTry", "EndSub", "Transaction", "EndTransaction", "EndMap", "EndDataMap"}

// operatorWords are words of other languages between two values.
var operatorWords = map[string]string{
	"not":     "write Not before the comparison: Not %x% In (…)",
	"isnot":   "write Is Not Null, Is Not Empty, or <>",
	"between": "write %x% >= a And %x% <= b",
	"xor":     "write (a And Not b) Or (b And Not a)",
	"andalso": "write And; it stops as soon as the answer is known",
	"orelse":  "write Or; it stops as soon as the answer is known",
	"equals":  "write =",
	"eq":      "write =", "ne": "write <>", "lt": "write <", "le": "write <=", "gt": "write >", "ge": "write >=",
	"matches": `write RegexMatch(text, "pattern")`,
	"div":     "write Int(a / b)",
	"else":    "a one-line If has no Else: write it on several lines, with End If",
	"if":      "only one command follows Then on the line: write it on several lines, with End If",
	"foreach": "a block needs lines of its own: write the If on several lines, with End If",
	"for":     "a block needs lines of its own: write the If on several lines, with End If",
	"while":   "a block needs lines of its own: write the If on several lines, with End If",
}

// misspelt is the finding about a good line whose first word is no command's,
// and the AMSX word that it stands for.
func misspelt(first *lexer.Token, alone bool) (*lexer.Diagnostic, string) {
	if first.Type != lexer.Ident && first.Type != lexer.Path {
		return nil, ""
	}
	word := strings.ToLower(first.Value)
	if f, ok := foreign[word]; ok {
		x := fault(first, lexer.CodeWord, f.hint, "%s is no command of AMSX", first.Value)
		switch f.as {
		case "endeach", "elseif":
			x.Mend(position(first), first.Value, spelt(map[string]string{"endeach": "EndEach", "elseif": "ElseIf"}[f.as]))
		}
		return x, f.as
	}
	if !alone || first.Type == lexer.Path || isStatement(word) || len(word) < 3 {
		return nil, ""
	}
	if n := lexer.Nearest(word, closers); n != "" && len(n) > 3 && len(word) >= len(n)-2 {
		x := fault(first, lexer.CodeWord, "write "+spelt(n), "%s is not a statement; did you mean %s?", first.Value, spelt(n))
		return mendWord(x, first, closers), strings.ToLower(n)
	}
	return nil, ""
}

// mendWord gives a finding about a misspelt word the one that was meant, where
// only one is near.
func mendWord(x *lexer.Diagnostic, t *lexer.Token, words []string) *lexer.Diagnostic {
	if n := lexer.OnlyNear(t.Value, words); n != "" {
		x.Mend(position(t), t.Value, spelt(n))
	}
	return x
}

// mendWords does so for two words that stand beside each other.
func mendWords(x *lexer.Diagnostic, first, second *lexer.Token, write string) {
	between := second.Pos.Offset - end(first).Offset
	x.Mend(position(first), first.Value+strings.Repeat(" ", max(between, 0))+second.Value, write)
}

// mendEnd does so for End and a word that ends nothing.
func mendEnd(x *lexer.Diagnostic, first, word *lexer.Token, as string) {
	for _, n := range closers {
		switch {
		case strings.ToLower(n) != as:
		case as == "endeach":
			mendWords(x, first, word, n)
		case strings.HasPrefix(spelt(n), "End "):
			x.Mend(position(word), word.Value, strings.TrimPrefix(spelt(n), "End "))
		}
	}
}

func isStatement(word string) bool {
	_, ok := usage[strings.ToLower(word)]
	return ok
}

// isBlockWord reports whether a statement by that word cannot follow Then.
func isBlockWord(word string) bool {
	switch strings.ToLower(word) {
	case "set", "exit", "continue", "throw", "stop":
		return false
	}
	return isStatement(word)
}

// spelt is a word as the formatter writes it.
func spelt(word string) string {
	switch strings.ToLower(word) {
	case "endif", "endwhile", "endtry", "endsub", "endtransaction", "endmap", "enddatamap":
		return "End " + word[3:]
	case "elseif":
		return "Else If"
	}
	return word
}

// meant is the statement that a line that failed was probably to be: a word
// near to its own, on a line that has what the statement needs.
func meant(line []*lexer.Token) string {
	if len(line) == 0 || line[0].Type != lexer.Ident || isStatement(line[0].Value) {
		return ""
	}
	n := lexer.Nearest(line[0].Value, statements)
	needs := map[string]string{"If": "Then", "ElseIf": "Then", "For": "To", "ForEach": "In", "Set": "="}[n]
	for _, t := range line {
		if strings.EqualFold(t.Value, needs) {
			return n
		}
	}
	if needs == "" && len(n) > 3 {
		return n
	}
	return ""
}

// wrongEnd is the hint for End and a word that ends nothing.
func wrongEnd(word string) (hint, as string) {
	switch strings.ToLower(word) {
	case "foreach", "each":
		return "write EndEach", "endeach"
	case "catch":
		return "write End Try", "endtry"
	case "select", "case", "switch":
		return "write If … Then, Else If … Then, End If instead of the block", ""
	case "with":
		return "remove the line", ""
	case "for", "next":
		return "write Next behind a For, EndEach behind a ForEach", "endfor"
	case "do", "loop":
		return "write End While", "endwhile"
	case "text":
		return "no Text is open here", ""
	case "function", "procedure", "def":
		return "write End Sub", "endsub"
	}
	if n := lexer.Nearest(word, []string{"If", "While", "Try", "Sub", "Transaction", "Map", "DataMap"}); n != "" {
		return "write End " + n, "end" + strings.ToLower(n)
	}
	if lexer.Nearest(word, []string{"ForEach", "Each"}) != "" {
		return "write EndEach", "endeach"
	}
	return "", ""
}

// assignment is the hint where Set is missing, or is given percent signs.
func (d *diagnosis) assignment(line []*lexer.Token) string {
	rest := line
	if lexer.Is(line[0], "Set") {
		rest = line[1:]
	}
	if len(rest) < 2 || !lexer.IsOp(rest[1], "=") && !lexer.IsOp(rest[1], "==") {
		return ""
	}
	name := strings.Trim(rest[0].Value, `%"'`)
	switch rest[0].Type {
	case lexer.Ident, lexer.Path, lexer.Var, lexer.String:
		if name != "" && len(name) <= 60 {
			value := "…"
			if len(rest) > 2 {
				text := d.scan.Fragment().Text()
				from := d.scan.Fragment().Index(rest[2].Pos.Offset)
				to := d.scan.Fragment().Index(rest[len(rest)-1].Pos.Offset) + len(rest[len(rest)-1].Value)
				if to-from <= 60 && to <= len(text) {
					value = text[from:to]
				}
			}
			return fmt.Sprintf("write Set %s = %s", name, value)
		}
	}
	return ""
}
