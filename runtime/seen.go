package runtime

// Seen are the names that recorded data has: of a record's fields, each with
// the name of what it stands in. Where in a document an element of a list
// stood, nobody knows of a path that begins at the record, so a first name may
// have been seen anywhere.
type Seen struct {
	below   map[string]map[string]bool // by the name above; names of JSON and XML have a case
	names   map[string]bool            // all of them
	columns map[string]string          // of CSV files, by folded name
	filled  map[string]bool            // names under which something was seen: a value, or fields
}

// Add notes that a field was seen in what has the name above; "": at the top.
func (s *Seen) Add(above, name string) {
	if s.below == nil {
		s.below, s.names = map[string]map[string]bool{}, map[string]bool{}
	}
	if s.below[above] == nil {
		s.below[above] = map[string]bool{}
	}
	s.below[above][name], s.names[name] = true, true
	s.Fill(above)
}

// Fill notes that a name was seen with something in it.
func (s *Seen) Fill(name string) {
	if s.filled == nil {
		s.filled = map[string]bool{}
	}
	s.filled[name] = true
}

// AddColumn notes the name of a column, which has no case.
func (s *Seen) AddColumn(name string) {
	if s.columns == nil {
		s.columns = map[string]string{}
	}
	s.columns[FoldName(name)] = name
}

// has reports whether a name was seen; first: it is the first of its path.
func (s *Seen) has(above, name string, first bool) bool {
	switch {
	case name == "#line" || name == "#text":
		return true
	case first && (s.names[name] || s.columns[FoldName(name)] != ""):
		return true
	}
	return s.below[above][name]
}

// near are the names that may have been meant.
func (s *Seen) near(above string, first bool) []string {
	var names []string
	from := s.below[above]
	if first {
		from = s.names
		for _, n := range s.columns {
			names = append(names, n)
		}
	}
	for n := range from {
		names = append(names, n)
	}
	return names
}
