package site

import (
	"fmt"
	"strings"
)

// write writes a stage: the change set, then what is deleted, so that what is
// unique is free, then what is new and what changes.
func (st *planStage) write() error {
	s, t := st.a.s, st.t
	if err := s.run(intoChange+"SELECT ?1, ?2, rid, act, line, source, old, hash, new FROM temp."+st.temp()+" ORDER BY rid", s.info.RunID, t.name); err != nil {
		return err
	}
	if err := s.run(fmt.Sprintf("DELETE FROM main.%s WHERE %s IN (SELECT rid FROM temp.%s WHERE act='delete')", quote(t.name), t.rowid, st.temp())); err != nil {
		return err
	}
	if err := st.clearUnique(); err != nil {
		return err
	}
	names, values, set := []string{t.rowid}, []string{"rid"}, []string{}
	for i, col := range t.columns {
		if col.name == t.rowid {
			continue
		}
		names, values = append(names, quote(col.name)), append(values, fmt.Sprintf("c%d", i))
		if st.wrote[i] {
			set = append(set, fmt.Sprintf("%s=s.c%d", quote(col.name), i))
		}
	}
	if err := s.run(fmt.Sprintf("INSERT INTO main.%s(%s) SELECT %s FROM temp.%s WHERE act='insert' ORDER BY rid", quote(t.name), strings.Join(names, ", "), strings.Join(values, ", "), st.temp())); err != nil {
		return err
	}
	if err := s.run("INSERT OR REPLACE INTO main.sqlite_sequence(rowid, name, seq) SELECT rowid, name, ?2 FROM main.sqlite_sequence WHERE name=?1 AND seq<?2", t.name, st.of.Given+st.delta); err != nil {
		return err
	}
	if len(set) == 0 {
		return nil
	}
	// The stage has rows as a whole, and none of them has changed under the
	// lock, so a column that only some rows change is written in all of them.
	err := s.run(fmt.Sprintf("UPDATE main.%[1]s AS c SET %[2]s FROM temp.%[3]s s WHERE c.%[4]s IN (SELECT rid FROM temp.%[3]s WHERE act NOT IN ('insert', 'delete')) AND s.rid=c.%[4]s",
		quote(t.name), strings.Join(set, ", "), st.temp(), t.rowid))
	if err != nil {
		return err
	}
	// See restoreKeys: the triggers for other programs write key forms too.
	for i, col := range t.columns {
		if col.keyOf < 0 || !st.wrote[col.keyOf] && !st.wrote[i] {
			continue
		}
		err := s.run(fmt.Sprintf("UPDATE main.%[1]s AS c SET %[2]s=s.c%[3]d FROM temp.%[4]s s WHERE c.%[5]s IN (SELECT rid FROM temp.%[4]s WHERE act<>'delete') AND s.rid=c.%[5]s AND c.%[2]s IS NOT s.c%[3]d",
			quote(t.name), quote(col.name), i, st.temp(), t.rowid))
		if err != nil {
			return err
		}
	}
	return nil
}

// clearUnique empties the unique columns that change, so that swaps and chains
// of logins find their places free.
func (st *planStage) clearUnique() error {
	t := st.t
	for _, u := range t.unique {
		for _, i := range u {
			if !st.wrote[i] {
				continue
			}
			err := st.a.s.run(fmt.Sprintf("UPDATE main.%s SET %s WHERE %s IN (SELECT rid FROM temp.%s WHERE act NOT IN ('insert', 'delete') AND substr(mask, %d, 1)='1')",
				quote(t.name), t.emptySQL(i), t.rowid, st.temp(), i+1))
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// verify holds the rows against the plan where a trigger of another program
// may have written them again: the plan, and nothing else.
func (st *planStage) verify() error {
	s, t := st.a.s, st.t
	n, err := scalar(s.c, "SELECT count(*) FROM main.sqlite_master WHERE type='trigger' AND tbl_name=?1 AND name NOT IN (?2, ?3)", t.name, t.name+"_Keys_Insert", t.name+"_Keys_Update")
	if err != nil || n == 0 {
		return err
	}
	hash := t.hashSQL(func(at int) string { return "c." + quote(t.columns[at].name) })
	wrong, err := scalar(s.c, fmt.Sprintf("SELECT coalesce(min(s.rid), 0) FROM temp.%[1]s s LEFT JOIN main.%[2]s c ON c.%[3]s=s.rid WHERE CASE WHEN s.act='delete' THEN c.%[3]s IS NOT NULL ELSE c.%[3]s IS NULL OR %[4]s<>s.after END",
		st.temp(), quote(t.name), t.rowid, hash))
	if err != nil || wrong == 0 {
		return err
	}
	name, err := s.rowName(t, wrong)
	if err != nil {
		return err
	}
	return &StaleError{Table: t.name, Row: name, Became: "would not become what the plan says: a trigger of another program on " + t.name + " writes it again"}
}
