package amsx_test

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

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
	token string
	runs  int64
	log   []string // everything that the runs said
}

func newOrg(t *testing.T, cfg oktasim.Config) *org {
	t.Helper()
	return newOrgIn(t, cfg, t.TempDir())
}

// newOrgIn is newOrg whose site is in a folder.
func newOrgIn(t *testing.T, cfg oktasim.Config, dir string) *org {
	t.Helper()
	o := &org{t: t, clock: newClock(), dir: dir, token: cmp.Or(cfg.Token, oktasim.DefaultToken)}
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
		Packs: amsx.Pack{Domain: o.sim.URL, Username: "unused", Password: o.token},
		HTTP: amsx.HTTP{
			Clock: o.clock, Jitter: func() float64 { return 0.5 },
			Limits: amsx.HTTPLimits{IdleReadTimeout: 10 * time.Second, RequestTimeout: 20 * time.Second, MaxResponseBytes: 4 << 20, MaxRetries: 3},
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

// unsaid fails when the token is in anything that was said or stored, as it is
// or in a form in which it is easily read back.
func (o *org) unsaid() {
	o.t.Helper()
	forms := tokenForms(o.token)
	find := func(where, text string) {
		for _, f := range forms {
			if strings.Contains(text, f) {
				o.t.Errorf("%s holds the token as %s", where, f)
			}
		}
	}
	for _, l := range o.log {
		find(fmt.Sprintf("%.200s", l), l)
	}
	err := filepath.WalkDir(o.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		find(path, string(data))
		return err
	})
	if err != nil {
		o.t.Error(err)
	}
}

// tokenForms are the token, and what its base64 contains wherever it stands in
// a longer text, with what addresses and JSON make of it.
func tokenForms(token string) []string {
	all := []string{token, url.QueryEscape(token), url.PathEscape(token), hex.EncodeToString([]byte(token)), strings.ReplaceAll(token, "/", `\/`)}
	for shift := range 3 {
		// Three bytes make four characters; those at the rims mix with the neighbours.
		code := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("\x00", shift) + token))[4:]
		code = code[:len(code)-4]
		all = append(all, code, url.QueryEscape(code), strings.NewReplacer("+", "-", "/", "_").Replace(code))
	}
	return all
}
