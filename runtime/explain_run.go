package runtime

import "github.com/amsx-lang/amsx/lexer"

func runCodes() []lexer.Explanation {
	return []lexer.Explanation{
		{Code: CodeFailed, Title: "A line failed while the script ran", Text: "The message says what could not be done: a division by zero, a text that is no number, a date that could be read two ways. Nothing of the run was written."},
		{Code: CodeUnset, Title: "The variable has no value yet", Text: "The line that sets it did not run, often because it stands in a branch that was not taken. The message names the line. Give the variable a value before."},
		{Code: CodeThrown, Title: "The script ended itself with Throw", Text: "The text is the script's own. Throw is caught by Try … Catch; here nothing caught it, the run failed, and nothing was written."},
		{Code: CodeStopped, Title: "The script ended itself with Stop", Text: "The text is the script's own. Nothing catches Stop: the run failed, and nothing was written."},
		{Code: CodeCancelled, Title: "The run was cancelled", Text: "Somebody pressed Ctrl-C or cancelled the batch job. Nothing was written."},
		{Code: CodeUsage, Title: "A parameter is missing, unknown or of the wrong type", Text: "Nothing ran. Give the parameter with --param Name=value; `amsx run FILE --help` and the document list them."},
		{Code: CodeTaint, Title: "A secret would leave", Text: "A value that was made from a credential pack goes only into requests to the hosts of that pack: not into SQL, a log, a file, a mail or a request to another host. The owner of the pack can add a host to it."},
		{Code: CodeFuse, Title: "Too much would change", Text: "The run read everything, compared it, and stopped before it wrote: more people would become inactive, or more values be emptied or turned over, than the limit allows. The message has counts, examples, the line, and how to allow it once. Look at the examples first: nearly always the cause is an edit or the source."},
		{Code: CodeCommandFailed, Title: "A command failed", Text: "The message says which one, why, and what to do."},
		{Code: CodeLeavers, Title: "DeactivateMissing without a complete list", Text: "The list was not read to its end in this run, so nobody can be said to be missing. Nothing was written."},
		{Code: CodeNotRead, Title: "A list was not read to its end, or nobody was read", Text: "The run ended well and says so because it may not be what was meant: a loop was left early, or the source gave no record at all."},
		{Code: CodeBadElement, Title: "An element of a list cannot be read", Text: "A record of the list is not what it should be: a line of a CSV file with too many fields, for one. It is rejected with its reason, and the run goes on; too many of them end it."},
		{Code: CodeBudgetTime, Title: "The run took too long", Text: "Its time limit ended it, and nothing was written. A run that waits for a slow API needs a higher limit; a run that is suddenly slow needs a look."},
		{Code: CodeBudgetLines, Title: "The run executed too many lines", Text: "Most often a loop does not end. Nothing was written."},
		{Code: CodeBudgetTurns, Title: "A loop turned too often", Text: "A While whose condition never becomes false. The message names its line."},
		{Code: CodeBudgetMemory, Title: "The values of the script need too much memory", Text: "A list or text grows without end, or a whole API was put into one variable. Read it record by record instead."},
		{Code: CodeBudgetSecrets, Title: "Too many credential packs in one run", Text: "A run opens at most sixteen."},
		{Code: CodeBudgetCalls, Title: "A Sub or script runs itself too deep", Text: "It calls itself, perhaps through others, and no condition ends that."},
	}
}
