package amsx_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/amsx-lang/amsx/runtime"
)

// Cleaning or translating the wrong column is stopped by the fuse before it
// writes, and nothing of the table changes.
func TestWrongColumnIsStopped(t *testing.T) {
	o := newOrg(t, oktasim.Config{Users: 40, Seed: 5})
	o.good()
	before := fmt.Sprint(o.rows("SELECT * FROM Custodian ORDER BY CustodianID"))
	for _, c := range []struct{ script, want string }{
		{`CleanColumns "Custodian", "FullName", "Digits, NullIfEmpty"`, "empty FullName"},
		{`CleanColumns "Custodian", "FullName", "Upper"`, "change FullName"},
		{"DataMap Cities\n  \"%\" = \"Oslo\"\nEnd DataMap\nApplyDataMappingLike \"Custodian\", \"FullName\", \"Cities\"", "change FullName"},
		{"DataMap Gone\n  \"1\" = \"False\"\nEnd DataMap\nApplyDataMapping \"Custodian\", \"Active\", \"Gone\"", "inactive"},
		{"DataMap Ids\n  \"00u\" = \"\"\nEnd DataMap\nApplyDataMappingLike2 \"Custodian\", \"OktaID\", \"Ids\"", "empty OktaID"},
		{`BatchSql "DELETE FROM Custodian WHERE 1 = 1; DELETE FROM Asset WHERE 1 = 1"`, "delete them"},
		{"ForEach c In Sql \"SELECT OktaID FROM Custodian\"\n  UpsertRow \"Custodian\", \"OktaID\", Row(\"OktaID\", %c.OktaID%, \"FullName\", \"\", \"Source\", \"OKTA\")\nEndEach", "empty FullName"},
	} {
		_, err := o.runScript(amsx.Parse("wrong.amsx", []byte(c.script+"\n")), nil)
		if !errors.Is(err, runtime.ErrFuse) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want the fuse about %q", c.script, err, c.want)
		}
		if after := fmt.Sprint(o.rows("SELECT * FROM Custodian ORDER BY CustodianID")); after != before {
			t.Fatalf("%s changed the table", c.script)
		}
	}
}

// A column that a script adds is listed with the run; a dry run lists it and
// leaves nothing of it.
func TestAddedColumnIsListed(t *testing.T) {
	o := newOrg(t, oktasim.Config{Users: 3, Seed: 5})
	script := amsx.Parse("badge.amsx", []byte("AddCustomField \"Custodian\", \"BadgeNo\", \"Number\"\nSqlExecute \"UPDATE Custodian SET BadgeNo = 1 WHERE BadgeNo IS NULL\"\n"))
	const want = `[ALTER TABLE "Custodian" ADD COLUMN "BadgeNo" DECIMAL_TEXT COLLATE decimal]`
	for _, testing := range []bool{true, false} {
		r, err := o.runScript(script, func(ro *amsx.RunOptions) { ro.Testing = testing })
		if err != nil || fmt.Sprint(r.Altered) != want {
			t.Fatalf("testing %v: %v, %v", testing, r.Altered, err)
		}
		there := o.one("SELECT count(*) FROM pragma_table_info('Custodian') WHERE name='BadgeNo'") == int64(1)
		if there == testing {
			t.Errorf("testing %v: the column is there: %v", testing, there)
		}
	}
	r, err := o.runScript(script, nil)
	if err != nil || len(r.Altered) != 0 {
		t.Errorf("a second run: %v, %v", r.Altered, err)
	}
	// A run that fails afterwards says that the column stays.
	r, err = o.runScript(amsx.Parse("fails.amsx", []byte("AddCustomField \"Custodian\", \"Other\", \"Text\"\nThrow \"no\"\n")), nil)
	if err == nil || len(r.Altered) != 1 {
		t.Errorf("a run that fails: %v, %v", r.Altered, err)
	}
}
