package site

import (
	"fmt"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// rowNames names rows for a message: what people call them, and their ids.
func (s *Session) rowNames(t *table, ids []int64) (string, error) {
	var b strings.Builder
	for i, id := range ids {
		if i == 4 && len(ids) > 5 {
			fmt.Fprintf(&b, " and %d more", len(ids)-4)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		n, err := s.rowName(t, id)
		if err != nil {
			return "", err
		}
		b.WriteString(n)
	}
	return b.String(), nil
}

func (s *Session) rowName(t *table, id int64) (string, error) {
	name := ""
	if l := t.label(); l != "" {
		err := sqlitex.Execute(s.c, "SELECT "+l+" FROM main."+quote(t.name)+" WHERE "+t.rowid+"=?1", &sqlitex.ExecOptions{
			Args:       []any{id},
			ResultFunc: func(st *sqlite.Stmt) error { name = st.ColumnText(0); return nil },
		})
		if err != nil {
			return "", err
		}
	}
	if name == "" {
		return fmt.Sprintf("%s %d", t.name, id), nil
	}
	return fmt.Sprintf("%s (%s %d)", name, t.name, id), nil
}

// labels are the names that a column may have which holds what people call a
// row, the best first.
func (t *table) labels() []string {
	return []string{"FullName", "Login", "Email", "Name", t.name + "Name", "SerialNumber", t.name + "Code"}
}

// called is what people call a row, or "": label for a row that was read.
func (t *table) called(row []any) string {
	for _, n := range t.labels() {
		if i := t.column(n); i >= 0 && row[i] != nil {
			return exactly(row[i]).text()
		}
	}
	return ""
}

// label is the SQL of what people call a row, or "".
func (t *table) label() string {
	var names []string
	for _, n := range t.labels() {
		if i := t.column(n); i >= 0 {
			names = append(names, quote(t.columns[i].name))
		}
	}
	switch len(names) {
	case 0:
		return ""
	case 1:
		return names[0]
	}
	return "coalesce(" + strings.Join(names, ", ") + ")"
}
