package batch_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/batch"
	"github.com/amsx-lang/amsx/internal/control"
	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/amsx-lang/amsx/internal/plan"
	"github.com/amsx-lang/amsx/internal/site"
)

// planned makes the plan of a job and keeps it in a file.
func planned(t *testing.T, j batch.Job, key *control.Key) (file string, err error) {
	t.Helper()
	j.Planning = true
	report, err := batch.Run(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	defer report.Result.Plan.Close()
	file = filepath.Join(t.TempDir(), "plan.json")
	return file, batch.SavePlan(j, report, batch.PlanOptions{File: file, Script: j.File, Key: func() (*control.Key, error) { return key, nil }})
}

func applied(t *testing.T, p *place, file string, key *control.Key, script *amsx.Script) (*batch.Report, error) {
	t.Helper()
	f, err := batch.OpenPlan(file, func() (*control.Key, error) { return key, nil })
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return batch.Apply(t.Context(), batch.Application{Plan: f, File: file, Script: script, Site: p.site, Control: p.control, User: "eve"})
}

func newKey(t *testing.T) *control.Key {
	t.Helper()
	key, err := control.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestAPlanOfTheFlagship: reviewed, applied, in the history; the same run
// afterwards finds nothing to do. The password of the pack is nowhere in the
// plan.
func TestAPlanOfTheFlagship(t *testing.T) {
	p := newPlace(t, oktasim.Config{Users: 40, Seed: 2})
	key := newKey(t)
	_, err := p.control.AddPack(t.Context(), key, control.PackInput{Name: "OKTA_API", Type: control.NamedCredentials, Server: control.ApplicationServer, Domain: p.sim.URL, Username: "unused", Password: control.NewSecret(oktasim.DefaultToken)})
	if err != nil {
		t.Fatal(err)
	}
	job := p.job(t)
	job.Packs = &batch.Packs{DB: p.control, Key: func() (*control.Key, error) { return key, nil }, Used: job.Script.Name()}
	job.Parameters = map[string]string{"IncludeFormerStaff": "True"}
	file, err := planned(t, job, key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(text) {
		t.Error("the plan is no JSON")
	}
	for _, form := range []string{oktasim.DefaultToken, base64.StdEncoding.EncodeToString([]byte(oktasim.DefaultToken)), strings.SplitN(key.Reveal().Reveal(), "\n", 2)[0]} {
		if bytes.Contains(text, []byte(form)) {
			t.Errorf("the plan holds a secret, as %q", form[:6])
		}
	}
	requests := len(p.sim.Requests())
	report, err := applied(t, p, file, key, job.Script)
	if err != nil || report.Counts.Inserted != 40 || len(p.sim.Requests()) != requests {
		t.Fatalf("%+v, %v, %d requests more", report, err, len(p.sim.Requests())-requests)
	}
	run, err := p.control.Run(t.Context(), report.Run)
	if err != nil || run.Test || run.Status != control.Completed || run.File != job.File || run.User != "eve" || run.Counts.Inserted != 40 || run.Parameters["IncludeFormerStaff"] != "True" {
		t.Errorf("history %+v, %v", run, err)
	}
	log, err := p.control.RunLog(t.Context(), report.Run)
	if err != nil || len(log) != 1 || !strings.Contains(log[0].Message, "applies the plan "+file+" of okta_users.amsx, which ada made at ") {
		t.Errorf("log %+v, %v", log, err)
	}
	next, err := batch.Run(t.Context(), job)
	if err != nil || next.Counts.Unchanged != 40 {
		t.Errorf("the next run: %+v, %v", next.Counts, err)
	}
	report, err = applied(t, p, file, key, job.Script)
	var stale *site.StaleError
	if !errors.As(err, &stale) || report.Exit != batch.ExitPlan {
		t.Errorf("applied twice: %+v, %v", report, err)
	}
	if run, err := p.control.Run(t.Context(), report.Run); err != nil || run.Status != control.Failed || run.ExitCode != 5 {
		t.Errorf("history %+v, %v", run, err)
	}
}

// TestASecretIsNoPartOfAPlan: a plan that would hold the token of a pack that
// the run has opened is not written.
func TestASecretIsNoPartOfAPlan(t *testing.T) {
	p := newPlace(t, oktasim.Config{Users: 4, Seed: 2})
	job := p.job(t)
	job.Planning = true
	job.Script = amsx.Parse("note.amsx", []byte("Credential okta, \"OKTA_API\"\nSqlExecute \"INSERT INTO Department(DepartmentName) VALUES ('x')\"\n"))
	report, err := batch.Run(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	defer report.Result.Plan.Close()
	job.Parameters = map[string]string{"Note": "my " + oktasim.DefaultToken}
	file := filepath.Join(t.TempDir(), "plan.json")
	err = batch.SavePlan(job, report, batch.PlanOptions{File: file, Key: func() (*control.Key, error) { return control.NewKey() }})
	if err == nil || !strings.Contains(err.Error(), "it would hold a secret of a credential pack") || strings.Contains(err.Error(), oktasim.DefaultToken) {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is there: %v", err)
	}
}

// TestAForgedPlan: who has a copy of the site's folder, and a key of their own,
// makes a plan that nobody applies.
func TestAForgedPlan(t *testing.T) {
	p := newPlace(t, oktasim.Config{Users: 4, Seed: 2})
	job, mine, theirs := p.job(t), newKey(t), newKey(t)
	file, err := planned(t, job, theirs)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	check := func(want string) {
		t.Helper()
		report, err := applied(t, p, file, mine, job.Script)
		var refused *plan.Error
		if !errors.As(err, &refused) || report != nil || batch.ExitCode(err) != batch.ExitPlan || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v, %v; want %q", report, err, want)
		}
	}
	check("it was signed with the master key " + theirs.ID())
	if err := os.WriteFile(file, bytes.Replace(text, []byte(theirs.ID()), []byte(mine.ID()), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	check("it is not as amsx plan wrote it")
	rows, err := p.site.Read(t.Context(), "SELECT count(*) FROM Custodian")
	if err != nil || rows[0][0] != int64(0) {
		t.Errorf("the site has %v people, %v", rows, err)
	}
}

// TestAnApplyingHoldsTheTransformation: no run of it beside the applying.
func TestAnApplyingHoldsTheTransformation(t *testing.T) {
	p := newPlace(t, oktasim.Config{Users: 4, Seed: 2})
	job, key := p.job(t), newKey(t)
	file, err := planned(t, job, key)
	if err != nil {
		t.Fatal(err)
	}
	lease, err := p.control.Acquire(t.Context(), job.Script.Name(), control.RunInfo{User: "ben"})
	if err != nil {
		t.Fatal(err)
	}
	report, err := applied(t, p, file, key, job.Script)
	var leased *control.LeasedError
	if !errors.As(err, &leased) || leased.User != "ben" || report.Run != 0 || report.Exit != batch.ExitFailed {
		t.Errorf("%+v, %v", report, err)
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if report, err := applied(t, p, file, key, job.Script); err != nil || report.Counts.Inserted != 4 {
		t.Errorf("%+v, %v", report, err)
	}
}

// TestWhatIsNewSinceAPlan: a run that asks what is new since the last good one
// asks since the plan was made, or it would miss what came before it was
// applied.
func TestWhatIsNewSinceAPlan(t *testing.T) {
	p := newPlace(t, oktasim.Config{})
	job, key := p.job(t), newKey(t)
	job.Script = amsx.Parse("since.amsx", []byte("Log \"info\", %LASTGOODRUN%\nSqlExecute \"INSERT INTO Location(LocationName) VALUES ('Bern')\"\n"))
	made := time.Now().Truncate(time.Second)
	file, err := planned(t, job, key)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(2100 * time.Millisecond)
	report, err := applied(t, p, file, key, job.Script)
	if err != nil {
		t.Fatal(err)
	}
	job.Testing = true
	again, err := batch.Run(context.Background(), job)
	if err == nil {
		t.Fatal("the location is there already, so the run should fail")
	}
	log, err := p.control.RunLog(t.Context(), again.Run)
	if err != nil || len(log) != 1 {
		t.Fatalf("%+v, %v", log, err)
	}
	since, err := time.Parse(time.RFC3339, log[0].Message)
	if err != nil || since.Before(made) || since.Sub(made) > 2*time.Second {
		t.Errorf("new since %s (%v); the plan is of %s, applied %s", log[0].Message, err, made, report.Started)
	}
}
