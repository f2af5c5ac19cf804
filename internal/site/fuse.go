package site

import (
	"fmt"
	"slices"

	"github.com/tidwall/gjson"
	"zombiezen.com/go/sqlite"
)

// allowed reports whether a limit does not hold in this run.
func (s *Session) allowed(name string) bool {
	return slices.Contains(s.info.AllowOnce, name) || slices.Contains(s.info.AllowOnce, "all")
}

// excused reports whether a limit that the run is over does not hold, and
// notes it: who reads a plan must know.
func (s *Session) excused(name string) bool {
	if !s.allowed(name) {
		return false
	}
	if !slices.Contains(s.excess, name) {
		s.excess = append(s.excess, name)
	}
	return true
}

// limit is the limit for a table's source: of the run, else of the mapping
// that writes it, else the default.
func (s *Session) limit(name string, t *table, source string) limit {
	if l, ok := s.limits[name]; ok {
		return l
	}
	for _, g := range s.targets {
		if l, ok := g.limits[name]; ok && g.table == t && (g.spec.Source == source || t.source < 0) {
			return l
		}
	}
	return defaultLimit(name)
}

// blow makes the error, with where the change comes from.
func (s *Session) blow(e FuseError) error {
	e.Committed = s.Written()
	e.Allow = fmt.Sprintf("if this is meant, allow it once with --allow-once %s, or set the limit %s on the destination, such as %s=\"%d\"", e.Name, e.Name, e.Name, e.Count)
	return &e
}

// readBasis counts the active rows of each source, before anything changes.
func (s *Session) readBasis() error {
	if s.basis != nil {
		return nil
	}
	s.basis, s.former, s.ran = make(map[tableSource]int64), make(map[tableSource]int64), make(map[tableSource]bool)
	for _, n := range s.names {
		t := s.table(n)
		source := "NULL"
		if t.source >= 0 {
			source = "Source"
		}
		err := s.rows("SELECT coalesce("+source+", ''), count(*) FROM main."+quote(n)+" WHERE true"+t.andActive()+" GROUP BY 1", func(st *sqlite.Stmt) error {
			s.basis[tableSource{n, st.ColumnText(0)}] = st.ColumnInt64(1)
			return nil
		})
		if err != nil {
			return s.explain("count the rows of "+n, err)
		}
	}
	return s.explain("read the former runs", s.rows(`SELECT f.TableName, f.Source, f.Complete, f.ActiveRows, r.Undid IS NOT NULL FROM main.amsx_run_source f LEFT JOIN main.amsx_run r ON r.RunID=f.RunID
		WHERE f.RunID<>?1 AND (f.ActiveRows>0 OR r.Undid IS NOT NULL) ORDER BY f.RunID`, func(st *sqlite.Stmt) error {
		k := tableSource{st.ColumnText(0), st.ColumnText(1)}
		if st.ColumnInt64(4) != 0 { // an undo says anew what was before
			delete(s.ran, k)
			delete(s.former, k)
			if st.ColumnInt64(3) == 0 {
				return nil
			}
		}
		s.ran[k] = true
		if st.ColumnInt64(2) != 0 {
			s.former[k] = st.ColumnInt64(3)
		}
		return nil
	}, s.info.RunID))
}

// A tableSource is the rows of one source in one table.
type tableSource struct{ table, source string }

// A tally is what the change set does to the rows of one source.
type tally struct {
	ended, keyed, fresh count
	dropped             count // adopted, and made inactive by it
	adopted             int64
	nulls, changed      map[int]*count
}

// A count with the first rows that it counted.
type count struct {
	n    int64
	ids  []int64
	line int
}

func (c *count) add(id int64, line int) {
	c.n++
	if len(c.ids) < 3 {
		c.ids = append(c.ids, id)
	}
	if c.line == 0 {
		c.line = line
	}
}

// judge holds the change set against the limits, and counts its rows by their
// action. It reads the change set and nothing else, whatever wrote it.
func (s *Session) judge() error {
	if err := s.judgeRejects(); err != nil || !s.staged() {
		return err
	}
	for _, n := range s.names {
		t := s.table(n)
		touched := s.isDirect(t)
		for _, g := range s.targets {
			touched = touched || g.table == t
		}
		for _, l := range s.leavers {
			touched = touched || l.t == t
		}
		if !touched {
			continue
		}
		if err := s.judgeTable(t); err != nil {
			return err
		}
	}
	return s.judgeCreated()
}

// judgeCreated holds the rows that look-ups have added against those that their
// table had. The first run of a source fills it, as does whoever finds it empty.
func (s *Session) judgeCreated() error {
	for _, g := range s.targets {
		if !s.ran[tableSource{g.table.name, g.spec.Source}] {
			continue
		}
		for _, l := range g.lookups {
			if !l.spec.Create {
				continue
			}
			basis, made := int64(0), count{}
			for of, rows := range s.basis {
				if of.table == l.table.name {
					basis += rows
				}
			}
			line := g.cols[l.col].spec.Pos.Line
			err := s.rows("SELECT RowID FROM main.amsx_change WHERE RunID=?1 AND TableName=?2 AND Action='insert' AND Line=?3", func(st *sqlite.Stmt) error {
				made.add(st.ColumnInt64(0), line)
				return nil
			}, s.info.RunID, l.table.name, int64(line))
			if err != nil {
				return s.explain("read the change set", err)
			}
			limit := s.limit(FuseInsert, g.table, g.spec.Source)
			if most := limit.most(basis); basis > 0 && !limit.off && made.n > most && !s.excused(FuseInsert) {
				return s.overLimit(l.table, "", FuseInsert, -1, &made, basis, most)
			}
		}
	}
	return nil
}

func (s *Session) judgeRejects() error {
	read := s.counts().Read
	for _, t := range s.targets {
		l := s.limit(FuseReject, t.table, t.spec.Source)
		if l.off || s.rejected <= l.most(read) || s.excused(FuseReject) {
			continue
		}
		var examples []string
		for _, r := range s.rejects[:min(3, len(s.rejects))] {
			examples = append(examples, r.Key+": "+r.Reason)
		}
		return s.blow(FuseError{Name: FuseReject, Table: t.table.name, Source: t.spec.Source, Count: s.rejected, Of: read, Limit: l.most(read), Examples: examples, Pos: t.spec.Pos})
	}
	return nil
}

// judgeTable tallies a table's change rows by the source that a row had (of an
// adopted one: has), and checks each source.
func (s *Session) judgeTable(t *table) error {
	tallies := make(map[string]*tally)
	keys := s.keyColumns(t)
	actions := make(map[Action]int64)
	s.actions[t.name] = actions
	err := s.rows("SELECT Action, Old, RowID, Line, Source, New FROM main.amsx_change WHERE RunID=?1 AND TableName=?2", func(st *sqlite.Stmt) error {
		action, id, line, source := ActionInsert, st.ColumnInt64(2), int(st.ColumnInt64(3)), st.ColumnText(4)
		if !textIs(st, 0, string(ActionInsert)) { // of which there may be very many
			action = Action(st.ColumnText(0))
		}
		actions[action]++
		if s.options[id] && t.name == optionTable {
			return nil
		}
		old := ""
		if action != ActionInsert {
			old = st.ColumnText(1)
			if was := gjson.Get(old, "Source"); was.Exists() && action != ActionAdopt {
				source = was.String()
			}
		}
		if t.source < 0 {
			source = ""
		}
		y := tallies[source]
		if y == nil {
			y = &tally{nulls: make(map[int]*count), changed: make(map[int]*count)}
			tallies[source] = y
		}
		switch action {
		case ActionInsert:
			y.fresh.add(id, line)
			return nil
		case ActionDelete:
			y.ended.add(id, line)
			return nil
		case ActionDeactivate:
			y.ended.add(id, line)
		case ActionRekey:
			y.keyed.add(id, line)
		case ActionAdopt:
			y.adopted++
		}
		y.fields(t, keys, action, id, line, old, st.ColumnText(5))
		return nil
	}, s.info.RunID, t.name)
	if err != nil {
		return s.explain("read the change set", err)
	}
	for source, y := range tallies {
		if err := s.judgeSource(t, source, y); err != nil {
			return err
		}
	}
	return nil
}

// keyColumns are the columns whose change is a key change.
func (s *Session) keyColumns(t *table) map[int]bool {
	keys := make(map[int]bool)
	for _, u := range t.unique {
		for _, i := range u {
			if of := t.columns[i].keyOf; of >= 0 {
				keys[of] = true // Login, by which people are told apart in their own spelling
			} else if len(u) == 1 {
				keys[i] = true
			}
		}
	}
	for _, g := range s.targets {
		if g.table == t {
			for _, k := range g.key {
				keys[g.cols[k].at] = true
			}
		}
	}
	return keys
}

// fields tallies the fields of a row that is not new: the change set has the
// new value of each beside the old one.
func (y *tally) fields(t *table, keys map[int]bool, action Action, id int64, line int, old, written string) {
	keyed := action == ActionRekey
	after := jsonFields(written)
	gjson.Parse(old).ForEach(func(k, v gjson.Result) bool {
		i := t.column(k.String())
		if i < 0 || v.Type == gjson.Null {
			return true
		}
		now := jsonCell(after[k.Str])
		if i == t.active {
			if action == ActionAdopt && v.Int() != 0 && now.n == 0 {
				y.dropped.add(id, line)
			}
			return true
		}
		if i == t.source {
			// Source decides who is missing from which list, as a key does.
			if !keyed && action != ActionAdopt {
				keyed = true
				y.keyed.add(id, line)
			}
			return true
		}
		into := y.changed
		if now.kind == cellNull {
			into = y.nulls
		}
		if into[i] == nil {
			into[i] = new(count)
		}
		into[i].add(id, line)
		if t.columns[i].key >= 0 && now.kind == cellText && Fold(now.s) == Fold(v.String()) {
			return true // only its spelling: FOX for fox
		}
		if keys[i] && !keyed {
			keyed = true
			y.keyed.add(id, line)
		}
		return true
	})
}

func (s *Session) judgeSource(t *table, source string, y *tally) error {
	k := tableSource{t.name, source}
	basis := s.basis[k]
	former, complete := s.former[k]
	mine := false
	for _, g := range s.targets {
		mine = mine || g.table == t && g.spec.Source == source
	}
	first := mine && !s.ran[k] && !s.isDirect(t)
	check := func(name string, at int, c *count, basis int64) error {
		l := s.limit(name, t, source)
		most := l.most(basis)
		if name == FuseDeactivate && s.readNothing() {
			most = 0
		}
		if c == nil || l.off || c.n <= most || s.excused(name) {
			return nil
		}
		return s.overLimit(t, source, name, at, c, basis, most)
	}
	// Of people who are adopted, some have left; not most of them.
	if l := s.limit(FuseDeactivate, t, source); !l.off && y.dropped.n > max(l.most(y.adopted), y.adopted/2) && !s.excused(FuseDeactivate) {
		return s.overLimit(t, source, FuseDeactivate, -1, &y.dropped, y.adopted, max(l.most(y.adopted), y.adopted/2))
	}
	// Rows of the source that were there before its first run are rows to lose.
	if !first || basis > 0 || s.readNothing() {
		if err := check(FuseDeactivate, -1, &y.ended, basis); err != nil {
			return err
		}
	}
	if err := s.judgeTwins(t, source); err != nil || first {
		return err
	}
	for i := range t.columns {
		if err := check(FuseNull, i, y.nulls[i], basis); err != nil {
			return err
		}
	}
	if err := check(FuseKey, -1, &y.keyed, basis); err != nil {
		return err
	}
	for i := range t.columns {
		if err := check(FuseUpdate, i, y.changed[i], basis); err != nil {
			return err
		}
	}
	if !complete && !mine && s.isDirect(t) {
		// Rows that SQL adds, perhaps without a source, count against all that
		// complete runs have left.
		for other, rows := range s.former {
			if other.table == t.name {
				former, complete = former+rows, true
			}
		}
	}
	if complete {
		return check(FuseInsert, -1, &y.fresh, former)
	}
	return nil
}

// readNothing reports whether the run read no record at all.
func (s *Session) readNothing() bool {
	return s.counts().Read == 0 && len(s.leavers) > 0
}

func (s *Session) overLimit(t *table, source, name string, at int, c *count, basis, most int64) error {
	e := FuseError{Name: name, Table: t.name, Source: source, Count: c.n, Of: basis, Limit: most, Pos: posLine(c.line)}
	for _, g := range s.targets {
		if g.table != t {
			continue
		}
		if c.line == 0 {
			e.Pos = g.spec.Pos
		}
		if p := g.planOf(at); at >= 0 && p >= 0 && g.cols[p].spec.Pos.IsValid() && !s.isDirect(t) {
			e.Pos = g.cols[p].spec.Pos
		}
	}
	for _, l := range s.leavers {
		if name == FuseDeactivate && l.t == t && l.source == source && l.pos.Line == c.line {
			e.Pos = l.pos
		}
	}
	if at >= 0 {
		e.Field = t.columns[at].name
	}
	err := eachChangeOf(s.c, t, s.info.RunID, c.ids, func(ch Change) {
		text := ch.Key
		for _, f := range ch.Fields {
			if f.Name == e.Field {
				text += fmt.Sprintf(" (%s: %s → %s)", f.Name, showAny(f.Old), showAny(f.New))
			}
		}
		e.Examples = append(e.Examples, text)
	})
	if err != nil {
		return s.explain("name examples", err)
	}
	return s.blow(e)
}

func showAny(v any) string {
	switch v := v.(type) {
	case nil:
		return "Null"
	case string:
		return show(v)
	}
	return fmt.Sprint(v)
}

// eachChangeOf calls f for the changes of some rows.
func eachChangeOf(c *sqlite.Conn, t *table, runID int64, ids []int64, f func(Change)) error {
	for _, id := range ids {
		ch, err := changeOf(c, t, runID, id)
		if err != nil {
			return err
		}
		f(ch)
	}
	return nil
}
