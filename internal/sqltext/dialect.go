package sqltext

import (
	"strconv"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
	"github.com/amsx-lang/amsx/runtime"
)

// A Dialect is the SQL of one database.
type Dialect uint8

// The dialects.
const (
	SQLite Dialect = iota
)

// Compile prepares SQL text for SQLite; it is a runtime.SQLCompiler. With a
// nil schema names from references are refused when the statement is rendered.
// The template is immutable and safe for concurrent use when schema is.
func Compile(parts []ast.Part, schema runtime.Schema) (runtime.SQLTemplate, lexer.List) {
	return SQLite.Compile(parts, schema)
}

// placeholder is how the dialect writes bound value n, counted from 1.
func (d Dialect) placeholder(n int) string { return "?" + strconv.Itoa(n) }

// quote writes a name. SQLite takes a name in double quotes that it does not
// know for text, so that a misspelt column would compare as a constant;
// backquotes are always a name.
func (d Dialect) quote(name string) string {
	return "`" + strings.ReplaceAll(name, "`", "``") + "`"
}

// text writes a string literal.
func (d Dialect) text(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// emptyList is what IN is given when a list is empty: nothing is in it, and
// everything is not in it.
func (d Dialect) emptyList() string { return "SELECT NULL WHERE 1 = 0" }

// maxValues is how many values one statement may bind.
func (d Dialect) maxValues() int { return 32766 }

// function is how the dialect writes the beginning and the end of the call of
// a T-SQL function that it has by another name.
func (d Dialect) function(upper string) (call, closer string, ok bool) {
	switch upper {
	case "ISNULL":
		return "ifnull(", ")", true
	case "LEN":
		// T-SQL does not count blanks at the end.
		return "length(rtrim(", "))", true
	}
	return "", "", false
}

// clock are the functions that are the run's clock, %NOW%, in every database.
var clock = set("GETDATE GETUTCDATE SYSDATETIME SYSUTCDATETIME CURRENT_TIMESTAMP")

// foreign are T-SQL forms that are not carried over, with the portable form.
var foreign = map[string]string{
	"DATEADD":    "compute the date in the script: Set d = DateAdd(\"day\", 7, %TODAY%), and write %d% here",
	"DATEDIFF":   "compare with a date computed in the script: Set d = DateAdd(\"day\", -30, %TODAY%), then … < %d%",
	"DATEPART":   "compare with dates: … >= %from% AND … < %to%",
	"CONVERT":    "CAST(x AS TEXT), CAST(x AS INTEGER)",
	"TRY_CAST":   "CAST(x AS INTEGER)",
	"NEWID":      "Set id = Guid() in the script, and write %id% here",
	"CHARINDEX":  "instr(text, part): the text first",
	"PATINDEX":   "LIKE, or RegexMatch in the script",
	"LEFT":       "substr(text, 1, n)",
	"RIGHT":      "substr(text, -n)",
	"STUFF":      "replace(text, from, to)",
	"DATALENGTH": "length(x)",
	"CHOOSE":     "CASE x WHEN 1 THEN … WHEN 2 THEN … END",
}

// refused are first words of statements that a script may not run, with what
// to write.
var refused = map[string]string{
	"BEGIN":     "use the command BeginTransaction",
	"COMMIT":    "use the command Commit",
	"ROLLBACK":  "use the command Rollback",
	"SAVEPOINT": "use the command BeginTransaction",
	"RELEASE":   "use the command Commit",
	"END":       "use the command Commit",
	"TRUNCATE":  "DELETE FROM table",
	"EXEC":      "write the statements of the procedure",
	"EXECUTE":   "write the statements of the procedure",
	"DECLARE":   "Set a variable in the script and write %name% here",
	"MERGE":     "Upsert, or UPDATE and then INSERT … WHERE NOT EXISTS",
	"USE":       "a script works on the site that it is run on",
	"GO":        "separate statements with ;",
	"PRINT":     "use the command Log",
	"IF":        "use If … Then of the script",
	"WHILE":     "use While of the script",
	"GRANT":     "rights are given by the owner of the site",
	"REVOKE":    "rights are given by the owner of the site",
	"ATTACH":    "a script works on the site that it is run on",
	"DETACH":    "a script works on the site that it is run on",
	"PRAGMA":    "settings of the database are made by the owner of the site",
	"VACUUM":    "the site is looked after outside scripts",
}
