package builtins

import (
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/runtime"
)

// All returns the table of every command and function, made anew: keep it.
func All() *runtime.Table {
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
	), strings.Fields(elsewhere))
}

// elsewhere are documented xAssets commands that this edition does not have.
const elsewhere = `
	AddCredentialPackFields Backup CalculateDepreciation CheckAssetValue ClosePeriod CommandProcessor Depreciate
	PositionDepreciation Rewind RunTransform SaveSpecial SaveSpecial1 SaveSpecial4 SpecialOption WriteJournals`
