package batch_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/batch"
	"github.com/amsx-lang/amsx/internal/control"
	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/amsx-lang/amsx/internal/webapi"
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/transformations"
)

// A place is a site with its control database, and a simulated OKTA.
type place struct {
	dir     string
	site    *amsx.Site
	control *control.DB
	sim     *oktasim.Server
}

func newPlace(t *testing.T, cfg oktasim.Config) *place {
	t.Helper()
	ctx := context.Background()
	p := &place{dir: t.TempDir()}
	var err error
	if p.site, err = amsx.OpenSite(ctx, filepath.Join(p.dir, "amsx.db")); err != nil {
		t.Fatal(err)
	}
	if p.control, err = control.Open(ctx, control.Beside(p.site.Path()), control.Options{User: "ada", ParseDomain: func(s string) (string, error) { return s, nil }}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.control.Close() })
	if p.sim, err = oktasim.Start(cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.sim.Close() })
	return p
}

// job is the flagship at this place.
func (p *place) job(t *testing.T) batch.Job {
	t.Helper()
	source, err := transformations.FS().ReadFile("okta_users.amsx")
	if err != nil {
		t.Fatal(err)
	}
	return batch.Job{
		Script: amsx.Parse("okta_users.amsx", source), File: "okta_users.amsx", Site: p.site, Control: p.control, User: "ada",
		Packs: amsx.Pack{Domain: p.sim.URL, Username: "unused", Password: oktasim.DefaultToken},
	}
}

func TestAGoodRunIsInTheHistory(t *testing.T) {
	ctx := context.Background()
	p := newPlace(t, oktasim.Config{Users: 40, Seed: 2})
	if _, err := p.sim.Org().AddRaw([]byte(`{"status":"ACTIVE","profile":{"login":"noid@example.com"}}`)); err != nil {
		t.Fatal(err)
	}
	report, err := batch.Run(ctx, p.job(t))
	if err != nil {
		t.Fatal(err)
	}
	run, err := p.control.Run(ctx, report.Run)
	if err != nil {
		t.Fatal(err)
	}
	if run.Status != control.Completed || run.Counts.Read != 41 || run.Counts.Inserted != 40 || run.Counts.Rejected != 1 || run.Requests != report.Requests || run.User != "ada" {
		t.Errorf("history %+v, report %+v", run, report)
	}
	rejects, err := p.control.RunRejects(ctx, report.Run)
	if err != nil || len(rejects) != 1 || !strings.Contains(string(rejects[0].Fields), "noid@example.com") {
		t.Errorf("rejects %+v, %v", rejects, err)
	}
	if last, found, err := p.control.LastGood(ctx, run.Transformation, nil); err != nil || !found || last.ID != report.Run {
		t.Errorf("last good run %+v, %v, %v", last, found, err)
	}
	second, err := batch.Run(ctx, p.job(t))
	if err != nil || second.Run <= report.Run || second.Counts.Unchanged != 40 {
		t.Errorf("second run %+v, %v", second, err)
	}
}

func TestAFailedRunIsInTheHistory(t *testing.T) {
	ctx := context.Background()
	faults, err := oktasim.ParseFaults("page 1: 401 echoing the token for ever")
	if err != nil {
		t.Fatal(err)
	}
	p := newPlace(t, oktasim.Config{Users: 40, Seed: 2, Faults: faults})
	report, err := batch.Run(ctx, p.job(t))
	if err == nil || report.Exit != batch.ExitFailed || report.Status != control.Failed || report.Error == "" {
		t.Fatalf("report %+v, %v", report, err)
	}
	run, err := p.control.Run(ctx, report.Run)
	if err != nil || run.Status != control.Failed || run.Error != report.Error || run.ExitCode != 1 {
		t.Errorf("history %+v, %v", run, err)
	}
	if _, found, _ := p.control.LastGood(ctx, run.Transformation, nil); found {
		t.Error("a failed run counts as the last good one")
	}
	p.control.Close()
	files, err := filepath.Glob(filepath.Join(p.dir, "*"))
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte(oktasim.DefaultToken)) {
			t.Errorf("%s holds the token", f)
		}
	}
}

func TestACancelledRunIsInTheHistory(t *testing.T) {
	p := newPlace(t, oktasim.Config{Users: 400, Seed: 2})
	ctx, cancel := context.WithCancel(context.Background())
	job := p.job(t)
	job.HTTP.Trace = func(e webapi.Event) {
		if e.Kind == webapi.EventResponse {
			cancel()
		}
	}
	report, err := batch.Run(ctx, job)
	if err == nil || report.Exit != batch.ExitCancelled || report.Status != control.Cancelled {
		t.Fatalf("report %+v, %v", report, err)
	}
	run, err := p.control.Run(context.Background(), report.Run)
	if err != nil || run.Status != control.Cancelled {
		t.Errorf("history %+v, %v", run, err)
	}
	rows, err := p.site.Read(context.Background(), "SELECT count(*) FROM Custodian")
	if err != nil || rows[0][0] != int64(0) {
		t.Errorf("a cancelled run left %v, %v", rows, err)
	}
	if r, err := batch.Run(context.Background(), p.job(t)); err != nil || r.Counts.Inserted != 400 {
		t.Errorf("the next run: %+v, %v", r, err)
	}
}

func TestADocumentWithErrorsIsNoRun(t *testing.T) {
	ctx := context.Background()
	p := newPlace(t, oktasim.Config{})
	job := p.job(t)
	job.Script = amsx.Parse("bad.amsx", []byte("If 1 = 1\n"))
	report, err := batch.Run(ctx, job)
	var found amsx.Findings
	if !errors.As(err, &found) || report.Exit != batch.ExitDocument || report.Run != 0 {
		t.Fatalf("report %+v, %v", report, err)
	}
	if runs, err := p.control.Runs(ctx, control.RunFilter{}); err != nil || len(runs) != 0 {
		t.Errorf("history %+v, %v", runs, err)
	}
}

func TestOneRunAtATime(t *testing.T) {
	ctx := context.Background()
	p := newPlace(t, oktasim.Config{Users: 40, Seed: 2})
	job := p.job(t)
	lease, err := p.control.Acquire(ctx, job.Script.Name(), control.RunInfo{User: "ben"})
	if err != nil {
		t.Fatal(err)
	}
	report, err := batch.Run(ctx, job)
	var leased *control.LeasedError
	if !errors.As(err, &leased) || leased.User != "ben" || report.Exit != batch.ExitFailed || !strings.Contains(err.Error(), "ben") {
		t.Fatalf("report %+v, %v", report, err)
	}
	job.Wait = true
	waiting := make(chan string, 1)
	job.Log = waitLog{waiting}
	done := make(chan error, 1)
	go func() {
		_, err := batch.Run(ctx, job)
		done <- err
	}()
	<-waiting
	if err := lease.Release(ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Errorf("the run that waited: %v", err)
	}
}

type waitLog struct{ c chan string }

func (w waitLog) Waiting(reason string) {
	select {
	case w.c <- reason:
	default:
	}
}
func (waitLog) Progress(string, int64, int64)       {}
func (waitLog) Line(string, string, lexer.Position) {}
func (waitLog) Warn(string, string, lexer.Position) {}

// TestTestPack asks a host whether a pack is right.
func TestTestPack(t *testing.T) {
	ctx := context.Background()
	p := newPlace(t, oktasim.Config{Users: 3})
	key, err := control.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	for name, password := range map[string]string{"GOOD": oktasim.DefaultToken, "BAD": "00TestTokenNotRealAndWrong"} {
		_, err := p.control.AddPack(ctx, key, control.PackInput{Name: name, Type: control.NamedCredentials, Server: control.ApplicationServer, Domain: p.sim.URL, Username: "unused", Password: control.NewSecret(password)})
		if err != nil {
			t.Fatal(err)
		}
	}
	packs := &batch.Packs{DB: p.control, Key: func() (*control.Key, error) { return key, nil }}
	found, err := batch.TestPack(ctx, packs, "GOOD", webapi.Config{})
	if err != nil || len(found) < 2 {
		t.Errorf("a good pack: %q, %v", found, err)
	}
	_, err = batch.TestPack(ctx, packs, "BAD", webapi.Config{})
	if err == nil || !strings.Contains(err.Error(), "E0000011") || strings.Contains(err.Error(), "00Test") {
		t.Errorf("a wrong token: %v", err)
	}
	if _, err = batch.TestPack(ctx, packs, "GOD", webapi.Config{}); err == nil || !strings.Contains(err.Error(), "GOOD") {
		t.Errorf("a misspelt pack: %v", err)
	}
}
