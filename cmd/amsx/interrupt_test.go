//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/control"
	"github.com/amsx-lang/amsx/internal/oktasim"
)

// A folder is a place in which amsx runs as a process of its own, with a site
// and the pack OKTA_API for a simulated org.
type folder struct {
	t        *testing.T
	dir, bin string
}

func newFolder(t *testing.T, url string) *folder {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	f := &folder{t, dir, filepath.Join(dir, "amsx")}
	if err := os.Symlink(self, f.bin); err != nil {
		t.Fatal(err)
	}
	f.pack(url)
	return f
}

// pack makes OKTA_API the pack of an org.
func (f *folder) pack(url string) {
	f.t.Helper()
	cmd := f.command("credential", "add", "OKTA_API", "--domain", url, "--username", "unused", "--password-stdin", "--replace")
	cmd.Stdin = strings.NewReader(oktasim.DefaultToken + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		f.t.Fatalf("%v\n%s", err, out)
	}
}

func (f *folder) command(args ...string) *exec.Cmd {
	cmd := exec.Command(f.bin, args...)
	cmd.Dir = f.dir
	cmd.Env = append(os.Environ(), "HOME="+f.dir, "XDG_CONFIG_HOME="+filepath.Join(f.dir, "config"), "USER=tester", "NO_COLOR=1")
	return cmd
}

// A process is a command that runs, with what it has said so far.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	out said
}

// said is output that is read while it is written.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
	news chan struct{}
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.news <- struct{}{}:
	default:
	}
	return s.text.Write(b)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func (f *folder) start(args ...string) *process {
	f.t.Helper()
	p := &process{t: f.t, cmd: f.command(args...)}
	p.out.news = make(chan struct{}, 1)
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	if err := p.cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	return p
}

// says waits until the process has said a text.
func (p *process) says(text string) {
	p.t.Helper()
	late := time.After(time.Minute)
	for !strings.Contains(p.out.String(), text) {
		select {
		case <-p.out.news:
		case <-late:
			p.t.Fatalf("it never says %q:\n%s", text, p.out.String())
		}
	}
}

// ends waits for the end and wants an exit code.
func (p *process) ends(code int) {
	p.t.Helper()
	err := p.cmd.Wait()
	var exit *exec.ExitError
	got := 0
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		p.t.Fatal(err)
	}
	if got != code {
		p.t.Fatalf("exit code %d, want %d:\n%s", got, code, p.out.String())
	}
}

// interrupt sends Ctrl-C and wants the end with exit code 130.
func (p *process) interrupt() { p.signal(os.Interrupt) }

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	began := time.Now()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
	p.ends(exitCancelled)
	p.t.Logf("ended %v after %v", time.Since(began).Round(time.Millisecond), s)
}

// table is the whole Custodian table.
func (f *folder) table() [][]any {
	f.t.Helper()
	s, err := amsx.OpenSite(context.Background(), filepath.Join(f.dir, "amsx.db"))
	if err != nil {
		f.t.Fatal(err)
	}
	rows, err := s.Read(context.Background(), "SELECT * FROM Custodian ORDER BY CustodianID")
	if err != nil {
		f.t.Fatal(err)
	}
	return rows
}

// runs is the history, the newest first.
func (f *folder) runs() []control.Run {
	f.t.Helper()
	db, err := control.Open(context.Background(), filepath.Join(f.dir, "amsx.control.db"), control.Options{User: "tester"})
	if err != nil {
		f.t.Fatal(err)
	}
	defer db.Close()
	runs, err := db.Runs(context.Background(), control.RunFilter{})
	if err != nil {
		f.t.Fatal(err)
	}
	return runs
}

func simulator(t *testing.T, c oktasim.Config, faults string) *oktasim.Server {
	t.Helper()
	var err error
	if c.Faults, err = oktasim.ParseFaults(faults); err != nil {
		t.Fatal(err)
	}
	s, err := oktasim.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// waits are the ways in which a run waits for minutes. The table holds an
// older state of the same people when each begins.
var waits = map[string]struct{ fault, sign string }{
	"rate limit":    {"page 2: 429 once", "Waiting"},
	"no answer":     {"page 2: hangs", "Reading: 200"},
	"dripping page": {"page 2: slow drip", "Reading: 200"},
	"retry after":   {"page 2: 429 retry-after 50", "Waiting"},
}

// TestInterrupt holds Ctrl-C in every wait: exit code 130, the table as it was,
// a summary that says so, and the next run right.
func TestInterrupt(t *testing.T) {
	for name, w := range waits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFolder(t, simulator(t, oktasim.Config{Users: 450, Seed: 5}, "").URL)
			f.start("run", "okta_users").ends(0)
			before := f.table()
			f.pack(simulator(t, oktasim.Config{Users: 500, Seed: 5, Changed: 20}, w.fault).URL)
			p := f.start("run", "okta_users")
			p.says(w.sign)
			p.interrupt()
			if !strings.Contains(p.out.String(), "Get Users from OKTA  Cancelled: nothing was written") || !strings.Contains(p.out.String(), "amsx: the run was cancelled in line 2") {
				t.Errorf("the summary does not say so:\n%s", p.out.String())
			}
			if diff := cmp.Diff(before, f.table()); diff != "" {
				t.Errorf("the table changed (- before, + after):\n%s", diff)
			}
			if r := f.runs()[0]; r.Status != control.Cancelled {
				t.Errorf("the history says %s", r.Status)
			}
			f.pack(simulator(t, oktasim.Config{Users: 500, Seed: 5, Changed: 20}, "").URL)
			f.start("run", "okta_users").ends(0)
			if n := len(f.table()); n != 500 {
				t.Errorf("%d custodians after the next run, want 500", n)
			}
		})
	}
}

// TestTerminated holds that the signal of a service manager, or of timeout(1),
// ends a run like Ctrl-C: cancelled, with the table as it was and a history.
func TestTerminated(t *testing.T) {
	f := newFolder(t, simulator(t, oktasim.Config{Users: 450, Seed: 5}, "page 2: hangs").URL)
	p := f.start("run", "okta_users")
	p.says("Reading: 200")
	p.signal(syscall.SIGTERM)
	if n := len(f.table()); n != 0 {
		t.Errorf("%d custodians of a run that was ended", n)
	}
	if r := f.runs()[0]; r.Status != control.Cancelled {
		t.Errorf("the history says %s", r.Status)
	}
}

// TestSecondInterrupt holds that a run which cannot come to its end, here since
// nobody reads what it says, is ended by another Ctrl-C.
func TestSecondInterrupt(t *testing.T) {
	f := newFolder(t, simulator(t, oktasim.Config{Users: 2000}, "").URL)
	cmd := f.command("run", "okta_users", "--trace")
	// A pipe that is full from the beginning, and is never read.
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	for err == nil {
		if err = w.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)); err == nil {
			_, err = w.Write(make([]byte, 4096))
		}
	}
	cmd.Stderr = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			_ = cmd.Process.Signal(os.Interrupt) // it may have ended by now
		case <-done:
			if s := cmd.ProcessState.Sys().(syscall.WaitStatus); !s.Signaled() || s.Signal() != syscall.SIGINT {
				t.Errorf("ended with %v, want the signal", cmd.ProcessState)
			}
			return
		}
	}
}

// TestInterruptAtThePassword holds that Ctrl-C ends the wait for a password.
func TestInterruptAtThePassword(t *testing.T) {
	f := newFolder(t, "acme.okta.example")
	cmd := f.command("credential", "add", "NEW", "--domain", "acme.okta.example", "--username", "unused", "--password-stdin")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	p := &process{t: t, cmd: cmd}
	p.out.news = make(chan struct{}, 1)
	cmd.Stderr = &p.out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Write([]byte("00Test")); err != nil {
		t.Fatal(err)
	}
	p.says("Reading the password")
	p.interrupt()
	if out := p.out.String(); !strings.Contains(out, "cancelled, nothing was stored\n") {
		t.Errorf("it does not say that nothing was stored: %s", out)
	}
}

// TestKilled kills a run: the next one is not held up, is right, and the killed
// one stands as Failed in the history.
func TestKilled(t *testing.T) {
	sim := simulator(t, oktasim.Config{Users: 450}, "page 2: hangs once")
	f := newFolder(t, sim.URL)
	p := f.start("run", "okta_users")
	p.says("Reading: 200")
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait()
	sim.SetFaults(nil) // the killed process may not have reached page 2
	if n := len(f.table()); n != 0 {
		t.Errorf("%d custodians of a killed run", n)
	}
	// A look is enough for it to stand as what it is, and not as running.
	list := f.start("runs")
	list.ends(0)
	if out := list.out.String(); !strings.Contains(out, "Failed") || strings.Contains(out, "Running") {
		t.Errorf("the list says:\n%s", out)
	}
	undo := f.start("undo", "1", "--yes")
	undo.ends(1)
	if out := undo.out.String(); !strings.Contains(out, "it ended as Failed and wrote nothing to this site") {
		t.Errorf("the undo says: %s", out)
	}
	f.start("run", "okta_users").ends(0)
	if n := len(f.table()); n != 450 {
		t.Errorf("%d custodians, want 450", n)
	}
	runs := f.runs()
	if len(runs) != 2 || runs[0].Status != control.Completed || runs[1].Status != control.Failed {
		t.Errorf("the history is %+v", runs)
	}
}

// TestTwoRuns holds that one transformation runs once at a time: the second
// names the first and ends, or waits for it.
func TestTwoRuns(t *testing.T) {
	f := newFolder(t, simulator(t, oktasim.Config{Users: 450}, "page 2: hangs once").URL)
	first := f.start("run", "okta_users")
	first.says("Reading: 200")
	second := f.start("run", "okta_users", "--json")
	second.ends(exitFailed)
	var report struct{ Error string }
	line := second.out.String()
	if err := json.Unmarshal([]byte(line[strings.Index(line, "{"):strings.LastIndex(line, "}")+1]), &report); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	for _, want := range []string{`"Get Users from OKTA" is running already: run 1, started by "tester" on `, " ago", "--wait"} {
		if !strings.Contains(report.Error, want) {
			t.Errorf("the error does not say %q: %s", want, report.Error)
		}
	}
	third := f.start("run", "okta_users", "--wait")
	third.says("Waiting: \"Get Users from OKTA\" is running already: run 1")
	if strings.Contains(third.out.String(), "--wait") {
		t.Errorf("a run that waits is told how to wait:\n%s", third.out.String())
	}
	first.interrupt()
	third.ends(0)
	if n := len(f.table()); n != 450 {
		t.Errorf("%d custodians, want 450", n)
	}
}
