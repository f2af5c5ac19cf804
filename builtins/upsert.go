package builtins

import (
	"fmt"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
	"github.com/amsx-lang/amsx/runtime"
)

func upsertCommands() []*runtime.Command {
	record := required("record", runtime.RecordParam, "the record: Json or a Row")
	which := runtime.Param{Name: "which", Type: runtime.TextParam, Optional: true, Default: "all", OneOf: []string{"all", "existing only"},
		Doc: `"existing only" updates a row that is there and inserts none`}
	const outcome = "what became of it: inserted, updated, unchanged, adopted, rejected, skipped or repeated"
	errs := []string{"the database cannot be written"}
	upsert := func(which int) func(c *runtime.Call) (runtime.Value, error) {
		return func(c *runtime.Call) (runtime.Value, error) {
			o, err := c.Upsert(c.Arg(0), c.Text(which) == "existing only")
			if err != nil {
				return runtime.Null(), err
			}
			return runtime.Text(o.String()), nil
		}
	}
	return []*runtime.Command{
		{
			Name: "Upsert", Group: "Records", Summary: "Writes a record by a mapping: updates the row that has its key, or inserts one.",
			Doc:    "A record that cannot be written is rejected with its reason, and the run goes on. Rows are written together when the script ends, or at Commit.",
			Result: outcome, Effects: runtime.ReadsDB | runtime.WritesDB, Statement: true, Role: runtime.UpsertRole,
			Params: []runtime.Param{record, optional("mapping", runtime.MappingParam, "the name of the mapping; without it the first"), which}, Errors: errs,
			Examples: []runtime.Example{script("Set r = Row(\"id\", \"1\", \"Login\", \"anna@example.com\")\nSet o = Upsert %r%\nLog \"info\", %o%\n", "inserted\n")},
			Run:      upsert(2),
		},
		{
			Name: "UpsertCustodian", Group: "Records", Summary: "Writes a record to the Custodian table: Upsert, with a check that the mapping's table is Custodian.",
			Doc:    "A record that cannot be written is rejected with its reason, and the run goes on.",
			Result: outcome, Effects: runtime.ReadsDB | runtime.WritesDB, Statement: true, Role: runtime.UpsertRole, Params: []runtime.Param{record, which}, Errors: append(errs, "the mapping's table is not Custodian"),
			Examples: []runtime.Example{script("ForEach user In JsonPages \"https://okta.example.com/api/v1/users\"\n  UpsertCustodian %user%, \"existing only\"\n  Log \"info\", %MSRESULT%\nEndEach\n", "skipped\nskipped\n")},
			Check: func(c *runtime.CheckedCall) {
				if t := c.Mapping.Spec().Table; runtime.FoldName(t) != "custodian" {
					c.List.Errorf(c.Call.Pos, CodeDestination, "write Upsert, or set the destination's table to Custodian", "UpsertCustodian writes to Custodian, and the mapping's table is %s", t)
				}
			},
			Run: upsert(1),
		},
		{
			Name: "RejectRecord", Group: "Records", Summary: "Refuses a record with a reason, which is kept with the run.", Doc: "A refused record counts as present: its row is not taken for a leaver.",
			Effects: runtime.ReadsDB | runtime.WritesDB, Statement: true, Role: runtime.RejectRole, Params: []runtime.Param{record, required("reason", runtime.TextParam, "why")},
			Examples: []runtime.Example{script("RejectRecord Row(\"id\", \"1\"), \"a service account\"\n", "rejected: a service account\n")},
			Run:      func(c *runtime.Call) (runtime.Value, error) { return runtime.Null(), c.Reject(c.Arg(0), c.Text(1)) },
		},
		{
			Name: "DeactivateMissing", Group: "Records", Summary: "Makes the rows inactive that this run has not read: people who left.",
			Doc:    "It works on rows of its own source only, and only after a list that was read to its end.",
			Result: "a Number: how many rows become inactive", Effects: runtime.ReadsDB | runtime.WritesDB, Statement: true, Role: runtime.LeaversRole,
			Params:   []runtime.Param{optional("source", runtime.TextParam, "the source whose rows are meant; without it the mapping's")},
			Errors:   []string{"the list was not read to its end", "it stands inside the loop over the list", "more rows would become inactive than the fuse allows"},
			Examples: []runtime.Example{script("ForEach user In JsonPages BuildUrl(\"https://okta.example.com/api/v1/users\", \"search\", \"status pr\")\n  UpsertCustodian %user%\nEndEach\nDeactivateMissing\nLog \"info\", %MSRESULT%\n", "0\n")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				n, err := c.DeactivateMissing(c.Text(0))
				return runtime.Int(n), err
			},
		},
		{
			Name: "RequireAll", Group: "Records", Summary: "Ends the run, with nothing written, when a name that was asked for was not found.",
			Doc: "Every missing name is named, with the nearest one that was found.", Statement: true,
			Params: []runtime.Param{required("what", runtime.TextParam, `what the names are of, such as "OKTA group"`), required("wanted", runtime.ListParam, "the names that were asked for"),
				required("found", runtime.AnyParam, "the list of what was found"), as(repeated("path", runtime.PathParam, "where the names stand in each element; a name may be in any of them"), steps)},
			Errors:   []string{"a name was not found"},
			Examples: []runtime.Example{script("Try\n  RequireAll \"group\", \"Sales, Marketting\", List(\"Sales\", \"Marketing\")\nCatch\n  Log \"info\", \"%ERROR%\"\nEnd Try\n", "there is no group Marketting (did you mean Marketing?)\n")},
			Run:      requireAll,
		},
	}
}

func requireAll(c *runtime.Call) (runtime.Value, error) {
	found, err := elements(c.Arg(2))
	if err != nil {
		return runtime.Null(), err
	}
	var paths [][]ast.Step
	for i := 3; i < c.Len(); i++ {
		p, err := runtime.Prepared[[]ast.Step](c, i)
		if err != nil {
			return runtime.Null(), err
		}
		paths = append(paths, p)
	}
	if len(paths) == 0 {
		paths = [][]ast.Step{nil}
	}
	have := map[string]bool{}
	var names []string
	for _, f := range found {
		for i, p := range paths {
			v, err := runtime.Get(f, p)
			if err != nil {
				return runtime.Null(), err
			}
			if v.IsNull() {
				continue
			}
			have[runtime.FoldText(v.Text())] = true
			if i == 0 {
				names = append(names, v.Text())
			}
		}
	}
	var missing []string
	for _, w := range c.List(1) {
		name := strings.TrimSpace(w.Text())
		if name == "" || have[runtime.FoldText(name)] {
			continue
		}
		if near := lexer.Nearest(name, names); near != "" {
			name = fmt.Sprintf("%s (did you mean %s?)", name, near)
		}
		missing = append(missing, name)
	}
	if len(missing) == 0 {
		return runtime.Null(), nil
	}
	return runtime.Null(), failf("nothing was written; correct the name in the parameter", "there is no %s %s", c.Text(0), strings.Join(missing, ", and none named "))
}
