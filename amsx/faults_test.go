package amsx_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/amsx-lang/amsx/transformations"
)

// A jumpClock is a clock whose waits take no time. The client and the
// simulator share it.
type jumpClock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *jumpClock { return &jumpClock{now: time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC)} }

func (c *jumpClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *jumpClock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	c.now = c.now.Add(d)
	c.mu.Unlock()
	return ctx.Err()
}

// An org is a simulated OKTA and a site that reads it.
type org struct {
	t     *testing.T
	sim   *oktasim.Server
	site  *amsx.Site
	clock *jumpClock
	dir   string
	runs  int64
	log   []string // everything that the runs said
}

func newOrg(t *testing.T, cfg oktasim.Config) *org {
	t.Helper()
	o := &org{t: t, clock: newClock(), dir: t.TempDir()}
	cfg.Now = o.clock.Now
	var err error
	if o.sim, err = oktasim.Start(cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.sim.Close() })
	if o.site, err = amsx.OpenSite(context.Background(), filepath.Join(o.dir, "amsx.db")); err != nil {
		t.Fatal(err)
	}
	return o
}

// flagship is the document that ships.
func flagship(t *testing.T) *amsx.Script {
	t.Helper()
	source, err := transformations.FS().ReadFile("okta_users.amsx")
	if err != nil {
		t.Fatal(err)
	}
	return amsx.Parse("okta_users.amsx", source)
}

// run runs the flagship once; change adapts the options.
func (o *org) run(change func(*amsx.RunOptions)) (*amsx.Result, error) {
	o.t.Helper()
	return o.runScript(flagship(o.t), change)
}

func (o *org) runScript(s *amsx.Script, change func(*amsx.RunOptions)) (*amsx.Result, error) {
	o.t.Helper()
	o.runs++
	opts := amsx.RunOptions{
		Site: o.site, RunID: o.runs, Fence: o.runs, User: "test", Now: o.clock.Now,
		Packs: amsx.Pack{Domain: o.sim.URL, Username: "unused", Password: oktasim.DefaultToken},
		HTTP: amsx.HTTP{
			Clock: o.clock, Jitter: func() float64 { return 0.5 },
			Limits: amsx.HTTPLimits{IdleReadTimeout: 300 * time.Millisecond, RequestTimeout: 2 * time.Second, MaxResponseBytes: 4 << 20, MaxRetries: 3},
			Trace:  func(e amsx.HTTPEvent) { o.say(fmt.Sprintf("%+v", e)) },
		},
	}
	if change != nil {
		change(&opts)
	}
	r, err := s.Run(context.Background(), opts)
	if err != nil {
		o.say(err.Error())
	}
	for _, w := range r.Warnings {
		o.say(w.Text)
	}
	for _, x := range r.Rejects {
		o.say(x.Key + x.Reason + x.JSON)
	}
	return r, err
}

func (o *org) say(text string) { o.log = append(o.log, text) }

// rows reads a query of the site.
func (o *org) rows(query string) [][]any {
	o.t.Helper()
	rows, err := o.site.Read(context.Background(), query)
	if err != nil {
		o.t.Fatal(err)
	}
	return rows
}

const everyone = "SELECT CustodianID, OktaID, Source, Login, LoginKey, Email, FullName, Department, ManagerID, Status, Active FROM Custodian ORDER BY OktaID"

// unsaid fails when the token is in anything that was said or stored.
func (o *org) unsaid() {
	o.t.Helper()
	for _, l := range o.log {
		if strings.Contains(l, oktasim.DefaultToken) {
			o.t.Errorf("the token is in: %.200s", l)
		}
	}
}

// TestFaults runs the flagship through every fault at the first, a middle and
// the last page, once and for ever: the result is right, or the run fails and
// nothing is written.
func TestFaults(t *testing.T) {
	const users, limit = 30, 6 // five pages
	want := func() [][]any {
		o := newOrg(t, oktasim.Config{Users: users, Seed: 5, PageLimit: limit})
		if _, err := o.run(nil); err != nil {
			t.Fatal(err)
		}
		return o.rows(strings.Replace(everyone, "CustodianID, ", "", 1))
	}()
	if len(want) != users {
		t.Fatalf("%d custodians without a fault, want %d", len(want), users)
	}
	for _, effect := range []string{
		"truncated", "reset", "hangs", "slow drip", "429", "429 concurrency", "429 without headers", "429 reset negative", "429 reset absurd",
		"429 reset missing", "429 retry-after 3", "html 502", "apache 404", "400", "401", "403", "404", "500", "502", "503", "504",
		"401 echoing the token", "cursor invalid", "next points to page 1", "next to itself", "next to https://evil.example/api/v1/users?after=x",
		"redirect to evil.example", "header injection", "broken header", "empty", "short", "not an array", "array of texts", "gzip bomb",
		"bad utf-8", "bom", "invalid json", "10 GB body",
	} {
		t.Run(effect, func(t *testing.T) {
			t.Parallel()
			waits := effect == "hangs" || effect == "slow drip"
			for _, page := range []string{"page 1", "page 3", "last page"} {
				for _, often := range []string{"once", "for ever"} {
					script := page + ": " + effect + " " + often
					faults, err := oktasim.ParseFaults(script)
					if err != nil {
						t.Fatal(err)
					}
					o := newOrg(t, oktasim.Config{Users: users, Seed: 5, PageLimit: limit, Faults: faults})
					_, err = o.run(func(r *amsx.RunOptions) {
						if waits { // the only time that the clock cannot jump over
							r.HTTP.Limits.IdleReadTimeout, r.HTTP.Limits.RequestTimeout = 150*time.Millisecond, 300*time.Millisecond
						}
					})
					got := o.rows(strings.Replace(everyone, "CustodianID, ", "", 1))
					if err != nil && len(got) != 0 {
						t.Errorf("%s: the run failed and left %d rows: %v", script, len(got), err)
					}
					if err == nil {
						if diff := cmp.Diff(want, got); diff != "" && effect != "bad utf-8" {
							t.Errorf("%s: the run ended well with a wrong table:\n%.600s", script, diff)
						}
					}
					o.unsaid()
					for _, r := range o.sim.Requests() {
						if strings.Contains(fmt.Sprint(r), oktasim.DefaultToken) {
							t.Errorf("%s: the token is in the simulator's list", script)
						}
					}
				}
			}
		})
	}
}
