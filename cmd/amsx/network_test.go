//go:build unix

package main

import (
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/amsx-lang/amsx/internal/oktasim"
)

// A corporateProxy answers CONNECT, whatever the name, with one server. It
// wants a password.
type corporateProxy struct {
	to, password string

	mu      sync.Mutex
	refused int
	asked   []string
}

func (p *corporateProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	given, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(r.Header.Get("Proxy-Authorization"), "Basic "))
	if err != nil || string(given) != "amsx:"+p.password {
		p.refused++
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	p.asked = append(p.asked, r.Method+" "+r.Host)
	there, err := net.Dial("tcp", p.to)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		there.Close()
		return
	}
	fmt.Fprint(here, "HTTP/1.1 200 OK\r\n\r\n")
	for _, way := range [][2]net.Conn{{here, there}, {there, here}} {
		go func() {
			defer here.Close()
			defer there.Close()
			_, _ = io.Copy(way[0], way[1])
		}()
	}
}

// hides fails when a secret is in the output of a process or in a file of the
// folder, as it is or as an address or base64 holds it.
func (f *folder) hides(secret string, out string) {
	f.t.Helper()
	var forms []string
	for _, text := range []string{secret, "SSWS " + secret, "amsx:" + secret} {
		code := base64.StdEncoding.EncodeToString([]byte(text))
		forms = append(forms, text, url.QueryEscape(text), url.PathEscape(text), code, strings.TrimRight(code, "="), url.QueryEscape(code))
	}
	look := func(where, text string) {
		for _, form := range forms {
			if strings.Contains(text, form) {
				f.t.Errorf("%s holds a secret, as %s", where, form)
			}
		}
	}
	look("the output", out)
	err := filepath.WalkDir(f.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		look(path, string(data))
		return err
	})
	if err != nil {
		f.t.Error(err)
	}
}

// TestBehindProxy holds the corporate network: the proxy of the environment,
// in either spelling, with a password, and a root certificate of its own.
func TestBehindProxy(t *testing.T) {
	faults, err := oktasim.ParseFaults("page 2: truncated once")
	if err != nil {
		t.Fatal(err)
	}
	sim, err := oktasim.New(oktasim.Config{Users: 450, Seed: 5, Faults: faults})
	if err != nil {
		t.Fatal(err)
	}
	okta := httptest.NewUnstartedServer(sim)
	okta.EnableHTTP2 = true
	okta.StartTLS()
	t.Cleanup(okta.Close)
	p := &corporateProxy{to: okta.Listener.Addr().String(), password: "s3cret+/pass"}
	ps := httptest.NewServer(p)
	t.Cleanup(ps.Close)

	f := newFolder(t, "example.com")
	root := filepath.Join(f.dir, "root.pem")
	if err := os.WriteFile(root, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: okta.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(code int, env []string, args ...string) string {
		t.Helper()
		cmd := f.command(append([]string{"run", "okta_users", "--trace"}, args...)...)
		cmd.Env = slices.DeleteFunc(cmd.Env, func(v string) bool {
			name, _, _ := strings.Cut(v, "=")
			return strings.HasSuffix(strings.ToUpper(name), "_PROXY")
		})
		cmd.Env = append(cmd.Env, env...)
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != code {
			t.Fatalf("%v, want exit code %d\n%s", err, code, out)
		}
		f.hides(oktasim.DefaultToken, string(out))
		return string(out)
	}
	address := func(password string) string {
		return "http://" + url.UserPassword("amsx", password).String() + "@" + strings.TrimPrefix(ps.URL, "http://")
	}

	out := run(1, []string{"HTTPS_PROXY=" + address(p.password)})
	if !strings.Contains(out, "certificate is not trusted") || !strings.Contains(out, "--root-certificates FILE.pem") {
		t.Errorf("without the root certificate:\n%s", out)
	}
	f.hides(p.password, out)
	out = run(1, []string{"HTTPS_PROXY=" + address("wr0ng+/pass")}, "--root-certificates", root)
	if !strings.Contains(out, "407 Proxy Authentication Required") || p.refused != 1 {
		t.Errorf("a wrong password, refused %d times:\n%s", p.refused, out)
	}
	f.hides("wr0ng+/pass", out)
	if n := len(f.table()); n != 0 {
		t.Errorf("%d custodians before a good run", n)
	}

	out = run(0, []string{"HTTPS_PROXY=" + address(p.password)}, "--root-certificates", root)
	f.hides(p.password, out)
	out = run(0, []string{"https_proxy=" + address(p.password), "AMSX_ROOT_CERTIFICATES=" + root})
	f.hides(p.password, out)
	if n := len(f.table()); n != 450 {
		t.Errorf("%d custodians, want 450", n)
	}
	for _, asked := range p.asked {
		if asked != "CONNECT example.com:443" {
			t.Errorf("the proxy was asked %s", asked)
		}
	}
}

// TestProxyVariables holds that the variables are read in both spellings.
func TestProxyVariables(t *testing.T) {
	for _, spelled := range []func(string) string{strings.ToUpper, strings.ToLower} {
		cfg, err := (&runFlags{}).httpConfig(&env{getenv: func(name string) string {
			return map[string]string{spelled("HTTPS_PROXY"): "one:1", spelled("HTTP_PROXY"): "two:2", spelled("NO_PROXY"): "three"}[name]
		}})
		if p := cfg.Proxy; err != nil || p.HTTPSProxy != "one:1" || p.HTTPProxy != "two:2" || p.NoProxy != "three" {
			t.Errorf("%+v, %v", p, err)
		}
	}
}

// TestTokenIsInNoFile runs the whole program through faults that give the token
// back or make much be said, and then reads every file that it left.
func TestTokenIsInNoFile(t *testing.T) {
	for fault, code := range map[string]int{
		"page 2: 401 echoing the token":          1,
		"page 2: 503 echoing the token":          0,
		"page 1: 400 echoing the token":          1,
		"page 2: truncated":                      0,
		"page 2: header injection":               0,
		"page 2: cursor invalid":                 0,
		"page 2: bad utf-8":                      0,
		"page 2: user with wrong types":          0,
		"page 2: html 403":                       1,
		"page 2: not an array":                   1,
		"page 2: redirect to evil.example":       1,
		"page 2: next to https://evil.example/x": 1,
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			sim := simulator(t, oktasim.Config{Users: 450, Seed: 5}, fault)
			f := newFolder(t, sim.URL)
			for _, how := range []string{"--trace", "--json"} {
				out, _ := f.command("run", "okta_users", how).CombinedOutput()
				f.hides(oktasim.DefaultToken, string(out))
				if how == "--trace" && (code == 0) != (len(f.table()) > 0) {
					t.Errorf("%d custodians:\n%s", len(f.table()), out)
				}
				faults, err := oktasim.ParseFaults(fault)
				if err != nil {
					t.Fatal(err)
				}
				sim.SetFaults(faults)
			}
			if n := len(f.runs()); n != 2 {
				t.Errorf("the history has %d runs", n)
			}
		})
	}
}
