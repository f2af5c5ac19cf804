package batch_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/batch"
	"github.com/amsx-lang/amsx/internal/oktasim"
)

// footprint is what the process holds.
type footprint struct {
	descriptors, goroutines int
	heap, resident          int64 // bytes
}

func (f footprint) String() string {
	return fmt.Sprintf("%d descriptors, %d goroutines, %.1f MB heap, %.1f MB resident", f.descriptors, f.goroutines, float64(f.heap)/1e6, float64(f.resident)/1e6)
}

func measured(t *testing.T) (f footprint) {
	t.Helper()
	runtime.GC()
	debug.FreeOSMemory()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return footprint{len(all), runtime.NumGoroutine(), int64(m.HeapAlloc), pages * int64(os.Getpagesize())}
}

// TestSoak runs small jobs one after another in one process, as many as
// AMSX_TEST_SOAK says: the flagship where nothing changed, where somebody did,
// as a test, and a script that fails. What the process holds does not grow.
func TestSoak(t *testing.T) {
	runs, err := strconv.Atoi(os.Getenv("AMSX_TEST_SOAK"))
	if err != nil || runs < 200 {
		t.Skip("set AMSX_TEST_SOAK to a number of runs, 200 or more")
	}
	ctx := context.Background()
	p := newPlace(t, oktasim.Config{Users: 5, Seed: 3})
	broken := p.job(t)
	broken.File = "broken.amsx"
	broken.Script = amsx.Parse(broken.File, []byte("SQLScalar(gone, \"SELECT Nothing FROM Custodian\")\n"))
	who := p.sim.Org().Users()[0].ID
	one := func(i int) {
		j := p.job(t)
		switch i % 10 {
		case 3, 7:
			if err := p.sim.Org().SetProfile(who, "title", fmt.Sprint("Engineer ", i)); err != nil {
				t.Fatal(err)
			}
		case 5:
			j.Testing = true
		case 9:
			if _, err := batch.Run(ctx, broken); err == nil {
				t.Fatal("the broken script ran")
			}
			return
		}
		if r, err := batch.Run(ctx, j); err != nil {
			t.Fatalf("run %d: %v", i, err)
		} else if changed := r.Result.Counts.Updated; i > 2 && changed != map[bool]int64{true: 1}[i%10 == 3 || i%10 == 7] {
			t.Fatalf("run %d updated %d rows", i, changed)
		}
	}
	var first footprint
	for i := range runs {
		if i == 100 { // whatever is made once has been made
			first = measured(t)
			t.Log("after 100 runs: ", first)
		}
		if i > 0 && i%(max(runs, 1000)/4) == 0 {
			t.Logf("after %d runs: %v", i, measured(t))
		}
		one(i)
		p.sim.ForgetRequests() // the simulator keeps what it was asked
	}
	last := measured(t)
	t.Logf("after %d runs: %v", runs, last)
	const some = 4 << 20
	if last.descriptors > first.descriptors || last.goroutines > first.goroutines || last.heap > first.heap+some || last.resident > first.resident+4*some {
		t.Errorf("it grew from %v to %v", first, last)
	}
}
