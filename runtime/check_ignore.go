package runtime

import "github.com/amsx-lang/amsx/lexer"

// Ignorable reports whether a comment in the file may silence a finding of that
// code and severity. What leaks a secret or makes people inactive who have not
// left is never silenced, also where it is only a warning. Of the errors only
// those are that may be what was meant.
func Ignorable(code string, severity lexer.Severity) bool {
	switch code {
	case CodeSecret, CodeLeaversInLoop, CodeLeaversNoPull, CodeLeaversPartial, CodeLeaversTry, CodeLeaversExit, CodeLeaversSource, CodeOnePage,
		lexer.CodeIgnore, lexer.CodeIgnoreUnused:
		return false
	case CodeSwapped, CodeKeyShared, CodeLookup, CodeLookupShared, CodeUnsigned,
		CodeConstant,                    // a condition for a trial
		CodeUnknownInactive,             // a file with Yes and nothing else; the fuse weighs who turns inactive
		CodeSQLPrepare, CodeNoTempTable: // a table may be there only when the script runs
		return true
	}
	return severity != lexer.Error
}

// meant is the end of the hint about an error that may be what was meant: how to
// say so.
func (c *compiler) meant(code string) string {
	if !c.tree.Document {
		return meantInScript(code)
	}
	return "; if it is meant, write above the line: <!-- amsx: ignore " + code + " and why -->"
}

// meantInScript is the same for a line of the script, whose comments are the
// script's also in a document.
func meantInScript(code string) string {
	return "; if it is meant, write above the line: // amsx: ignore " + code + " and why"
}
