package builtins

import "github.com/amsx-lang/amsx/runtime"

// What is wrong with a Commit in a loop over pages. The checker says it, and
// the run holds to it whatever the checker saw.
const (
	commitInPull = "a Commit inside a loop over pages, or over a file, would keep half of the list when the rest fails"
	commitHint   = "move it behind EndEach"

	insideTransaction = "%s stands inside a Transaction, which commits at its end and rolls back by an error"
	insideHint        = `remove it, or write Throw "the reason" to go back to the start of the Transaction`
)

func transactionCommands() []*runtime.Command {
	finish := func(c *runtime.Call) error {
		if c.Host().Site == nil {
			return errNoSite
		}
		if c.InPull() {
			return failf(commitHint, commitInPull)
		}
		if c.InTransaction() {
			return failf(insideHint, insideTransaction, "Commit")
		}
		return c.Commit()
	}
	// inside refuses what a Transaction does by itself.
	inside := func(c *runtime.CheckedCall) {
		if c.InTransaction {
			c.List.Errorf(c.Call.Pos, CodeInTransaction, insideHint, insideTransaction, c.Call.Name)
		}
	}
	check := func(c *runtime.CheckedCall) {
		if c.InPull {
			c.List.Errorf(c.Call.Pos, CodeCommitPull, commitHint, commitInPull)
		}
		inside(c)
	}
	return []*runtime.Command{
		{
			Name: "BeginTransactionDateTime", Group: "SQL", Summary: "Gives the moment at which the transaction at hand began: the run, or the last Commit.",
			Doc: "It begins none itself.", Result: "a DateTime", Function: true, Statement: true, Provenance: runtime.Documented, Effects: runtime.ReadsDB,
			Examples: []runtime.Example{shows(`BeginTransactionDateTime()`, "2026-03-01T10:00:00Z")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				if c.Host().Site == nil {
					return runtime.Null(), errNoSite
				}
				return runtime.DateTime(c.Host().Site.Began()), nil
			},
		},
		{
			Name: "BeginTransaction", Group: "SQL", Summary: "Marks the beginning of a transaction, for scripts that say so.",
			Doc:       "A run is one transaction from its start, and from each Commit: there is nothing to begin. Rollback goes back to the last Commit.",
			Statement: true, Provenance: runtime.Documented, Effects: runtime.WritesDB,
			Examples: []runtime.Example{script("BeginTransaction\nSqlExecute \"DELETE FROM Department WHERE DepartmentID = 1\"\nCommit\nLog \"info\", Sql(\"SELECT count(*) FROM Department\")\n", "1\n")},
			Check:    inside,
			Run: func(c *runtime.Call) (runtime.Value, error) {
				if c.Host().Site == nil {
					return runtime.Null(), errNoSite
				}
				return runtime.Null(), nil
			},
		},
		{
			Name: "Commit", Group: "SQL", Summary: "Writes what the run has done so far, for good.", Doc: "In a test run nothing is written.",
			Statement: true, Role: runtime.CommitRole, Effects: runtime.WritesDB, Errors: []string{"it stands in a loop over pages", "more would change than the fuse allows"},
			Examples: []runtime.Example{script("SqlExecute \"DELETE FROM Department WHERE DepartmentID = 1\"\nCommit\nLog \"info\", Sql(\"SELECT count(*) FROM Department\")\n", "1\n")},
			Check:    check,
			Run:      func(c *runtime.Call) (runtime.Value, error) { return runtime.Null(), finish(c) },
		},
		{
			Name: "Rollback", Group: "SQL", Summary: "Discards what the run has done since its start or the last Commit.",
			Statement: true, Role: runtime.CommitRole, Effects: runtime.WritesDB,
			Examples: []runtime.Example{script("SqlExecute \"DELETE FROM Department WHERE DepartmentID = 1\"\nRollback\nLog \"info\", Sql(\"SELECT count(*) FROM Department\")\n", "2\n")},
			Check:    inside,
			Run: func(c *runtime.Call) (runtime.Value, error) {
				if c.Host().Site == nil {
					return runtime.Null(), errNoSite
				}
				if c.InTransaction() {
					return runtime.Null(), failf(insideHint, insideTransaction, "Rollback")
				}
				return runtime.Null(), c.Rollback()
			},
		},
		{
			Name: "CommitSleepBegin", Group: "SQL", Summary: "Commits, waits a little so that others get at the database, and goes on.",
			Statement: true, Provenance: runtime.Documented, Role: runtime.CommitRole, Effects: runtime.WritesDB, Params: []runtime.Param{defaulted("seconds", runtime.NumberParam, "0.1", "how long to wait")},
			Errors:   []string{"it stands in a loop over pages"},
			Examples: []runtime.Example{script("SqlExecute \"DELETE FROM Department WHERE DepartmentID = 1\"\nCommitSleepBegin 0.01\nLog \"info\", Sql(\"SELECT count(*) FROM Department\")\n", "1\n")},
			Check:    check,
			Run: func(c *runtime.Call) (runtime.Value, error) {
				if err := finish(c); err != nil {
					return runtime.Null(), err
				}
				return runtime.Null(), sleep(c, c.Arg(0))
			},
		},
	}
}
