package site

import (
	"fmt"
	"slices"

	"github.com/amsx-lang/amsx/runtime"
	"zombiezen.com/go/sqlite"
)

// judgeTwins stops a run that adds people a second time: rows with the login
// of a row that has no update key yet, which a mapping without that column
// under adopt does not look for.
func (s *Session) judgeTwins(t *table, source string) error {
	for _, g := range s.targets {
		if g.table != t || g.spec.Source != source || g.newRows == 0 || len(g.key) == 0 || g.spec.Mode == runtime.InsertGuaranteed {
			continue
		}
		for p := range g.cols {
			col := &g.cols[p]
			if col.keyed < 0 || !s.isUnique(t, g.cols[col.keyed].at) || slices.Contains(g.adopt, p) {
				continue
			}
			c := new(count)
			err := s.rows(fmt.Sprintf("SELECT ch.RowID, ch.Line FROM main.amsx_change ch JOIN main.%[1]s n ON n.%[2]s=ch.RowID WHERE ch.RunID=?1 AND ch.TableName=?2 AND ch.Action='insert' AND ch.Source=?3 AND EXISTS (SELECT 1 FROM main.%[1]s o WHERE o.%[3]s=n.%[3]s AND o.%[2]s<>n.%[2]s AND o.%[4]s IS NULL)",
				quote(t.name), t.rowid, quote(g.cols[col.keyed].name), quote(g.cols[g.key[0]].name)), func(st *sqlite.Stmt) error {
				c.add(st.ColumnInt64(0), int(st.ColumnInt64(1)))
				return nil
			}, s.info.RunID, t.name, source)
			if err != nil {
				return s.explain("look for people who are there already", err)
			}
			l := s.limit(FuseInsert, t, source)
			if most := l.most(0); !l.off && c.n > most && !s.excused(FuseInsert) {
				return s.overLimit(t, source, FuseInsert, col.at, c, g.newRows, most)
			}
		}
	}
	return nil
}

// isUnique reports whether a column is part of a unique index.
func (s *Session) isUnique(t *table, at int) bool {
	return slices.ContainsFunc(t.unique, func(u []int) bool { return slices.Contains(u, at) })
}
