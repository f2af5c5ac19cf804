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
		sqlCommands(),
		transactionCommands(),
		logCommands(),
		declarations(),
		variableCommands(),
		listFunctions(),
		dataFunctions(),
		choiceFunctions(),
		textFunctions(),
		regexFunctions(),
		numberFunctions(),
		dateFunctions(),
		codeFunctions(),
	), strings.Fields(elsewhere))
}

// elsewhere are documented xAssets commands that this edition does not have.
const elsewhere = `
	AddColumnsToTable AddCredentialPackFields AddCustomField AddSqlTemplate ApplyDataMapping ApplyDataMappingLike
	ApplyDataMappingLike2 ApplySurroundText Backup BatchSql BeginTransactionDateTime CacheKill CacheRemove
	CacheRemoveTable Calculate CalculateDepreciation CalculatePage Call CallLocal CheckAssetValue CleanColumns
	ClosePeriod CommandProcessor Depreciate PositionDepreciation Rewind RunTransform SaveSpecial SaveSpecial1
	SaveSpecial4 SpecialOption WriteJournals`
