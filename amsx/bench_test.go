package amsx_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/amsx-lang/amsx/transformations"
)

// BenchmarkSync is the transformation that ships, over HTTP and into SQLite,
// with the simulator in the same process: for profiles. What `make bench`
// measures from outside is the figure to quote.
func BenchmarkSync(b *testing.B) {
	const users = 20000
	source, err := transformations.FS().ReadFile("okta_users.amsx")
	if err != nil {
		b.Fatal(err)
	}
	script := amsx.Parse("okta_users.amsx", source)
	start := func(changed int) *oktasim.Server {
		sim, err := oktasim.Start(oktasim.Config{Users: users, Changed: changed, RateLimit: 1 << 30})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { sim.Close() })
		return sim
	}
	open := func() *amsx.Site {
		s, err := amsx.OpenSite(b.Context(), filepath.Join(b.TempDir(), "amsx.db"))
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	var locked time.Duration
	sync := func(s *amsx.Site, sim *oktasim.Server, want func(amsx.Counts) bool) {
		r, err := script.Run(context.Background(), amsx.RunOptions{
			Site: s, Packs: amsx.Pack{Domain: sim.URL, Username: "unused", Password: oktasim.DefaultToken},
		})
		if err != nil {
			b.Fatal(err)
		}
		if r.Counts.Read != users || !want(r.Counts) {
			b.Fatalf("counts %+v", r.Counts)
		}
		locked += r.Locked
	}
	perRun := func(b *testing.B) { b.ReportMetric(locked.Seconds()/float64(b.N), "locked-s/op") }
	inserted := func(c amsx.Counts) bool { return c.Inserted == users }
	unchanged := func(c amsx.Counts) bool { return c.Unchanged == users }
	changed := func(c amsx.Counts) bool { return c.Updated > users/200 && c.Updated < users/50 }

	same, other := start(0), start(1)
	sync(open(), same, inserted) // the simulator keeps its pages from now on
	b.Run("first", func(b *testing.B) {
		locked = 0
		for b.Loop() {
			b.StopTimer()
			s := open()
			b.StartTimer()
			sync(s, same, inserted)
		}
		perRun(b)
	})
	b.Run("unchanged", func(b *testing.B) {
		s := open()
		sync(s, same, inserted)
		locked = 0
		for b.Loop() {
			sync(s, same, unchanged)
		}
		perRun(b)
	})
	b.Run("changed", func(b *testing.B) {
		s := open()
		sync(s, same, inserted)
		locked = 0
		for sims := [2]*oktasim.Server{other, same}; b.Loop(); sims[0], sims[1] = sims[1], sims[0] {
			sync(s, sims[0], changed)
		}
		perRun(b)
	})
}
