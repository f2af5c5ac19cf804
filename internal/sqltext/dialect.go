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
	return new(Scope).Compile(parts, schema)
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

// renamed are the T-SQL functions that the site has by another name, because
// SQLite has none or one that means something else.
var renamed = map[string]string{
	"DATEADD":   "amsx_dateadd",
	"DATEDIFF":  "amsx_datediff",
	"NEWID":     "amsx_newid",
	"CHARINDEX": "amsx_charindex",
	"SUBSTRING": "amsx_substring",
	"LEFT":      "amsx_left",
	"RIGHT":     "amsx_right",
	"UPPER":     "amsx_upper",
	"LOWER":     "amsx_lower",
	"ROUND":     "amsx_round",
}

// foreign are T-SQL forms that are not carried over, with the portable form.
var foreign = map[string]string{
	"DATEPART":       "compare with dates: … >= %from% AND … < %to%",
	"DATENAME":       "compare with dates: … >= %from% AND … < %to%",
	"YEAR":           "compare with dates: … >= '2026-01-01' AND … < '2027-01-01'",
	"MONTH":          "compare with dates: … >= %from% AND … < %to%",
	"DAY":            "compare with dates: … >= %from% AND … < %to%",
	"EOMONTH":        "DATEADD(day, -1, DATEADD(month, 1, first of the month))",
	"TRY_CAST":       "CAST(x AS int), which says what is no number",
	"TRY_CONVERT":    "CONVERT(int, x), which says what is no number",
	"PARSE":          "CONVERT(date, x, 104)",
	"FORMAT":         "CONVERT(varchar(10), x, 104) for a date",
	"PATINDEX":       "LIKE, or RegexMatch in the script",
	"OBJECT_ID":      "DROP TABLE IF EXISTS #name",
	"SCOPE_IDENTITY": "Set id = Sql(\"INSERT … RETURNING CustodianID\")",
	"STUFF":          "replace(text, from, to)",
	"DATALENGTH":     "length(x)",
	"CHOOSE":         "CASE x WHEN 1 THEN … WHEN 2 THEN … END",
}

// refused are first words of statements that a script may not run, with what
// to write.
var refused = map[string]string{
	"BEGIN":      "use the command BeginTransaction",
	"COMMIT":     "use the command Commit",
	"ROLLBACK":   "use the command Rollback",
	"SAVEPOINT":  "use the command BeginTransaction",
	"RELEASE":    "use the command Commit",
	"END":        "use End If of the script",
	"TRUNCATE":   "DELETE FROM table WHERE 1 = 1",
	"EXEC":       "write the statements of the procedure",
	"EXECUTE":    "write the statements of the procedure",
	"DECLARE":    "Set a variable in the script and write %name% here",
	"MERGE":      "Upsert, or UPDATE and then INSERT … WHERE NOT EXISTS",
	"USE":        "leave it out: a script works on the site that it is run on",
	"GO":         "leave it out, and end each statement with ;",
	"PRINT":      "use the command Log of the script: Log \"info\", text",
	"IF":         "use If … Then … End If of the script",
	"ELSE":       "use If … Then … Else … End If of the script",
	"RETURN":     "use Exit of the script",
	"SET":        "",
	"RAISERROR":  "use Throw of the script",
	"THROW":      "use Throw of the script",
	"WAITFOR":    "use the command Sleep",
	"OPEN":       "use ForEach … In Sql \"SELECT …\" of the script",
	"FETCH":      "use ForEach … In Sql \"SELECT …\" of the script",
	"CLOSE":      "use EndEach of the script",
	"DEALLOCATE": "use EndEach of the script",
	"WHILE":      "use While of the script",
	"GRANT":      "rights are given by the owner of the site",
	"REVOKE":     "rights are given by the owner of the site",
	"ATTACH":     "a script works on the site that it is run on",
	"DETACH":     "a script works on the site that it is run on",
	"PRAGMA":     "settings of the database are made by the owner of the site",
	"VACUUM":     "the site is looked after outside scripts",
}
