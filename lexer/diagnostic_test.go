package lexer_test

import (
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/lexer"
)

// TestCompact: findings of one place, severity and code each, and those that
// are left.
func TestCompact(t *testing.T) {
	for _, c := range []struct{ found, want string }{
		{"", ""},
		{"warning AMSX4035", "warning AMSX4035"},
		// two mistakes at one place
		{"warning AMSX4055, error AMSX4068, warning AMSX4025", "error AMSX4068, warning AMSX4055, warning AMSX4025"},
		{"error AMSX4065, error AMSX4068", "error AMSX4065, error AMSX4068"},
		// one mistake, found by two checks of one code
		{"warning AMSX4040, warning AMSX4040", "warning AMSX4040"},
		{"warning AMSX4024, error AMSX4024", "error AMSX4024"},
		{"error AMSX4022, error AMSX4025, error AMSX4022", "error AMSX4022, error AMSX4025"},
		// one mistake, seen when the file was read and when it was checked
		{"error AMSX3008, error AMSX4023", "error AMSX3008"},
		{"warning AMSX3008, error AMSX4020", "error AMSX4020"},
		{"error AMSX2001, warning AMSX4040, warning AMSX5004", "error AMSX2001"},
		{"error AMSX4020, warning AMSX3008, error AMSX5004", "error AMSX4020, error AMSX5004"},
	} {
		if got := compacted(t, c.found, lexer.Position{Filename: "a.amsx", Line: 3, Column: 7}); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.found, got, c.want)
		}
		if got := compacted(t, c.found, lexer.Position{}); strings.Count(got, ",") != strings.Count(c.found, ",") {
			t.Errorf("%s, at no place: got %s", c.found, got)
		}
	}
}

func compacted(t *testing.T, found string, at lexer.Position) string {
	t.Helper()
	severities := map[string]lexer.Severity{"error": lexer.Error, "warning": lexer.Warning}
	var list lexer.List
	for d := range strings.SplitSeq(found, ", ") {
		if severity, code, ok := strings.Cut(d, " "); ok {
			list.Add(&lexer.Diagnostic{Pos: at, Severity: severities[severity], Code: code})
		}
	}
	var out []string
	for _, d := range list.Compact() {
		out = append(out, d.Severity.String()+" "+d.Code)
	}
	return strings.Join(out, ", ")
}
