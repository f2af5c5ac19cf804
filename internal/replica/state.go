package replica

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// A state is what a copy knows of the server it was made from. It is kept in the
// copy, in the transaction that changes the rows.
type state struct {
	site      string // SiteID of the server
	cluster   string // database and timeline: another one after a restore
	signature string // of the server's tables
	since     int64  // what a transaction below this number wrote is in the copy
	own       []int64
	tables    map[string]tableState
}

// A tableState is what a copy knows of one table.
type tableState struct {
	rows  int64
	given int64 // the last number that its identity column gave
	// shared: the server may have written other values than it was sent, by a
	// default or trigger, so that rows of own transactions are read again.
	shared bool
	shape  string // of the server's table, see serverTable
}

const makeState = `CREATE TABLE IF NOT EXISTS main.amsx_copy(Name TEXT PRIMARY KEY, Value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS main.amsx_copy_table(Name TEXT PRIMARY KEY, RowCount INTEGER NOT NULL, Given INTEGER NOT NULL, Shared INTEGER NOT NULL, Shape TEXT NOT NULL) WITHOUT ROWID`

// readState reads the state of a copy. A file that has none gives the zero state.
func readState(c *sqlite.Conn) (state, error) {
	s := state{tables: make(map[string]tableState)}
	var known int64
	if err := query(c, "SELECT count(*) FROM main.sqlite_master WHERE name='amsx_copy'", func(st *sqlite.Stmt) error { known = st.ColumnInt64(0); return nil }); err != nil || known == 0 {
		return s, err
	}
	err := query(c, "SELECT Name, Value FROM main.amsx_copy", func(st *sqlite.Stmt) (err error) {
		switch v := st.ColumnText(1); st.ColumnText(0) {
		case "site":
			s.site = v
		case "cluster":
			s.cluster = v
		case "signature":
			s.signature = v
		case "since":
			s.since, err = strconv.ParseInt(v, 10, 64)
		case "own":
			for f := range strings.FieldsSeq(v) {
				n, perr := strconv.ParseInt(f, 10, 64)
				if perr != nil {
					return perr
				}
				s.own = append(s.own, n)
			}
		}
		return err
	})
	if err != nil {
		return s, fmt.Errorf("read the state of the copy: %w", err)
	}
	return s, query(c, "SELECT Name, RowCount, Given, Shared, Shape FROM main.amsx_copy_table", func(st *sqlite.Stmt) error {
		s.tables[st.ColumnText(0)] = tableState{st.ColumnInt64(1), st.ColumnInt64(2), st.ColumnInt64(3) != 0, st.ColumnText(4)}
		return nil
	})
}

// write keeps the state in the copy.
func (s *state) write(c *sqlite.Conn) error {
	if err := sqlitex.ExecuteScript(c, makeState, nil); err != nil {
		return err
	}
	own := make([]string, len(s.own))
	for i, n := range s.own {
		own[i] = strconv.FormatInt(n, 10)
	}
	for _, kv := range [][2]string{{"site", s.site}, {"cluster", s.cluster}, {"signature", s.signature}, {"since", strconv.FormatInt(s.since, 10)}, {"own", strings.Join(own, " ")}} {
		if err := exec(c, "INSERT OR REPLACE INTO main.amsx_copy VALUES (?1, ?2)", kv[0], kv[1]); err != nil {
			return err
		}
	}
	if err := exec(c, "DELETE FROM main.amsx_copy_table"); err != nil {
		return err
	}
	for name, t := range s.tables {
		if err := exec(c, "INSERT INTO main.amsx_copy_table VALUES (?1, ?2, ?3, ?4, ?5)", name, t.rows, t.given, t.shared, t.shape); err != nil {
			return err
		}
	}
	return nil
}

// settle takes away the own transactions that need no mention any more.
func (s *state) settle(since int64) {
	s.since = since
	s.own = slices.DeleteFunc(s.own, func(n int64) bool { return n < since })
}

func exec(c *sqlite.Conn, q string, args ...any) error {
	return sqlitex.Execute(c, q, &sqlitex.ExecOptions{Args: args})
}

func query(c *sqlite.Conn, q string, f func(*sqlite.Stmt) error, args ...any) error {
	return sqlitex.Execute(c, q, &sqlitex.ExecOptions{Args: args, ResultFunc: f})
}

// quote makes an SQL name of any name, in both dialects.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// literal makes an SQL text of any text.
func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
