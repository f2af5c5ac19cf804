package ast

import "github.com/amsx-lang/amsx/lexer"

// An Attr is the value of an attribute or element of a document.
type Attr struct {
	Pos   Position // of the value's first character
	Value string
}

// IsSet reports whether the document gives the attribute.
func (a Attr) IsSet() bool { return a.Pos.IsValid() }

// A Transformation is a whole .amsx document. In script form only Script and
// what the script's Parameter lines declare are set.
type Transformation struct {
	Filename    string
	Document    bool // document form
	Broken      bool // the XML could not be read: only the script is known
	Name        Attr
	Layer       Attr // SYSTEM or CUSTOMER
	Description Attr
	Menu        Attr
	Parameters  []*Parameter
	Declared    bool // parameters are declared: an undeclared name is an error
	Script      *File
	Text        *lexer.Fragment // of the script, with where it stands in the file; nil: the file could not be read
	Mappings    []*Mapping
	DataMaps    []*DataMap
	Schedule    *Schedule
}

// A Parameter is a declared parameter of a transformation.
type Parameter struct {
	Pos         Position
	Name        Attr
	Type        Attr // Text, Number, Boolean, Date, List, CredentialPack, Custodian…; empty: Text
	Default     Attr
	Required    bool
	Description string
}

// A Mapping says how a record becomes a row: one field a column, and the table
// it goes to.
type Mapping struct {
	Pos         Position
	Name        Attr // empty: the document's only or first mapping
	Fields      []*Field
	Destination Destination
}

// A Destination is the table that a mapping writes, and how rows are found.
type Destination struct {
	Pos       Position
	Table     Attr
	UpdateKey []Attr // the columns that together identify a row
	Adopt     []Attr // columns tried in order, once, for a row without update key
	Mode      Attr   // "Insert and Update" (default), "Update Only", "Insert Only", "Insert Guaranteed"
	Source    Attr   // the row's Source; empty: the credential pack's name
	Newest    *Path  // of two records with one key the newer by this path wins; nil: the last
	Limits    []Limit
}

// A Limit sets one of the fuse's limits in the document, such as
// deactivate="20%" or insert="5000".
type Limit struct {
	Name Attr
	Text Attr
}

// A Field fills one column of a mapping's table.
type Field struct {
	Pos         Position
	Destination Attr
	Source      *Path // nil: Calc
	Calc        Expr  // source="CALC" value="…"; bare names in it are source paths
	Lookup      *Lookup
	Create      bool   // create="true": the lookup inserts what it does not find
	OnMissing   string // "keep" (default), "null", "reject": what an unresolved lookup does
	DataMap     Attr
	KeepEdited  bool // keep="edited"
	OnInsert    bool // on="insert"
	Required    bool
	Default     Attr
	NoTrack     bool // track="no": written only with another change, never counted
}

// A Lookup resolves a value to another table's column:
// "CustodianID from Custodian.Login, Email, EmployeeNumber".
type Lookup struct {
	Pos     Position
	Result  string   // CustodianID
	Table   string   // Custodian
	Columns []string // Login, Email, EmployeeNumber, in the order they are tried
}

// A DataMap translates values: the OKTA status table, for one.
type DataMap struct {
	Pos     Position
	Name    Attr
	Unknown Attr // keep (default), null, reject, warn, default:value
	Values  []DataMapValue
}

// A DataMapValue is one line of a DataMap.
type DataMapValue struct {
	Pos      Position
	From, To Attr
}

// A Schedule says when the batch service starts the transformation.
type Schedule struct {
	Pos       Position
	Enabled   bool
	Frequency string // Daily, Weekly, Monthly; empty with Cron
	Time      string // 02:00
	Weekday   string
	Day       string
	Cron      string
	Timezone  string
	Missed    string // skip (default), run
}
