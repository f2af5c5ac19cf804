package site

import (
	"math/big"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/runtime"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// The collation orders numbers as fractions of whole numbers do, and the text
// that is stored of a number is worth the same and is one for all its writings.
func TestDecimalsAgainstFractions(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	number := func() string {
		s := []string{"", "-", "+"}[r.IntN(3)] + strings.Repeat("0", r.IntN(3)) + strconv.Itoa(r.IntN(1000))
		if r.IntN(2) == 0 {
			s += "." + strconv.Itoa(r.IntN(100000)) + strings.Repeat("0", r.IntN(3))
		}
		if r.IntN(4) == 0 {
			s += "e" + strconv.Itoa(r.IntN(13)-6)
		}
		return s
	}
	for range 20000 {
		a, b := number(), number()
		x, _ := new(big.Rat).SetString(a)
		y, _ := new(big.Rat).SetString(b)
		if got, want := compareDecimals(a, b), x.Cmp(y); got != want {
			t.Fatalf("%s and %s: %d, want %d", a, b, got, want)
		}
		c, why := exactNumberCell(runtime.Text(a))
		z, ok := new(big.Rat).SetString(c.s)
		if why != "" || !ok || z.Cmp(x) != 0 {
			t.Fatalf("%s is stored as %q (%s)", a, c.s, why)
		}
		if d, _ := exactNumberCell(runtime.Text(b)); (d.s == c.s) != (x.Cmp(y) == 0) {
			t.Fatalf("%s and %s are stored as %s and %s", a, b, c.s, d.s)
		}
	}
	for _, s := range []string{"", "-", ".", "e5", "1e", "1.2.3", "12 euros", "1e99999999999", "0x10", "NaN", "Inf", "1_0"} {
		if _, why := exactNumberCell(runtime.Text(s)); why == "" {
			t.Errorf("%q is taken for a number", s)
		}
	}
	if compareDecimals("x", "1") <= 0 || compareDecimals("1", "x") >= 0 || compareDecimals("x", "y") >= 0 {
		t.Error("texts that are no numbers do not come last, in their own order")
	}
}

// Another program, which does not know the collation, reads and writes the
// table; only sorting and comparing by such a column fails, and VACUUM, and aloud.
func TestOtherProgramsAndDecimals(t *testing.T) {
	path := filepath.Join(t.TempDir(), "amsx.db")
	db, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := db.Begin(t.Context(), RunInfo{RunID: 1, Transformation: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.AddColumns(t.Context(), []runtime.ColumnSpec{{Table: "Currency", Name: "Number", Type: "Number", Unique: true}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	c, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, q := range []string{
		"INSERT INTO Currency(CurrencyCode, Rate, Number) VALUES ('EUR', 1.5, 7), ('USD', '10', 8)",
		"UPDATE Currency SET Rate = Rate + 1, Number = 9 WHERE CurrencyCode = 'EUR'",
		"SELECT * FROM Currency ORDER BY Rate + 0",
		"PRAGMA integrity_check",
	} {
		if err := sqlitex.ExecuteTransient(c, q, nil); err != nil {
			t.Errorf("%s: %v", q, err)
		}
	}
	for _, q := range []string{"SELECT * FROM Currency ORDER BY Rate", "SELECT * FROM Currency WHERE Rate > 2", "VACUUM"} {
		if err := sqlitex.ExecuteTransient(c, q, nil); err == nil || !strings.Contains(err.Error(), "no such collation sequence: decimal") {
			t.Errorf("%s: %v", q, err)
		}
	}
}
