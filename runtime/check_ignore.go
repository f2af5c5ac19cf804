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
	case CodeSwapped, CodeKeyShared, CodeLookup, CodeLookupShared:
		return true
	}
	return severity != lexer.Error
}
