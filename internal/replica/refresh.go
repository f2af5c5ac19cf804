package replica

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"zombiezen.com/go/sqlite"
)

// Refresh brings a copy up to date. c is a connection to the copy with no open
// transaction; it waits for its lock as long as its busy timeout says. Where
// nothing has changed, it takes no lock. changed: others have written.
func (s *Server) Refresh(ctx context.Context, c *sqlite.Conn) (changed bool, err error) {
	conn, err := s.connect(ctx)
	if err != nil {
		return false, err
	}
	defer s.release(conn)
	if v, err := s.glance(ctx, conn, c); err != nil || !v.stale() {
		return false, s.explain("compare the copy", err)
	}
	if err := exec(c, "BEGIN IMMEDIATE"); err != nil {
		return false, err
	}
	defer func() {
		if !c.AutocommitEnabled() {
			old := c.SetInterrupt(nil)
			err = errors.Join(err, exec(c, "ROLLBACK"))
			c.SetInterrupt(old)
		}
	}()
	// What the server has is looked at anew: another program of this machine may
	// have published meanwhile, and to what was seen before that the copy must
	// not be put back.
	tx, end, err := s.snapshot(ctx, conn)
	if err != nil {
		return false, err
	}
	defer end()
	v, err := s.look(ctx, tx, c)
	if err != nil || !v.stale() {
		return false, s.explain("compare the copy", err)
	}
	if err := v.load(ctx, tx, c); err != nil {
		return false, s.explain("copy the tables", err)
	}
	return true, exec(c, "COMMIT")
}

// glance is a look in a transaction of its own.
func (s *Server) glance(ctx context.Context, conn *pgx.Conn, c *sqlite.Conn) (*view, error) {
	tx, end, err := s.snapshot(ctx, conn)
	if err != nil {
		return nil, err
	}
	defer end()
	return s.look(ctx, tx, c)
}

// snapshot begins a transaction that sees all tables as they are at one moment.
func (s *Server) snapshot(ctx context.Context, conn *pgx.Conn) (tx pgx.Tx, end func(), err error) {
	tx, err = conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, nil, s.explain("read", err)
	}
	// It changes nothing, so it may as well be undone, which also ends it where
	// it has failed.
	return tx, func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }, nil
}

// A view is what the server has, beside what the copy knows.
type view struct {
	s       *Server
	cat     *catalog
	state   state
	cluster string
	// since: what transactions below this number wrote can be seen. now: the
	// next transaction has this number.
	since, now int64
	reload     bool // the copy is that of another state of the server
	tables     map[string]tableView
}

// A tableView is how many rows a table has, and how many of them are recent.
type tableView struct {
	rows, recent int64
	given        int64 // the last number that its identity column gave
}

// clusterOf is the SQL of what tells a server from another that numbers its
// transactions itself: the number that initdb gave it, the database, and the
// timeline, which is another one after a recovery from a backup.
const clusterOf = `(SELECT system_identifier FROM pg_control_system()) || '/' || (SELECT oid FROM pg_database WHERE datname = current_database()) || '/' ||
	CASE WHEN pg_is_in_recovery() THEN '' ELSE substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END`

// look compares the server with what the copy knows of it. It changes neither.
func (s *Server) look(ctx context.Context, tx pgx.Tx, c *sqlite.Conn) (*view, error) {
	v := &view{s: s, tables: make(map[string]tableView)}
	err := tx.QueryRow(ctx, "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint, "+clusterOf).Scan(&v.since, &v.now, &v.cluster)
	if err != nil {
		return nil, err
	}
	if v.cat, err = readCatalog(ctx, tx); err != nil {
		return nil, err
	}
	if v.state, err = readState(c); err != nil {
		return nil, err
	}
	if v.state.site != "" && v.state.site != s.id {
		return nil, &Error{Server: s.name, Doing: "open the copy", Err: errors.ErrUnsupported,
			Hint: "the file that should hold the copy is that of another site: name another with --copy, or delete it"}
	}
	v.reload = v.state.cluster != v.cluster || v.state.since > v.now
	if v.state.site != "" && !v.reload {
		known, err := knowsLastRun(ctx, tx, c)
		if err != nil {
			return nil, err
		}
		v.reload = !known
	}
	return v, v.count(ctx, tx)
}

// knowsLastRun reports whether the server has the last run that the copy has. One
// that was put back from a snapshot of its disk, which has the same name and
// timeline and counts its transactions on, has it no longer.
func knowsLastRun(ctx context.Context, tx pgx.Tx, c *sqlite.Conn) (known bool, err error) {
	known = true
	err = query(c, "SELECT RunID, Started, Merged FROM main.amsx_run ORDER BY RunID DESC LIMIT 1", func(st *sqlite.Stmt) error {
		return tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM amsx.run WHERE RunID = $1 AND Started = $2::text::timestamptz AND Merged = $3::text::timestamptz)",
			st.ColumnInt64(0), st.ColumnText(1), st.ColumnText(2)).Scan(&known)
	})
	return known, err
}

// whole is the SQL of the number of a transaction, of which x gives the lower 32
// bits. Those that seem to come from the future are of the round before.
func whole(x string, now int64) string {
	low, high := now&0xffffffff, now>>32<<32
	return fmt.Sprintf("(CASE WHEN %s <= %d THEN %d + %s ELSE %d + %s END)", x, low, high, x, high-1<<32, x)
}

// recent is the SQL condition of the rows that the copy may not have, by the
// transactions that wrote them. It may be true of more rows, never of less; it
// also meets what one's own transactions wrote where shared. Not by the snapshot
// itself: of a transaction within a transaction it says nothing.
func (v *view) recent(shared bool) string {
	x := "xmin::text::bigint"
	cond := fmt.Sprintf("%s >= %d", whole(x, v.now), v.state.since)
	if own := v.state.own; len(own) > 0 && !shared {
		list := make([]string, len(own))
		for i, n := range own {
			list[i] = strconv.FormatInt(n&0xffffffff, 10)
		}
		cond += " AND " + x + " NOT IN (" + strings.Join(list, ", ") + ")"
	}
	return cond
}

// count reads the sizes of all tables in one round trip.
func (v *view) count(ctx context.Context, tx pgx.Tx) error {
	var parts []string
	for _, t := range v.cat.tables {
		given := "0"
		if len(t.key) == 1 {
			given = fmt.Sprintf("coalesce(pg_sequence_last_value(pg_get_serial_sequence(%s, %s)::regclass), 0)", literal(t.of()), literal(t.columns[t.key[0]].name))
		}
		parts = append(parts, fmt.Sprintf("SELECT %s, count(*), count(*) FILTER (WHERE %s), %s FROM %s", literal(t.of()), v.recent(v.state.tables[t.of()].shared), given, t.of()))
	}
	rows, err := tx.Query(ctx, strings.Join(parts, " UNION ALL "))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var n tableView
		if err := rows.Scan(&name, &n.rows, &n.recent, &n.given); err != nil {
			return err
		}
		v.tables[name] = n
	}
	return rows.Err()
}

// behind reports whether the server has more, or less, of a table than the copy.
func (t tableState) behind(n tableView) bool {
	return n.recent > 0 || n.rows != t.rows || n.given != t.given
}

// stale reports whether the copy is not what the server has.
func (v *view) stale() bool {
	if v.reload || v.state.signature != v.cat.signature {
		return true
	}
	for name, n := range v.tables {
		if v.state.tables[name].behind(n) {
			return true
		}
	}
	return false
}

// load reads what the copy lacks, in the transaction that is open on c.
func (v *view) load(ctx context.Context, tx pgx.Tx, c *sqlite.Conn) error {
	pairs, err := v.s.adapt(c, v.cat, v.state.tables, v.state.signature != v.cat.signature)
	if err != nil {
		return err
	}
	known := v.state.tables
	v.state.tables = make(map[string]tableState)
	for _, p := range pairs {
		n := v.tables[p.of()]
		before, seen := known[p.of()]
		whole := v.reload || p.whole || !seen
		if whole || before.behind(n) {
			if err := v.loadTable(ctx, tx, c, p, whole, before.shared); err != nil {
				return fmt.Errorf("%s: %w", p.copied, err)
			}
		}
		v.state.tables[p.of()] = tableState{n.rows, n.given, p.shared(), p.shape}
	}
	v.state.site, v.state.cluster, v.state.signature = v.s.id, v.cluster, v.cat.signature
	v.state.settle(v.since)
	return v.state.write(c)
}

func (v *view) loadTable(ctx context.Context, tx pgx.Tx, c *sqlite.Conn, p *pair, whole, shared bool) error {
	where := ""
	if whole {
		if err := exec(c, "DELETE FROM main."+quote(p.copied)); err != nil {
			return err
		}
	} else {
		where = " WHERE " + v.recent(shared)
	}
	put := "INSERT OR REPLACE"
	if whole {
		// It replaces nothing, and to undo one row of it alone would cost more than
		// to write it.
		put = "INSERT"
	}
	restore, err := p.withoutTriggers(c)
	if err != nil {
		return err
	}
	if err := p.fetch(ctx, tx, c, put, where); err != nil {
		return err
	}
	if err := restore(); err != nil {
		return err
	}
	n := v.tables[p.of()]
	have, err := number(c, "SELECT count(*) FROM main."+quote(p.copied))
	if err != nil {
		return err
	}
	if have != n.rows {
		if err := p.dropGone(ctx, tx, c); err != nil {
			return err
		}
		if have, err = number(c, "SELECT count(*) FROM main."+quote(p.copied)); err != nil {
			return err
		}
		if have != n.rows {
			return fmt.Errorf("the copy has %d rows where the server has %d: delete the file of the copy, it is made anew", have, n.rows)
		}
	}
	if n.given > 0 && len(p.key) == 1 {
		return p.raise(c, n.given)
	}
	return nil
}

// raise tells the copy which numbers have been given out.
func (p *pair) raise(c *sqlite.Conn, given int64) error {
	auto, err := number(c, "SELECT count(*) FROM main.sqlite_master WHERE name=?1 AND sql LIKE '%AUTOINCREMENT%'", p.copied)
	if err != nil || auto == 0 {
		return err
	}
	if err := exec(c, "UPDATE main.sqlite_sequence SET seq=?2 WHERE name=?1 AND seq<?2", p.copied, given); err != nil {
		return err
	}
	return exec(c, "INSERT INTO main.sqlite_sequence(name, seq) SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM main.sqlite_sequence WHERE name=?1)", p.copied, given)
}

// fetch copies rows from the server.
func (p *pair) fetch(ctx context.Context, tx pgx.Tx, c *sqlite.Conn, put, where string) error {
	return fetch(ctx, tx, c, p.columns, put+" INTO main."+quote(p.copied), p.of()+where)
}

// withoutTriggers takes the triggers off the copy's table, until restore puts
// them back: what they do for other programs, the server has done. All is in the
// transaction that is open.
func (p *pair) withoutTriggers(c *sqlite.Conn) (restore func() error, err error) {
	var names, made []string
	err = query(c, "SELECT name, sql FROM main.sqlite_master WHERE type='trigger' AND tbl_name=?1", func(st *sqlite.Stmt) error {
		names, made = append(names, st.ColumnText(0)), append(made, st.ColumnText(1))
		return nil
	}, p.copied)
	for _, name := range names {
		if err == nil {
			err = exec(c, "DROP TRIGGER main."+quote(name))
		}
	}
	return func() error {
		for _, q := range made {
			if err := exec(c, q); err != nil {
				return err
			}
		}
		return nil
	}, err
}

// fetch copies columns of the rows that from gives, by the beginning of an
// INSERT.
func fetch(ctx context.Context, tx pgx.Tx, c *sqlite.Conn, columns []pairColumn, put, from string) error {
	var sent, names, marks []string
	for i, col := range columns {
		sent, names, marks = append(sent, col.sent()), append(names, quote(col.copied)), append(marks, "?"+strconv.Itoa(i+1))
	}
	add, err := c.Prepare(put + "(" + strings.Join(names, ", ") + ") VALUES (" + strings.Join(marks, ", ") + ")")
	if err != nil {
		return err
	}
	in := &rowReader{row: func(fields [][]byte) error {
		for i, f := range fields {
			switch {
			case f == nil:
				add.BindNull(i + 1)
			case columns[i].number():
				n, err := strconv.ParseInt(string(f), 10, 64)
				if err != nil {
					return err
				}
				add.BindInt64(i+1, n)
			default:
				add.BindText(i+1, string(f))
			}
		}
		if _, err := add.Step(); err != nil {
			return err
		}
		return add.Reset()
	}}
	_, err = tx.Conn().PgConn().CopyTo(ctx, in, "COPY (SELECT "+strings.Join(sent, ", ")+" FROM "+from+") TO STDOUT")
	return errors.Join(err, add.Reset())
}

// dropGone takes rows from the copy that the server has no longer.
func (p *pair) dropGone(ctx context.Context, tx pgx.Tx, c *sqlite.Conn) error {
	var names, declared, same []string
	var columns []pairColumn
	for _, k := range p.key {
		col := p.columns[k]
		columns, names = append(columns, col), append(names, quote(col.copied))
		declared = append(declared, quote(col.copied)+" "+col.localType())
		same = append(same, "k."+quote(col.copied)+"=t."+quote(col.copied))
	}
	for _, q := range []string{"DROP TABLE IF EXISTS temp.amsx_keys", "CREATE TEMP TABLE amsx_keys(" + strings.Join(declared, ", ") + ", PRIMARY KEY (" + strings.Join(names, ", ") + ")) WITHOUT ROWID"} {
		if err := exec(c, q); err != nil {
			return err
		}
	}
	if err := fetch(ctx, tx, c, columns, "INSERT INTO temp.amsx_keys", p.of()); err != nil {
		return err
	}
	if err := exec(c, "DELETE FROM main."+quote(p.copied)+" AS t WHERE NOT EXISTS (SELECT 1 FROM temp.amsx_keys k WHERE "+strings.Join(same, " AND ")+")"); err != nil {
		return err
	}
	return exec(c, "DROP TABLE temp.amsx_keys")
}

func number(c *sqlite.Conn, q string, args ...any) (n int64, err error) {
	err = query(c, q, func(st *sqlite.Stmt) error { n = st.ColumnInt64(0); return nil }, args...)
	return n, err
}
