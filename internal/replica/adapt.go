package replica

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"
)

// A pair is a table of the server and its copy.
type pair struct {
	*serverTable
	copied  string // its name in the copy
	columns []pairColumn
	// whole: the copy has no rows of it yet, or not all columns.
	whole bool
}

// A pairColumn is one column of both.
type pairColumn struct {
	*serverColumn
	copied string
	at     int // in the copy's table
}

// A localColumn is a column of the copy.
type localColumn struct {
	name, decl string
	at         int
}

// localTables reads the tables of the copy, by folded name.
func localTables(c *sqlite.Conn) (map[string]string, error) {
	names := make(map[string]string)
	return names, query(c, "SELECT name FROM main.sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'", func(st *sqlite.Stmt) error {
		names[strings.ToLower(st.ColumnText(0))] = st.ColumnText(0)
		return nil
	})
}

func localColumns(c *sqlite.Conn, table string) ([]localColumn, error) {
	var out []localColumn
	err := query(c, "SELECT name, type FROM pragma_table_info(?1, 'main')", func(st *sqlite.Stmt) error {
		out = append(out, localColumn{st.ColumnText(0), st.ColumnText(1), len(out)})
		return nil
	}, table)
	return out, err
}

// standard are the tables that each site has. The copy has them from the start,
// with names as amsx spells them, and keeps them.
var standard = []string{"asset", "costcentre", "currency", "custodian", "department", "location", "specialoption"}

// adapt gives the copy the tables and columns that the server has, in the
// transaction that is open, and pairs them. Where change is false the tables
// are known to be the same and are only paired. known is what the copy knows of
// them: where one has another shape now, its rows are copied anew, for nothing
// says of a row whether it was another table's before.
func (s *Server) adapt(c *sqlite.Conn, cat *catalog, known map[string]tableState, change bool) ([]*pair, error) {
	names, err := localTables(c)
	if err != nil {
		return nil, err
	}
	for _, name := range standard {
		if !slices.ContainsFunc(cat.tables, func(t *serverTable) bool { return t.schema == "site" && t.name == name }) {
			return nil, fmt.Errorf("the server has no table site.%s with a primary key, which every site has: put it back; nothing was changed", name)
		}
	}
	var pairs []*pair
	kept := make(map[string]bool)
	for _, t := range cat.tables {
		p := &pair{serverTable: t, copied: t.local()}
		name, there := names[strings.ToLower(t.local())]
		if there {
			p.copied = name
		} else if !change || t.schema == "amsx" {
			return nil, fmt.Errorf("the copy has no table %s", t.local())
		}
		kept[strings.ToLower(p.copied)] = true
		pairs = append(pairs, p)
		if change && there && known[t.of()].shape != t.shape {
			p.whole = true
			if err := p.unindex(c); err != nil {
				return nil, err
			}
			q := "DELETE FROM main."
			if t.schema == "site" && !slices.Contains(standard, t.name) {
				q, there = "DROP TABLE main.", false
			}
			if err := exec(c, q+quote(p.copied)); err != nil {
				return nil, err
			}
		}
		if change && t.schema == "site" {
			if err := p.reshape(c, cat, there); err != nil {
				return nil, err
			}
		}
		if err := p.match(c); err != nil {
			return nil, err
		}
	}
	if !change {
		return pairs, nil
	}
	for folded, name := range names {
		if !kept[folded] && !strings.HasPrefix(folded, "amsx_") { // it is gone from the server
			if err := exec(c, "DROP TABLE main."+quote(name)); err != nil {
				return nil, err
			}
		}
	}
	return pairs, nil
}

// match finds the copy's column of each of the server's.
func (p *pair) match(c *sqlite.Conn) error {
	local, err := localColumns(c, p.copied)
	if err != nil {
		return err
	}
	for i := range p.serverTable.columns {
		col := &p.serverTable.columns[i]
		at := slices.IndexFunc(local, func(l localColumn) bool { return strings.EqualFold(l.name, col.name) })
		if at < 0 {
			return fmt.Errorf("the copy has no column %s.%s", p.copied, col.name)
		}
		p.columns = append(p.columns, pairColumn{col, local[at].name, local[at].at})
	}
	return nil
}

// reshape makes the copy's table like the server's.
func (p *pair) reshape(c *sqlite.Conn, cat *catalog, there bool) error {
	if !there {
		p.whole = true
		return p.create(c, cat)
	}
	local, err := localColumns(c, p.copied)
	if err != nil {
		return err
	}
	for i := range p.serverTable.columns {
		col := &p.serverTable.columns[i]
		at := slices.IndexFunc(local, func(l localColumn) bool { return strings.EqualFold(l.name, col.name) })
		if at >= 0 && family(local[at].decl) == family(col.localType()) {
			continue
		}
		if at >= 0 { // it has another type now
			if err := p.drop(c, local[at].name); err != nil {
				return err
			}
		}
		p.whole = true
		name, decl := p.declare(cat, col)
		if err := exec(c, "ALTER TABLE main."+quote(p.copied)+" ADD COLUMN "+quote(name)+" "+decl); err != nil {
			return err
		}
	}
	for _, l := range local {
		if !slices.ContainsFunc(p.serverTable.columns, func(col serverColumn) bool { return strings.EqualFold(l.name, col.name) }) {
			if err := p.drop(c, l.name); err != nil {
				return err
			}
		}
	}
	return p.index(c)
}

// drop takes a column from the copy that the server has no longer.
func (p *pair) drop(c *sqlite.Conn, column string) error {
	var indexes []string
	err := query(c, `SELECT l.name FROM pragma_index_list(?1, 'main') l, pragma_index_info(l.name, 'main') i WHERE i.name=?2 COLLATE NOCASE AND l.origin='c'`, func(st *sqlite.Stmt) error {
		indexes = append(indexes, st.ColumnText(0))
		return nil
	}, p.copied, column)
	if err != nil {
		return err
	}
	for _, name := range indexes {
		if err := exec(c, "DROP INDEX main."+quote(name)); err != nil {
			return err
		}
	}
	if err := exec(c, "ALTER TABLE main."+quote(p.copied)+" DROP COLUMN "+quote(column)); err != nil {
		return fmt.Errorf("the server's table %s has no column %s any more, or with another type, and amsx cannot do without it: put it back: %w", p.of(), column, err)
	}
	return nil
}

// family is what two declarations must have in common to hold the same values.
func family(decl string) string {
	t, _, _ := strings.Cut(serverType(decl), "(")
	if t == "varchar" {
		return "text"
	}
	return t
}

// declares are the declarations that internal/site writes. Others are not run as
// SQL of the copy, whoever put them on the server.
var declares = regexp.MustCompile(`^(?:TEXT(?:\(\d+\))?|(?:DECIMAL|MONEY)_TEXT COLLATE \w+|DATE|DATETIME|BOOLEAN CHECK \("(?:[^"]|"")+" IN \(0, 1\)\)|INTEGER REFERENCES "(?:[^"]|"")+" \("(?:[^"]|"")+"\))$`)

// declare is how the copy spells and declares a column.
func (p *pair) declare(cat *catalog, col *serverColumn) (name, decl string) {
	if d, ok := cat.declared[[2]string{p.name, col.name}]; ok && family(d.text) == family(col.localType()) && declares.MatchString(d.text) {
		return d.column, d.text
	}
	decl = col.localType()
	if def := col.localDefault(); def != "" {
		decl += " DEFAULT " + def
		if col.notNull {
			decl += " NOT NULL"
		}
	}
	return col.name, decl
}

// create makes the copy's table.
func (p *pair) create(c *sqlite.Conn, cat *catalog) error {
	var columns []string
	single := len(p.key) == 1 && p.serverTable.columns[p.key[0]].localType() == "INTEGER"
	for i := range p.serverTable.columns {
		col := &p.serverTable.columns[i]
		if single && i == p.key[0] {
			columns = append(columns, quote(col.name)+" INTEGER PRIMARY KEY AUTOINCREMENT")
			continue
		}
		name, decl := p.declare(cat, col)
		// A row without a key would not be among the changes of the copy.
		if col.key || col.notNull && col.fallback == "" && !col.computed() {
			decl += " NOT NULL"
		}
		columns = append(columns, quote(name)+" "+decl)
	}
	if !single {
		columns = append(columns, "PRIMARY KEY ("+strings.Join(p.names(p.key), ", ")+")")
	}
	if err := exec(c, "CREATE TABLE main."+quote(p.copied)+" ("+strings.Join(columns, ", ")+")"); err != nil {
		return err
	}
	return p.index(c)
}

func (p *pair) names(columns []int) []string {
	var out []string
	for _, i := range columns {
		out = append(out, quote(p.serverTable.columns[i].name))
	}
	return out
}

// unindex takes the indexes from the copy that were made after the server's: one
// that the server has no longer would refuse rows.
func (p *pair) unindex(c *sqlite.Conn) error {
	var names []string
	err := query(c, "SELECT name FROM main.sqlite_master WHERE type='index' AND tbl_name=?1 AND substr(name, 1, ?2)=?3", func(st *sqlite.Stmt) error {
		names = append(names, st.ColumnText(0))
		return nil
	}, p.copied, len(ownIndex), ownIndex)
	for _, name := range names {
		if err == nil {
			err = exec(c, "DROP INDEX main."+quote(name))
		}
	}
	return err
}

// ownIndex begins the names of indexes that the copy has after the server.
const ownIndex = "amsx_index_"

// index gives the copy the indexes of the server that it lacks. Names of columns
// have no case in either database.
func (p *pair) index(c *sqlite.Conn) error {
	have := make(map[string]bool)
	err := query(c, `SELECT l."unique" || ':' || lower(group_concat(i.name, '|')) FROM pragma_index_list(?1, 'main') l, pragma_index_info(l.name, 'main') i WHERE NOT l.partial GROUP BY l.name`, func(st *sqlite.Stmt) error {
		have[st.ColumnText(0)] = true
		return nil
	}, p.copied)
	if err != nil {
		return err
	}
	for unique, sets := range map[string][][]int{"1": p.unique, "0": p.indexed} {
		for _, set := range sets {
			var plain []string
			for _, i := range set {
				plain = append(plain, p.serverTable.columns[i].name)
			}
			if key := strings.Join(plain, "|"); have[unique+":"+strings.ToLower(key)] || have["1:"+strings.ToLower(key)] {
				continue
			}
			word := "INDEX "
			if unique == "1" {
				word = "UNIQUE INDEX "
			}
			if err := exec(c, "CREATE "+word+"main."+quote(ownIndex+p.copied+"_"+strings.Join(plain, "_"))+" ON "+quote(p.copied)+" ("+strings.Join(p.names(set), ", ")+")"); err != nil {
				return err
			}
		}
	}
	return nil
}
