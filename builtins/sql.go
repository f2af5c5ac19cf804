package builtins

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/amsx-lang/amsx/internal/sqltext"
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
	"github.com/amsx-lang/amsx/runtime"
)

func sqlCommands() []*runtime.Command {
	statement := required("statement", runtime.SQLParam, "a SELECT; %x% in it is bound, never pasted")
	statement.Reads = true
	errs := []string{"the database refuses the statement"}
	return []*runtime.Command{
		{
			Name: "Sql", Group: "SQL", Summary: "Gives the first value that a SELECT finds; after In, its rows.", Result: "the value; Null when there is no row", Effects: runtime.ReadsDB,
			Function: true, Statement: true, Provenance: runtime.Documented, Params: []runtime.Param{statement}, Errors: errs,
			Examples: []runtime.Example{script("Set name = \"Sales\"\nSet n = Sql \"SELECT count(*) FROM Department WHERE DepartmentName = '%name%'\"\nLog \"info\", %n%\n", "1\n"),
				script("ForEach r In Sql \"SELECT DepartmentName FROM Department ORDER BY DepartmentName\"\n  Log \"info\", %r.DepartmentName%\nEndEach\n", "R&D\nSales\n")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				_, values, err := firstRow(c)
				if err != nil || len(values) == 0 {
					return runtime.Null(), err
				}
				return values[0], nil
			},
			Iterate: rows,
		},
		{
			Name: "SqlRow", Group: "SQL", Summary: "Gives the first row that a SELECT finds.", Result: "a Row; Null when there is none", Effects: runtime.ReadsDB,
			Function: true, Statement: true, Params: []runtime.Param{statement}, Errors: errs,
			Examples: []runtime.Example{script("Set d = SqlRow \"SELECT DepartmentID, DepartmentName FROM Department WHERE DepartmentID = 2\"\nLog \"info\", %d.DepartmentName%\n", "R&D\n")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				names, values, err := firstRow(c)
				if err != nil || values == nil {
					return runtime.Null(), err
				}
				return runtime.Row(runtime.NewColumns(names...), values), nil
			},
		},
		{
			Name: "SqlTable", Group: "SQL", Summary: "Gives all rows that a SELECT finds.", Doc: "They are held in memory; `ForEach r In Sql \"…\"` reads them one by one.", Result: "a Table", Effects: runtime.ReadsDB,
			Function: true, Statement: true, Params: []runtime.Param{statement}, Errors: errs,
			Examples: []runtime.Example{shows(`Count(SqlTable("SELECT DepartmentID FROM Department"))`, "2")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				cur, err := open(c, 0)
				if err != nil {
					return runtime.Null(), err
				}
				t := runtime.NewRowset(runtime.NewColumns(slices.Clone(cur.Columns())...))
				for {
					values, err := cur.Next(c.Context())
					if errors.Is(err, io.EOF) {
						return t.Value(), cur.Close()
					}
					if err != nil {
						return runtime.Null(), errors.Join(err, cur.Close())
					}
					t.Add(keep(values))
					if err := c.Fits(t.Value()); err != nil {
						return runtime.Null(), errors.Join(err, cur.Close())
					}
				}
			},
			Iterate: rows,
		},
		{
			Name: "SqlExecute", Group: "SQL", Summary: "Runs SQL statements that change rows, in their order.",
			Doc:    "Without an argument it runs what Text … EndText has collected, which is gone afterwards. Several statements are separated by semicolons.",
			Result: "a Number: the rows changed, also in %ROWCOUNT%", Effects: runtime.ReadsDB | runtime.WritesDB, Statement: true, Provenance: runtime.Documented,
			Params: []runtime.Param{optional("statement", runtime.SQLParam, "the statements; %x% in them is bound, never pasted")}, Errors: append(errs, "there is no pending text"),
			Examples: []runtime.Example{script("Set n = SqlExecute \"UPDATE Department SET DepartmentName = 'Sale' WHERE DepartmentName = 'Sales'\"\nLog \"info\", \"%n% changed\"\n", "1 changed\n"),
				script("Set name = \"O'Brien's\"\nText\nUPDATE Department SET DepartmentName = '%name%' WHERE DepartmentID = 2\nEndText\nSqlExecute\nLog \"info\", Sql(\"SELECT DepartmentName FROM Department WHERE DepartmentID = 2\")\n", "O'Brien's\n")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				var queries []runtime.Query
				var err error
				if c.Has(0) {
					queries, err = c.SQL(0)
				} else if queries = c.Pending(); len(queries) > 0 {
					return executeText(c, queries)
				} else {
					err = failf("write the statement behind SqlExecute, or Text … EndText before it", "there is no SQL text to execute")
				}
				if err != nil {
					return runtime.Null(), err
				}
				return execute(c, queries)
			},
		},
		{
			Name: "ClearText", Group: "SQL", Summary: "Forgets the SQL text that Text … EndText has collected, without running it.", Statement: true, Provenance: runtime.Documented,
			Examples: []runtime.Example{script("Text\nDELETE FROM Department WHERE DepartmentID = 1\nEndText\nClearText\nLog \"info\", Sql(\"SELECT count(*) FROM Department\")\n", "2\n")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				c.Pending()
				return runtime.Null(), nil
			},
		},
		{
			Name: "SqlRaw", Group: "SQL", Summary: "Runs text as SQL that the script has put together itself.",
			Doc:    "Whatever a variable holds becomes SQL: use SqlExecute where values come from outside. A secret of a credential pack is refused.",
			Result: "a Number: the rows changed", Effects: runtime.ReadsDB | runtime.WritesDB, Statement: true, RawSQL: true,
			Params: []runtime.Param{required("text", runtime.TextParam, "the statements")}, Errors: errs,
			Examples: []runtime.Example{script("Set column = \"DepartmentName\"\nSqlRaw \"UPDATE Department SET \" & %column% & \" = 'x' WHERE DepartmentID = 1\"\nLog \"info\", %ROWCOUNT%\n", "1\n")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				if c.Host().Site == nil {
					return runtime.Null(), errNoSite
				}
				t, list := sqltext.Compile([]ast.Part{{Pos: c.ArgPos(0), Text: c.Text(0)}}, c.Host().Site)
				for _, d := range list {
					if d.Severity == lexer.Error {
						return runtime.Null(), d
					}
				}
				queries, err := t.Render(nil)
				if err != nil {
					return runtime.Null(), err
				}
				return execute(c, queries)
			},
		},
	}
}

// open runs the one SELECT of argument i.
func open(c *runtime.Call, i int) (runtime.Cursor, error) {
	if c.Host().Site == nil {
		return nil, errNoSite
	}
	queries, err := c.SQL(i)
	if err != nil {
		return nil, err
	}
	if len(queries) != 1 {
		return nil, failf("run the others before it, with SqlExecute", "one SELECT is wanted here, and there are %d statements", len(queries))
	}
	return c.Host().Site.Query(c.Context(), queries[0])
}

// keep copies the values of a row, which are valid only until the next.
func keep(values []runtime.Value) []runtime.Value {
	out := make([]runtime.Value, len(values))
	for i, v := range values {
		out[i] = runtime.Detach(v)
	}
	return out
}

// firstRow returns the names and values of the first row; no values when there
// is none.
func firstRow(c *runtime.Call) (names []string, values []runtime.Value, err error) {
	cur, err := open(c, 0)
	if err != nil {
		return nil, nil, err
	}
	values, err = cur.Next(c.Context())
	if errors.Is(err, io.EOF) {
		return nil, nil, cur.Close()
	}
	if err != nil {
		return nil, nil, errors.Join(err, cur.Close())
	}
	values = keep(values)
	return slices.Clone(cur.Columns()), values, cur.Close()
}

// execute runs statements and counts the rows that they change.
func execute(c *runtime.Call, queries []runtime.Query) (runtime.Value, error) {
	if c.Host().Site == nil {
		return runtime.Null(), errNoSite
	}
	var total int64
	for _, q := range queries {
		n, err := c.Host().Site.Exec(c.Context(), q)
		if err != nil {
			return runtime.Null(), err
		}
		total += n
	}
	c.SetRowCount(total)
	return runtime.Int(total), nil
}

// executeText runs what Text blocks have collected. An error stands at its
// statement, which is not on the line of SqlExecute.
func executeText(c *runtime.Call, queries []runtime.Query) (runtime.Value, error) {
	var total int64
	for _, q := range queries {
		n, err := execute(c, []runtime.Query{q})
		if err != nil {
			return runtime.Null(), textError{err, q.Pos}
		}
		part, _ := n.Int64()
		total += part
	}
	c.SetRowCount(total)
	return runtime.Int(total), nil
}

type textError struct {
	error
	pos lexer.Position
}

// Position is the place of the statement.
func (e textError) Position() lexer.Position { return e.pos }

// Unwrap returns the error.
func (e textError) Unwrap() error { return e.error }

// rows reads the rows of a SELECT one by one.
func rows(c *runtime.Call) (runtime.Iterator, error) {
	cur, err := open(c, 0)
	if err != nil {
		return nil, err
	}
	return &rowIterator{Cursor: cur, columns: runtime.NewColumns(slices.Clone(cur.Columns())...)}, nil
}

type rowIterator struct {
	runtime.Cursor
	columns *runtime.Columns
}

// Next returns the next row.
func (r *rowIterator) Next(ctx context.Context) (runtime.Value, error) {
	values, err := r.Cursor.Next(ctx)
	if err != nil {
		return runtime.Null(), err
	}
	return runtime.Row(r.columns, keep(values)), nil
}
