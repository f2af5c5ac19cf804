package site

import (
	"fmt"

	"zombiezen.com/go/sqlite"
)

// checkReferences looks for rows that the plan does not touch, that its rows
// will refer to, and that somebody has deleted since.
func (a *applier) checkReferences() error {
	refs, err := a.s.references()
	if err != nil {
		return err
	}
	for _, st := range a.stages {
		for _, ref := range refs {
			if ref.from != st.t || !st.wrote[ref.col] {
				continue
			}
			if err := st.checkReference(ref); err != nil {
				return err
			}
		}
	}
	return nil
}

func (st *planStage) checkReference(ref reference) error {
	s := st.a.s
	q := fmt.Sprintf("SELECT s.rid, s.c%[1]d FROM temp.%[2]s s WHERE s.act<>'delete' AND substr(s.mask, %[1]d+1, 1)='1' AND typeof(s.c%[1]d)='integer' AND NOT EXISTS (SELECT 1 FROM main.%[3]s t WHERE t.%[4]s=s.c%[1]d)",
		ref.col, st.temp(), quote(ref.to.name), ref.to.rowid)
	if to := st.a.stageOf(ref.to.name); to != nil {
		q += fmt.Sprintf(" AND NOT EXISTS (SELECT 1 FROM temp.%s n WHERE n.rid=s.c%d AND n.act='insert')", to.temp(), ref.col)
	}
	id, gone := int64(0), int64(0)
	err := s.rows(q+" ORDER BY 1", func(row *sqlite.Stmt) error {
		if n := row.ColumnInt64(0); id == 0 && !st.loose[looseCell{n, ref.col}] {
			id, gone = n, row.ColumnInt64(1)
		}
		return nil
	})
	if err != nil || id == 0 {
		return err
	}
	name, err := s.rowName(st.t, id)
	if err != nil {
		return err
	}
	return &StaleError{Table: st.t.name, Row: name, Became: fmt.Sprintf("would get the %s %d, and that row of %s was deleted since", st.t.columns[ref.col].name, gone, ref.to.name)}
}
