package builtins

import (
	"slices"
	"strings"
	"sync"

	"github.com/amsx-lang/amsx/runtime"
)

// All returns the table of every command and function. It is the same for all:
// none of it changes.
func All() *runtime.Table { return table() }

// table is made when it is first wanted, which takes as long as to check fifty
// lines.
var table = sync.OnceValue(func() *runtime.Table {
	return runtime.NewTable(slices.Concat(
		credentialCommands(),
		httpCommands(),
		pageCommands(),
		urlFunctions(),
		upsertCommands(),
		rowCommands(),
		schemaCommands(),
		cleaningCommands(),
		sqlCommands(),
		namedSQLCommands(),
		cacheCommands(),
		transactionCommands(),
		logCommands(),
		declarations(),
		scriptCommands(),
		optionCommands(),
		variableCommands(),
		fileCommands(),
		csvCommands(),
		listFunctions(),
		groupFunctions(),
		dataFunctions(),
		xmlCommands(),
		documentCommands(),
		htmlFunctions(),
		choiceFunctions(),
		textFunctions(),
		regexFunctions(),
		numberFunctions(),
		dateFunctions(),
		calendarFunctions(),
		codeFunctions(),
		calculateCommands(),
	), elsewhere())
})

// elsewhere are documented xAssets commands that this edition does not have,
// with what to write instead.
func elsewhere() map[string]string {
	m := map[string]string{
		"AddCredentialPackFields": `write Credential pack, "NAME": %pack.Domain% and %pack.Username% are its fields, and a request signed with Authorize pack carries its password`,
	}
	for n := range strings.FieldsSeq(`
		Backup CalculateDepreciation CheckAssetValue ClosePeriod CommandProcessor Depreciate
		PositionDepreciation Rewind RunTransform SaveSpecial SaveSpecial1 SaveSpecial4 WriteJournals`) {
		m[n] = "remove the line, or run it in xAssets"
	}
	return m
}
