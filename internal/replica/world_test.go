package replica_test

import (
	"context"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/amsx-lang/amsx/internal/pgtest"
	"github.com/amsx-lang/amsx/internal/replica"
	"github.com/amsx-lang/amsx/internal/site"
	"github.com/amsx-lang/amsx/runtime"
)

// A world is a site on a server, which several machines use.
type world struct {
	t     *testing.T
	url   string
	other *pgx.Conn // of a program that is not amsx
	runs  int64
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, url: pgtest.Database(t)}
	w.machine() // makes the tables
	var err error
	if w.other, err = pgx.Connect(t.Context(), w.url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.other.Close(context.Background()) })
	return w
}

// machine opens the site from a machine that has no copy of it yet.
func (w *world) machine() *site.Database {
	w.t.Helper()
	d, err := open(w.t.Context(), w.url, filepath.Join(w.t.TempDir(), "copy.db"))
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

// open opens a site whose runs soon give up waiting.
func open(ctx context.Context, url, file string) (*site.Database, error) {
	return openFor(ctx, url, file, 500*time.Millisecond)
}

// openFor opens a site whose runs wait so long for others; 0: as real ones do.
func openFor(ctx context.Context, url, file string, wait time.Duration) (*site.Database, error) {
	server, err := replica.Open(ctx, url, replica.Options{Wait: wait})
	if err != nil {
		return nil, err
	}
	return site.Open(ctx, file, site.Options{Upstream: server, BusyWait: wait})
}

// server runs SQL as another program does, and returns its rows as text.
func (w *world) server(q string) string {
	w.t.Helper()
	rows, err := w.other.Query(w.t.Context(), q, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		w.t.Fatal(q, err)
	}
	var out []string
	for rows.Next() {
		var f []string
		for _, v := range rows.RawValues() {
			if v == nil {
				f = append(f, "-")
			} else {
				f = append(f, string(v))
			}
		}
		out = append(out, strings.Join(f, " | "))
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(q, err)
	}
	return strings.Join(out, "\n")
}

// run runs f in a run of its own, and merges.
func (w *world) run(d *site.Database, f func(*site.Session) error) (*site.Result, error) {
	w.t.Helper()
	w.runs++
	s, err := d.Begin(w.t.Context(), site.RunInfo{RunID: w.runs, Transformation: "T", AllowOnce: []string{"all"}})
	if err != nil {
		w.t.Fatal(err)
	}
	defer s.Abort()
	if err := f(s); err != nil {
		return nil, err
	}
	return s.Finish(w.t.Context())
}

// upsert gives records of OktaID, Login and HireDate.
func upsert(s *site.Session, records ...[3]string) error {
	g, err := s.Open(context.Background(), runtime.TargetSpec{Table: "Custodian", Source: "S", Key: []string{"OktaID"}, Columns: []runtime.TargetColumn{{Name: "OktaID"}, {Name: "Login"}, {Name: "HireDate"}}})
	if err != nil {
		return err
	}
	for _, r := range records {
		values := make([]runtime.Value, 3)
		for i, v := range r {
			if values[i] = runtime.Text(v); v == "" {
				values[i] = runtime.Null()
			}
		}
		if _, err := g.Upsert(context.Background(), runtime.Record{Values: values}); err != nil {
			return err
		}
	}
	return nil
}

func direct(s *site.Session, q string) error {
	_, err := s.Exec(context.Background(), runtime.Query{SQL: q})
	return err
}

func (w *world) must(r *site.Result, err error) *site.Result {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// copied reads what a run on the machine would see.
func (w *world) copied(d *site.Database, q string) string {
	w.t.Helper()
	s, err := d.Begin(w.t.Context(), site.RunInfo{Testing: true})
	if err != nil {
		w.t.Fatal(err)
	}
	defer s.Abort()
	c, err := s.Query(w.t.Context(), runtime.Query{SQL: q})
	if err != nil {
		w.t.Fatal(q, err)
	}
	defer c.Close()
	var out []string
	for {
		row, err := c.Next(w.t.Context())
		if err == io.EOF {
			break
		}
		if err != nil {
			w.t.Fatal(q, err)
		}
		var f []string
		for _, v := range row {
			if v.IsNull() {
				f = append(f, "-")
			} else {
				f = append(f, v.Text())
			}
		}
		out = append(out, strings.Join(f, " | "))
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

func (w *world) equal(what, got, want string) {
	w.t.Helper()
	if got != want {
		w.t.Errorf("%s:\n%s\nwant\n%s", what, got, want)
	}
}
