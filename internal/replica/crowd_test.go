package replica_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/amsx-lang/amsx/internal/replica"
	"github.com/amsx-lang/amsx/internal/site"
)

// same compares what a copy has with what the server has, and what the copy
// believes of the sizes of the tables with what they are.
func (w *world) same(what string, d *site.Database) {
	w.t.Helper()
	for _, q := range []struct{ copied, server string }{
		{"SELECT CustodianID, OktaID, Login, LoginKey, City, Active, HireDate FROM Custodian", "SELECT custodianid, oktaid, login, loginkey, city, CASE WHEN active THEN 'True' ELSE 'False' END, hiredate FROM site.custodian"},
		{"SELECT RunID, TableName, RowID, Action, Old FROM amsx_change", "SELECT runid, tablename, rowid, action, old FROM amsx.change"},
		{"SELECT RunID, Inserted, Updated, Deleted FROM amsx_run", "SELECT runid, inserted, updated, deleted FROM amsx.run"},
		{"SELECT RowCount FROM amsx_copy_table WHERE Name IN ('\"site\".\"custodian\"', '\"amsx\".\"change\"')", "SELECT count(*) FROM site.custodian UNION ALL SELECT count(*) FROM amsx.change"},
	} {
		want := strings.Split(w.server(q.server), "\n")
		got := strings.Split(w.copied(d, q.copied), "\n")
		if missing, more := difference(want, got), difference(got, want); len(missing)+len(more) > 0 {
			w.t.Errorf("%s: %s\nthe copy lacks\n%s\nand has\n%s", what, q.copied, strings.Join(missing, "\n"), strings.Join(more, "\n"))
		}
	}
}

func difference(a, b []string) []string {
	n := make(map[string]int)
	for _, s := range b {
		n[s]++
	}
	var out []string
	for _, s := range a {
		if n[s]--; n[s] < 0 {
			out = append(out, s)
		}
	}
	return out
}

// Several programs of two machines and one that is not amsx write at the same
// time; in the end all copies are what the server has.
func TestCrowd(t *testing.T) {
	const enough = 40
	w := newWorld(t)
	one, two := filepath.Join(t.TempDir(), "copy.db"), filepath.Join(t.TempDir(), "copy.db")
	var number, done atomic.Int64
	ctx, cancel := context.WithCancel(t.Context()) // when there were runs enough
	defer cancel()
	var all sync.WaitGroup
	var programs []*site.Database
	for i, file := range []string{one, one, two} {
		server, err := replica.Open(t.Context(), w.url, replica.Options{})
		if err != nil {
			t.Fatal(err)
		}
		d, err := site.Open(t.Context(), file, site.Options{Upstream: server})
		if err != nil {
			t.Fatal(err)
		}
		programs = append(programs, d)
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 7))
			for ctx.Err() == nil {
				s, err := d.Begin(t.Context(), site.RunInfo{RunID: number.Add(1), Transformation: fmt.Sprint("T", i), AllowOnce: []string{"all"}})
				if err != nil {
					t.Error(err)
					return
				}
				switch r.IntN(3) {
				case 0:
					err = direct(s, fmt.Sprintf("UPDATE Custodian SET City = 'c%d' WHERE CustodianID %% 7 = %d", r.IntN(1000), r.IntN(7)))
				case 1:
					err = direct(s, fmt.Sprintf("DELETE FROM Custodian WHERE CustodianID %% 11 = %d", r.IntN(11)))
				default:
					for range 20 {
						n := r.IntN(60)
						if err = upsert(s, [3]string{fmt.Sprint("u", n), fmt.Sprintf("p%d.%d", n, r.IntN(5)), ""}); err != nil {
							break
						}
					}
				}
				if err == nil {
					_, err = s.Finish(t.Context())
				}
				if err != nil {
					t.Error(err)
					s.Abort()
					return
				}
				if done.Add(1) == enough {
					cancel()
				}
			}
		})
	}
	human := connect(t, w.url)
	all.Go(func() {
		r := rand.New(rand.NewPCG(9, 9))
		for ctx.Err() == nil {
			for _, q := range []string{
				fmt.Sprintf("BEGIN; SAVEPOINT a; UPDATE site.custodian SET city = 'h%d' WHERE custodianid %% 5 = %d; RELEASE a", r.IntN(1000), r.IntN(5)),
				"SELECT pg_sleep(0.05)", "COMMIT",
				fmt.Sprintf("INSERT INTO site.custodian(oktaid, login) VALUES ('h%d', 'h')", time.Now().UnixNano()),
				"DELETE FROM site.custodian WHERE login = 'h' AND custodianid % 3 = 0",
			} {
				if _, err := human.Exec(t.Context(), q); err != nil {
					t.Error(q, err)
					return
				}
			}
		}
	})
	all.Wait()
	if done.Load() < enough {
		t.Errorf("only %d runs were made", done.Load())
	}
	for i, d := range programs {
		w.same(fmt.Sprint("program ", i), d)
	}
}

// What the server has and the copy could not keep, for want of disk or because
// the program was killed, is there when the next run begins; once.
func TestCopyLosesItsCommit(t *testing.T) {
	w := newWorld(t)
	server, err := replica.Open(t.Context(), w.url, replica.Options{})
	if err != nil {
		t.Fatal(err)
	}
	loses := &forgetful{Upstream: server}
	a, err := site.Open(t.Context(), filepath.Join(t.TempDir(), "copy.db"), site.Options{Upstream: loses})
	if err != nil {
		t.Fatal(err)
	}
	w.must(w.run(a, func(s *site.Session) error {
		return upsert(s, [3]string{"u1", "ada", ""}, [3]string{"u2", "bob", ""}, [3]string{"u3", "cleo", ""})
	}))
	loses.on = true
	for range 3 {
		_, err = w.run(a, func(s *site.Session) error {
			if err := direct(s, "DELETE FROM Custodian WHERE OktaID = 'u2'"); err != nil {
				return err
			}
			return upsert(s, [3]string{"u1", "ada2", ""}, [3]string{"u4", "dan", ""})
		})
		if err == nil || !strings.Contains(err.Error(), "the run was written on postgres://") {
			t.Fatalf("%v", err)
		}
	}
	loses.on = false
	w.same("afterwards", a)
	w.equal("the server", w.server("SELECT custodianid, oktaid, login FROM site.custodian ORDER BY 1"), "1 | u1 | ada2\n3 | u3 | cleo\n4 | u4 | dan")
	w.must(w.run(a, func(s *site.Session) error { return upsert(s, [3]string{"u5", "eve", ""}) }))
	w.same("one more", a)
}

// A forgetful server's copy loses its transaction when the server has committed,
// or something else happens then.
type forgetful struct {
	site.Upstream
	on    bool
	after func()
}

func (f *forgetful) Lock(ctx context.Context) (site.UpstreamLock, error) {
	l, err := f.Upstream.Lock(ctx)
	if err != nil || !f.on {
		return l, err
	}
	return &forgetfulLock{UpstreamLock: l, after: f.after}, nil
}

type forgetfulLock struct {
	site.UpstreamLock
	c     *sqlite.Conn
	after func()
}

func (l *forgetfulLock) Refresh(c *sqlite.Conn) (bool, error) {
	l.c = c
	return l.UpstreamLock.Refresh(c)
}

func (l *forgetfulLock) Commit() error {
	if err := l.UpstreamLock.Commit(); err != nil {
		return err
	}
	if l.after != nil {
		l.after()
		return nil
	}
	st, _, err := l.c.PrepareTransient("ROLLBACK")
	if err != nil {
		return err
	}
	defer st.Finalize()
	_, err = st.Step()
	return err
}

// What the server has is written here too, when the program is told to stop
// between the two.
func TestStoppedAfterTheServerHasIt(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(ctx context.Context, a *site.Database) error
		left string
	}{
		{"a run", func(ctx context.Context, a *site.Database) error {
			s, err := a.Begin(ctx, site.RunInfo{RunID: 2, Transformation: "T", AllowOnce: []string{"all"}})
			if err != nil {
				return err
			}
			defer s.Abort()
			if err := direct(s, "DELETE FROM Custodian WHERE Login = 'ada'"); err != nil {
				return err
			}
			return s.Commit(t.Context())
		}, "bob"},
		{"forget", func(ctx context.Context, a *site.Database) error {
			_, err := a.Forget(ctx, "Custodian", "ada", false)
			return err
		}, "bob"},
		{"prune", func(ctx context.Context, a *site.Database) error {
			_, err := a.Prune(ctx, time.Now().Add(time.Hour), false)
			return err
		}, "ada\nbob"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			server, err := replica.Open(t.Context(), w.url, replica.Options{})
			if err != nil {
				t.Fatal(err)
			}
			stops := &forgetful{Upstream: server}
			a, err := site.Open(t.Context(), filepath.Join(t.TempDir(), "copy.db"), site.Options{Upstream: stops})
			if err != nil {
				t.Fatal(err)
			}
			w.must(w.run(a, func(s *site.Session) error {
				return upsert(s, [3]string{"u1", "ada", ""}, [3]string{"u2", "bob", ""})
			}))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			stops.after = sync.OnceFunc(cancel)
			stops.on = true
			_ = tt.do(ctx, a) // that it was stopped may be said; what it wrote counts
			stops.on = false
			rows, err := a.Read(t.Context(), "SELECT group_concat(Login, char(10)) FROM (SELECT Login FROM Custodian ORDER BY Login)")
			if got := fmt.Sprint(rows); err != nil || got != "[["+tt.left+"]]" {
				t.Errorf("the copy has %s, %v", got, err)
			}
			w.equal("the server", w.server("SELECT login FROM site.custodian ORDER BY 1"), tt.left)
			w.same("then", a)
		})
	}
}
