package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/batch"
	"github.com/amsx-lang/amsx/internal/harness"
	"github.com/amsx-lang/amsx/transformations"
)

// TestMain lets the test binary be amsx itself, for the scripts.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"amsx": main})
}

// TestScripts runs the command line as people do: testdata/script has one file
// a subject, with what must be printed and which exit code it must have.
func TestScripts(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("AMSX_UPDATE") != "",
		Setup: func(e *testscript.Env) error {
			e.Setenv("REPO", root)
			e.Setenv("HOME", filepath.Join(e.WorkDir, "home"))
			e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, "home", "config"))
			e.Setenv("AppData", filepath.Join(e.WorkDir, "home", "config"))
			e.Setenv("USER", "tester")
			return os.MkdirAll(filepath.Join(e.WorkDir, "home", "config"), 0o700)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   exits,
			"absent":  absent,
			"serve":   serve,
			"replays": replays,
		},
	})
}

// exits runs a command and wants an exit code: exits 3 amsx check bad.amsx
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARGUMENT…]")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if err != nil {
		code = codeOf(err)
	}
	if code != args[0] {
		ts.Fatalf("exit code %s, want %s (%v)", code, args[0], err)
	}
}

// absent fails when a text, or a form in which it is easily read back, is in a
// file: absent TEXT FILE…
func absent(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: absent TEXT FILE…")
	}
	for _, name := range args[1:] {
		data, err := os.ReadFile(ts.MkAbs(name))
		ts.Check(err)
		for _, form := range []string{args[0], base64.StdEncoding.EncodeToString([]byte(args[0])), base64.RawURLEncoding.EncodeToString([]byte(args[0]))} {
			if bytes.Contains(data, []byte(form)) {
				ts.Fatalf("%s holds the text as %q", name, form)
			}
		}
	}
}

// serve starts a command that prints its address first and goes on until the
// script ends, and puts the address into a variable: serve SIM amsx okta-sim
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: serve VARIABLE COMMAND [ARGUMENT…]")
	}
	var path string
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		for _, name := range []string{args[1], args[1] + ".exe"} {
			if p := filepath.Join(dir, name); path == "" && isFile(p) {
				path = p
			}
		}
	}
	cmd := exec.Command(path, args[2:]...)
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() {
		ts.Check(cmd.Process.Kill())
		_ = cmd.Wait() // it says that it was killed
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	ts.Check(err)
	ts.Setenv(args[0], strings.TrimSpace(line))
}

// replays fails unless a recorded folder is a case that comes out as it says:
// counts, requests, rows: replays DIR
func replays(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: replays DIR")
	}
	ctx := context.Background()
	c, err := harness.Load(os.DirFS(ts.MkAbs(args[0])), ".")
	ts.Check(err)
	script, err := c.Parse(transformations.FS())
	ts.Check(err)
	site, err := amsx.OpenSite(ctx, filepath.Join(ts.MkAbs("."), args[0]+"-replayed.db"))
	ts.Check(err)
	packs := amsx.Pack{Domain: c.Pack.Domain, Username: c.Pack.Username, Password: harness.Token}
	o, err := c.Run(ctx, site, script, packs, batch.ExitCode)
	ts.Check(err)
	wrong, err := c.Compare(ctx, o, site)
	ts.Check(err)
	for _, w := range wrong {
		ts.Fatalf("%s: %s", args[0], w)
	}
}
