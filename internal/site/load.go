package site

import (
	"context"
	"fmt"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/amsx-lang/amsx/runtime"
)

// Load writes rows into a table outside of any run: the start rows of a
// fixture case. Values are text, as the columns' types read it; an empty one is
// Null. Key forms (LoginKey) are filled. All rows are written, or none.
func (d *Database) Load(ctx context.Context, tableName string, columns []string, rows [][]string) error {
	return d.with(ctx, func(c *sqlite.Conn) (err error) {
		tables, _, err := loadTables(c)
		if err != nil {
			return err
		}
		t := tables[runtime.FoldName(tableName)]
		if t == nil {
			return fmt.Errorf("the site has no table %s", tableName)
		}
		names := make([]string, 0, len(columns))
		keyOf := make([]int, 0, len(columns)) // the column a value comes from
		for i, name := range columns {
			at := t.column(name)
			if at < 0 {
				return fmt.Errorf("table %s has no column %s", t.name, name)
			}
			names, keyOf = append(names, t.columns[at].name), append(keyOf, i)
			if k := t.columns[at].key; k >= 0 {
				names, keyOf = append(names, t.columns[k].name), append(keyOf, -1-i)
			}
		}
		return d.writing(ctx, c, func() error { return insertRows(c, t, names, keyOf, columns, rows) })
	})
}

// insertRows writes rows of text. keyOf tells for each name which of columns its
// value comes from, or as -1-i that it is the key form of column i's.
func insertRows(c *sqlite.Conn, t *table, names []string, keyOf []int, columns []string, rows [][]string) error {
	st, err := c.Prepare(fmt.Sprintf("INSERT INTO %s(%s) VALUES (?%s)", quote(t.name), strings.Join(names, ","), strings.Repeat(",?", len(names)-1)))
	if err != nil {
		return err
	}
	for n, row := range rows {
		if len(row) != len(columns) {
			return fmt.Errorf("row %d has %d values for %d columns", n+1, len(row), len(columns))
		}
		for i, from := range keyOf {
			v := ""
			if from >= 0 {
				v = row[from]
			} else {
				v = Fold(row[-1-from])
			}
			if v == "" {
				st.BindNull(i + 1)
			} else {
				st.BindText(i+1, v)
			}
		}
		if _, err := st.Step(); err != nil {
			return fmt.Errorf("row %d: %w", n+1, err)
		}
		if err := st.Reset(); err != nil {
			return err
		}
	}
	return nil
}

// LoadFormerRun records that complete runs of a source left the rows that are
// there, so that the next run is not taken for the source's first.
func (d *Database) LoadFormerRun(ctx context.Context, tableName, source string, runs int64) error {
	return d.with(ctx, func(c *sqlite.Conn) (err error) {
		return d.writing(ctx, c, func() error { return d.insertFormerRuns(c, tableName, source, runs) })
	})
}

func (d *Database) insertFormerRuns(c *sqlite.Conn, tableName, source string, runs int64) error {
	for id := int64(1); id <= runs; id++ {
		err := sqlitex.Execute(c, `INSERT INTO amsx_run(RunID, Transformation, Fence, Started, Merged, ReadCount, Inserted, Updated, Unchanged, Reactivated,
				Deactivated, Adopted, Rekeyed, Deleted, Rejected, Skipped, Warnings) VALUES (?1, 'former run', 0, ?2, ?2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)`,
			&sqlitex.ExecOptions{Args: []any{-id, d.now().UTC().Format("2006-01-02T15:04:05Z")}})
		if err != nil {
			return err
		}
		err = sqlitex.Execute(c, fmt.Sprintf(`INSERT INTO amsx_run_source(RunID, TableName, Source, Complete, ReadCount, ActiveRows)
				SELECT ?1, ?2, ?3, 1, count(*), count(*) FROM %s WHERE Source = ?3 AND Active = 1`, quote(tableName)),
			&sqlitex.ExecOptions{Args: []any{-id, tableName, source}})
		if err != nil {
			return err
		}
	}
	return nil
}

// LastRun returns the highest run id and fencing token that the database has
// seen, so that numbering goes on above them when the history was lost. Of a
// site on a server the number after it is reserved: runs of several machines are
// numbered there.
func (d *Database) LastRun(ctx context.Context) (run, fence int64, err error) {
	err = d.with(ctx, func(c *sqlite.Conn) (err error) {
		if run, err = scalar(c, "SELECT coalesce(max(RunID), 0) FROM amsx_run"); err != nil {
			return err
		}
		fence, err = scalar(c, "SELECT coalesce(max(Fence), 0) FROM amsx_fence")
		return err
	})
	if err == nil && d.up != nil {
		run, err = d.up.Reserve(ctx, max(run, 0))
		run--
	}
	return max(run, 0), fence, err
}

// Read runs a query of the program itself, never of a script, and returns its
// rows: nil, int64, float64 or string.
func (d *Database) Read(ctx context.Context, query string) (rows [][]any, err error) {
	err = d.with(ctx, func(c *sqlite.Conn) error {
		return sqlitex.ExecuteTransient(c, query, &sqlitex.ExecOptions{ResultFunc: func(s *sqlite.Stmt) error {
			row := make([]any, s.ColumnCount())
			for i := range row {
				switch s.ColumnType(i) {
				case sqlite.TypeInteger:
					row[i] = s.ColumnInt64(i)
				case sqlite.TypeFloat:
					row[i] = s.ColumnFloat(i)
				case sqlite.TypeText, sqlite.TypeBlob:
					row[i] = s.ColumnText(i)
				}
			}
			rows = append(rows, row)
			return nil
		}})
	})
	return rows, err
}

// Schema returns the tables and columns of the site as they are now.
func (d *Database) Schema(ctx context.Context) (runtime.Schema, error) {
	s := &Session{}
	err := d.with(ctx, func(c *sqlite.Conn) (err error) {
		if s.tables, s.names, err = loadTables(c); err != nil {
			return err
		}
		s.definitions, err = loadDefinitions(c)
		return err
	})
	return s, err
}

// with gives f a connection. f leaves no transaction open and no setting
// changed.
func (d *Database) with(ctx context.Context, f func(*sqlite.Conn) error) (err error) {
	c, err := d.connect(ctx)
	if err != nil {
		return err
	}
	defer func() {
		c.SetInterrupt(nil)
		c.SetBusyTimeout(shortWait)
		if err == nil && d.spare.give(c) {
			return
		}
		if cerr := closeConn(c); err == nil {
			err = cerr
		}
	}()
	c.SetInterrupt(ctx.Done())
	c.SetBusyTimeout(d.wait)
	if err := f(c); err != nil {
		return d.explain("use the database", err)
	}
	return nil
}
