package harness_test

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/batch"
	"github.com/amsx-lang/amsx/internal/harness"
	"github.com/amsx-lang/amsx/transformations"
)

const exchange = `GET https://acme.okta.example/api/v1/users?limit=200&search=status+pr

HTTP 200
Content-Type: application/json
Link: <https://acme.okta.example/api/v1/users?limit=200>; rel="self"
Link: <https://acme.okta.example/api/v1/users?after=c1&limit=200>; rel="next"

[
  {
    "id": "00u1"
  }
]
`

func TestExchangeReadsAsItIsWritten(t *testing.T) {
	for name, text := range map[string]string{
		"page":   exchange,
		"post":   "POST https://acme.okta.example/x\n\n{\n  \"a\": 1\n}\n\nHTTP 204\n\n\n",
		"binary": "GET https://acme.okta.example/logo\n\nHTTP 200\nBody-Encoding: base64\n\nAAH/\n",
		"empty":  "GET https://acme.okta.example/none\n\nHTTP 429\nRetry-After: 3\n\n\n",
	} {
		e, err := harness.ParseExchange(name, []byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(text, string(e.Text())); diff != "" {
			t.Errorf("%s (- written, + read and written):\n%s", name, diff)
		}
		windows, err := harness.ParseExchange(name, []byte(strings.ReplaceAll(text, "\n", "\r\n")))
		if err != nil || !bytes.Equal(windows.Text(), e.Text()) {
			t.Errorf("%s with Windows line ends: %v", name, err)
		}
	}
}

func TestBadExchanges(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "bad.http:1: the first line is METHOD URL",
		"GET /users\n\nHTTP 200\n":              "no URL with a host",
		"GET https://a.example/\n\nOK\n":        "there is no answer",
		"GET https://a.example/\n\nHTTP 200\nx": "a header line is Name: value",
	} {
		if _, err := harness.ParseExchange("bad.http", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

func TestPlayer(t *testing.T) {
	var all []*harness.Exchange
	for i, text := range []string{
		strings.Replace(exchange, "HTTP 200", "HTTP 429", 1), exchange,
	} {
		e, err := harness.ParseExchange([]string{"01-users.http", "02-users.http"}[i], []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	p := harness.NewPlayer(all)
	get := func(target string) (*http.Response, error) {
		u, err := url.Parse(target)
		if err != nil {
			t.Fatal(err)
		}
		return p.RoundTrip(&http.Request{Method: "GET", URL: u})
	}
	// The query may be in another order; two answers come one after the other.
	for _, status := range []int{429, 200} {
		resp, err := get("https://acme.okta.example/api/v1/users?search=status%20pr&limit=200")
		if err != nil || resp.StatusCode != status {
			t.Fatalf("answer %v, %v; want %d", resp, err, status)
		}
		if _, err := io.ReadAll(resp.Body); err != nil {
			t.Fatal(err)
		}
	}
	for target, want := range map[string]string{
		"https://acme.okta.example/api/v1/users?search=status%20pr&limit=200": "already answered",
		"https://acme.okta.example/api/v1/users?search=status%20pr&limit=7":   `query limit=7 (recorded "200")`,
		"https://other.example/api/v1/users?search=status%20pr&limit=200":     "host https://other.example (recorded https://acme.okta.example)",
	} {
		if _, err := get(target); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "nearest is 01-users.http") {
			t.Errorf("%s: error %v, want %q", target, err, want)
		}
	}
	if u := p.Unused(); len(u) != 0 {
		t.Errorf("unused %v", u)
	}
}

func TestBadCases(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	for want, fsys := range map[string]fstest.MapFS{
		"is no fixture case":                  {"c/note": file("")},
		"did you mean parameters?":            {"c/case.toml": file("transformation = 'x.amsx'\n[paramters]\na = 'b'\n")},
		"either a script.amsx or the setting": {"c/case.toml": file("title = 'x'\n")},
		"only .http files belong here":        {"c/case.toml": file("transformation = 'x.amsx'\n"), "c/exchanges/x.txt": file("")},
		"Custodian.csv: record on line 2":     {"c/case.toml": file("transformation = 'x.amsx'\n"), "c/start/Custodian.csv": file("a,b\n1\n")},
		"the first line names the columns":    {"c/case.toml": file("transformation = 'x.amsx'\n"), "c/expect/Custodian.csv": file("")},
		"no_files contradicts the files":      {"c/case.toml": file("transformation = 'x.amsx'\n[expect]\nno_files = true\n"), "c/expect/files/x.txt": file("")},
		"x/link is no file":                   {"c/case.toml": file("transformation = 'x.amsx'\n"), "c/files/x/link": {Mode: fs.ModeSymlink, Data: []byte("/etc")}},
	} {
		if _, err := harness.Load(fsys, "c"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// TestCompareFindsWhatIsWrong holds a case that passes against expectations
// that do not hold: each must be found.
func TestCompareFindsWhatIsWrong(t *testing.T) {
	ctx := context.Background()
	for want, change := range map[string]func(c *harness.Case){
		"":                              func(*harness.Case) {},
		"status Completed, want Failed": func(c *harness.Case) { c.Expect.Status = "Failed" },
		"exit code 0, want 4":           func(c *harness.Case) { c.Expect.Exit = 4 },
		`the error does not say "x"`:    func(c *harness.Case) { c.Expect.Error = []string{"x"} },
		"inserted 5, want 6":            func(c *harness.Case) { c.Expect.Counts["inserted"] = 6 },
		"there is no count insertd":     func(c *harness.Case) { c.Expect.Counts["insertd"] = 6 },
		"3 requests, want 2":            func(c *harness.Case) { c.Expect.Requests = 2 },
		`no rejected record says "x"`:   func(c *harness.Case) { c.Expect.Rejects = []string{"x"} },
		`no warning says "manager"`:     func(c *harness.Case) { c.Expect.Warnings = []string{"manager"} },
		"expect/Custodian.csv differs":  func(c *harness.Case) { c.Rows[0].Rows[2][3] = "somebody@example.com" },
		"that no request asked for: 9": func(c *harness.Case) {
			e := *c.Exchanges[0]
			e.Name = "9"
			c.Exchanges = append(c.Exchanges, &e)
		},
	} {
		c, err := harness.Load(os.DirFS("../../transformations"), "okta_users/three_pages")
		if err != nil {
			t.Fatal(err)
		}
		change(c)
		name, source, err := c.Document(transformations.FS())
		if err != nil {
			t.Fatal(err)
		}
		site, err := amsx.OpenSite(ctx, filepath.Join(t.TempDir(), "amsx.db"))
		if err != nil {
			t.Fatal(err)
		}
		o, err := c.Run(ctx, site, amsx.Parse(name, source), amsx.Pack{Domain: "https://" + c.Pack.Domain, Username: "unused", Password: harness.Token}, batch.ExitCode)
		if err != nil {
			t.Fatal(err)
		}
		wrong, err := c.Compare(ctx, o, site)
		if err != nil {
			t.Fatal(err)
		}
		if all := strings.Join(wrong, "\n"); want == "" && all != "" || !strings.Contains(all, want) {
			t.Errorf("want %q, got:\n%s", want, all)
		}
	}
}

// TestCaseFiles holds a case with files against folders that are not as it
// expects, and one that is.
func TestCaseFiles(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	for _, tc := range []struct {
		name, script string
		after        map[string]string // beside in/a.csv, when not nil
		want         string
	}{
		{"unchanged", `Log "info", ReadFile("in/a.csv")`, nil, ""},
		{"moved unexpectedly", `MoveFile "in/a.csv", "done/"`, nil, "the file in/a.csv is not there after the run\nthe file done/a.csv is there after the run, and the case does not expect it"},
		{"moved", `MoveFile "in/a.csv", "done/"`, map[string]string{"done/a.csv": "Login\nanna\n", "case.toml": "x"}, ""},
		{"not moved", `Log "info", "x"`, map[string]string{"done/a.csv": "Login\nanna\n", "case.toml": "x"}, "the file done/a.csv is not there"},
		{"other text", `WriteFile "in/a.csv", "Login"`, nil, "files/in/a.csv differs:\n  - anna"},
		{"other line ends", `WriteFile "in/a.csv", "Login" & NewLine & "anna" & NewLine`, nil, "only in the ends of its lines"},
	} {
		fsys := fstest.MapFS{"c/case.toml": file("title = 'x'\n"), "c/script.amsx": file(tc.script + "\n"), "c/files/in/a.csv": file("Login\nanna\n"), "c/files/case.toml": file("x")}
		for name, text := range tc.after {
			fsys["c/expect/files/"+name] = file(text)
		}
		if dirs, err := harness.List(fsys, "."); err != nil || len(dirs) != 1 {
			t.Errorf("%s: cases %v, %v", tc.name, dirs, err)
		}
		c, err := harness.Load(fsys, "c")
		if err != nil {
			t.Fatal(err)
		}
		site, err := amsx.OpenSite(t.Context(), filepath.Join(t.TempDir(), "amsx.db"))
		if err != nil {
			t.Fatal(err)
		}
		o, err := c.Run(t.Context(), site, amsx.Parse("script.amsx", c.Script), amsx.Packs{}, batch.ExitCode)
		if err != nil {
			t.Fatal(err)
		}
		wrong, err := c.Compare(t.Context(), o, site)
		if err != nil {
			t.Fatal(err)
		}
		if all := strings.Join(wrong, "\n"); tc.want == "" && all != "" || !strings.Contains(all, tc.want) {
			t.Errorf("%s: want %q, got:\n%s", tc.name, tc.want, all)
		}
	}
}

// TestRecorderKeepsNoHeaders: what is recorded holds no request header, and is
// read again as it was.
func TestRecorderKeepsNoHeaders(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "case")
	rec, err := harness.NewRecorder(dir)
	if err != nil {
		t.Fatal(err)
	}
	e, err := harness.ParseExchange("x", []byte(exchange))
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest("GET", e.URL.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "SSWS "+harness.Token)
	resp, err := rec.Wrap(harness.NewPlayer([]*harness.Exchange{e})).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(resp.Body); err != nil || !bytes.Equal(body, e.Body) {
		t.Errorf("the recorded body reached the client as %q, %v", body, err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "exchanges", "*.http"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v, %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(exchange, string(text)); diff != "" {
		t.Errorf("(- answered, + recorded):\n%s", diff)
	}
	if _, err := harness.NewRecorder(dir); err == nil || !strings.Contains(err.Error(), "holds a recording already") {
		t.Errorf("a second recording into the folder: %v", err)
	}
}

func FuzzParseExchange(f *testing.F) {
	f.Add([]byte(exchange))
	f.Add([]byte("POST https://a.example/\n\nx\n\nHTTP 200\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := harness.ParseExchange("x", text)
		if err != nil {
			return
		}
		again, err := harness.ParseExchange("x", e.Text())
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, e.Text())
		}
		if !bytes.Equal(again.Text(), e.Text()) {
			t.Fatalf("%q became %q", e.Text(), again.Text())
		}
	})
}
