package builtins

import (
	"slices"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

// The codes of this package's findings and errors.
const (
	CodeTable       = "AMSX6001" // no such table
	CodeColumn      = "AMSX6002" // no such column
	CodeDestination = "AMSX6003" // UpsertCustodian with another destination
	CodeCommitPull  = "AMSX6005" // Commit inside a loop over pages
	// CodeInTransaction is Commit or Rollback inside a Transaction.
	CodeInTransaction = "AMSX6030"
)

func containsFold(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return runtime.FoldName(n) == runtime.FoldName(name) })
}

// nearHint offers the nearest of the names; it is empty when none is near.
func nearHint(word string, names []string) string {
	if n := lexer.Nearest(word, names); n != "" {
		return "did you mean " + n + "?"
	}
	return ""
}
