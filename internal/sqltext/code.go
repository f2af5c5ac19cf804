package sqltext

// The codes of this package's findings.
const (
	CodeText      = "AMSX5001" // the text is no SQL: an unclosed string, a strange character
	CodePlace     = "AMSX5002" // a reference stands where no value and no name may be put
	CodeForm      = "AMSX5003" // a form of another database that cannot be carried over
	CodeName      = "AMSX5004" // a value is no column or table of the site
	CodeValue     = "AMSX5005" // a value of a kind that cannot go there
	CodeStatement = "AMSX5006" // a statement that a script may not run
	CodeExact     = "AMSX5007" // a comparison that tells capitals and small letters apart where a folded column is there
)
