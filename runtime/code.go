package runtime

// The codes of the checker (4…) and of errors while a script runs (7…). They
// are stable: a code keeps its meaning for ever, and a retired one is not used
// again. Errors of commands carry the command's own code.
const (
	CodeUnknownCommand  = "AMSX4001" // no such command or function
	CodeNotInEdition    = "AMSX4002" // a documented command that this edition does not have
	CodeUnknownName     = "AMSX4003" // no such variable or parameter
	CodeReadOnly        = "AMSX4004" // a name that a script cannot assign
	CodeArguments       = "AMSX4005" // too few, too many
	CodeArgument        = "AMSX4006" // of the wrong type or not one of the words it may be
	CodeBareWord        = "AMSX4007" // a bare word where a value belongs
	CodeCommandPlace    = "AMSX4008" // a command where a function belongs, or the reverse
	CodeExit            = "AMSX4009" // Exit or Continue without such a loop
	CodeUnreachable     = "AMSX4010" // a line that never runs
	CodeOperands        = "AMSX4011" // operands that an operator cannot take
	CodeSQLArgument     = "AMSX4012" // SQL that is not a literal
	CodeUnknownMapping  = "AMSX4013" // no such mapping, or none at all
	CodeUnknownPack     = "AMSX4014" // no such credential pack
	CodeSecret          = "AMSX4015" // a secret typed into the script
	CodeParameterType   = "AMSX4016" // a parameter's type or default
	CodePendingText     = "AMSX4017" // Text that nothing executes
	CodeFixedText       = "AMSX4018" // a fixed text that is no pattern, format, path
	CodeUnknownColumn   = "AMSX4020" // no such table or column
	CodeDuplicateColumn = "AMSX4021" // one column mapped twice, in two spellings
	CodeKey             = "AMSX4022" // an update key that is not mapped or not unique
	CodeDataMap         = "AMSX4023" // a value table that is unknown or holds what its column cannot
	CodeStatusInverted  = "AMSX4024" // a status table turned round
	CodeSourcePath      = "AMSX4025" // a source path that no record has
	CodeCalc            = "AMSX4026" // a CALC that says something else than was meant
	CodeMode            = "AMSX4027" // a mode that does not go with the table
	CodeSwapped         = "AMSX4028" // a source path in another field's column
	CodeColumnType      = "AMSX4029" // a column that cannot be added
	CodeLeaversInLoop   = "AMSX4030" // DeactivateMissing inside a loop
	CodeLeaversNoPull   = "AMSX4031" // DeactivateMissing where no complete list was read
	CodeLeaversPartial  = "AMSX4032" // DeactivateMissing after a list that is not everyone
	CodeLeaversTry      = "AMSX4033" // DeactivateMissing where errors are caught
	CodeLeaversExit     = "AMSX4034" // DeactivateMissing after a loop that may end early
	CodeConditionUpsert = "AMSX4035" // a condition around Upsert
	CodeOnePage         = "AMSX4036" // one HttpGet where a list has pages
	CodeNoUpsert        = "AMSX4037" // a pull loop that writes nothing
	CodeMaybeUnset      = "AMSX4040" // a variable that is read where not every path has set it
	CodeConstant        = "AMSX4041" // a condition that is always the same
	CodeSQLInPull       = "AMSX4042" // SQL that does not see what the loop around it upserts
	CodeWaitAfterWrite  = "AMSX4043" // a wait for the network after a direct write has locked the database
	CodeSub             = "AMSX4050" // a Sub by a name that is taken
	CodeSubUnused       = "AMSX4051" // a Sub that nothing calls
	CodeScript          = "AMSX4052" // a script for Call or CallLocal that cannot be read
	CodeScriptParameter = "AMSX4053" // what a called script is given
	CodeTransaction     = "AMSX4054" // a Transaction where it would keep a part or lock for long
	CodeTwoMappings     = "AMSX4055" // two mappings of one table
	CodeTooManyCalls    = "AMSX4056" // Subs that call each other too often to be checked
	CodeSQLName         = "AMSX4057" // SQL by a name that no line gave, or two gave
	CodeSQLWrites       = "AMSX4058" // SQL that writes where a query is wanted
	CodeSQLPrepare      = "AMSX4060" // SQL that the site's database does not take
	CodeEveryRow        = "AMSX4061" // UPDATE or DELETE without WHERE
	CodeCopies          = "AMSX4062" // INSERT of a table's own rows, all of them
	CodeSQLRefused      = "AMSX4063" // SQL that no script may run
	CodeNoTempTable     = "AMSX4064" // a temporary table that no line makes
	CodeKeyShared       = "AMSX4065" // an update key that many rows of the table may have in common
	CodeLookup          = "AMSX4066" // a look-up that its column cannot hold, or a column that wants one
	CodeLookupShared    = "AMSX4067" // a look-up by what several rows may have in common
	CodeNotEmpty        = "AMSX4068" // a column that may not be empty and would be
	CodeSourceColumn    = "AMSX4069" // a field for the column Source
	CodeLeaversSource   = "AMSX4070" // DeactivateMissing of a source that no mapping writes
	CodeLimitOff        = "AMSX4071" // a limit of the fuse that is switched off
	CodeUnknownInactive = "AMSX4072" // a status table that makes inactive whom it does not know

	CodeSecretGiven = "AMSX4080" // a secret given to what shows or keeps it
	CodeNoTLS       = "AMSX4081" // an address with http://
	CodeNeverEnds   = "AMSX4082" // a While whose condition nothing in it changes
	CodeLoopName    = "AMSX4083" // a loop with the variable of a loop around it
	CodeCursor      = "AMSX4084" // a place in a list where JsonPages starts
	CodeUnsigned    = "AMSX4085" // a request to a pack's host that nothing has signed
	CodePackAddress = "AMSX4086" // an address that is put together wrongly from a pack's
	CodePackField   = "AMSX4087" // a field that a credential pack does not have
	CodeNeverValue  = "AMSX4088" // a comparison with a value that the field never has

	CodeFailed        = "AMSX7001" // an expression or statement failed
	CodeUnset         = "AMSX7002" // a variable without a value
	CodeThrown        = "AMSX7003" // Throw
	CodeStopped       = "AMSX7004" // Stop
	CodeCancelled     = "AMSX7005" // the run was cancelled
	CodeUsage         = "AMSX7006" // a parameter is missing, unknown or of the wrong type
	CodeTaint         = "AMSX7007" // a secret would leave
	CodeFuse          = "AMSX7008" // too much would change
	CodeCommandFailed = "AMSX7009" // a command failed
	CodeLeavers       = "AMSX7010" // DeactivateMissing without a complete list
	CodeNotRead       = "AMSX7011" // a list that was not read to its end, or nobody read at all
	CodeBadElement    = "AMSX7012" // an element of a list that cannot be read
	CodeBudgetTime    = "AMSX7020"
	CodeBudgetLines   = "AMSX7021"
	CodeBudgetTurns   = "AMSX7022"
	CodeBudgetMemory  = "AMSX7023"
	CodeBudgetSecrets = "AMSX7024"
	CodeBudgetCalls   = "AMSX7026"
)
