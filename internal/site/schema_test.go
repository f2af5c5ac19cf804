package site

import (
	"path/filepath"
	"testing"

	"github.com/amsx-lang/amsx/runtime"
)

// What the checker of mappings asks of a column: is it unique, is it there for
// rows to be found by it, whose id does it hold.
func TestColumnsTell(t *testing.T) {
	path := filepath.Join(t.TempDir(), "amsx.db")
	d := newDatabase(t, path)
	execute(t, path, `CREATE TABLE Badge (BadgeID INTEGER PRIMARY KEY, Source TEXT, Number TEXT, Door TEXT, Floor TEXT, Colour TEXT, Holder INTEGER REFERENCES Custodian (CustodianID),
		UNIQUE (Door, Floor), UNIQUE (Source));
		CREATE UNIQUE INDEX Badge_Number ON Badge (Number) WHERE Number IS NOT NULL;
		CREATE UNIQUE INDEX Badge_Colour ON Badge (Floor, lower(Colour))`)
	s := begin(t, d, RunInfo{})
	for _, want := range []struct {
		table, column   string
		unique, indexed bool
		refers          string
	}{
		{"Custodian", "CustodianID", true, false, ""},
		{"Custodian", "OktaID", true, true, ""},
		{"Custodian", "Login", true, true, ""}, // by its key form, of one source
		{"Custodian", "Email", false, true, ""},
		{"Custodian", "EmployeeNumber", false, true, ""},
		{"Custodian", "FullName", false, false, ""},
		{"Custodian", "ManagerID", false, false, "Custodian.CustodianID"},
		{"Asset", "SourceID", true, true, ""},
		{"Asset", "SerialNumber", false, true, ""},
		{"Asset", "Model", false, false, ""},
		{"Asset", "CustodianID", false, true, "Custodian.CustodianID"},
		{"Department", "DepartmentName", true, true, ""},
		{"Currency", "RateDate", false, false, ""},
		{"Badge", "Number", false, true, ""}, // of a part of the rows
		{"Badge", "Door", false, true, ""},   // only with Floor
		{"Badge", "Floor", false, true, ""},
		{"Badge", "Colour", false, false, ""},
		{"Badge", "Source", true, true, ""},
		{"Badge", "Holder", false, false, "Custodian.CustodianID"},
	} {
		_, columns, _ := s.Table(want.table)
		var got runtime.Column
		for _, c := range columns {
			if c.Name == want.column {
				got = c
			}
		}
		if got.Name == "" || got.Unique != want.unique || got.Indexed != want.indexed || got.Refers != want.refers {
			t.Errorf("%s.%s: %+v, want %+v", want.table, want.column, got, want)
		}
	}
}
