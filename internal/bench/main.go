// Command bench measures amsx against a program written by hand for the same
// job, in turn in one run, and prints ratios. Single seconds of a shared
// machine say little; ratios of neighbouring runs do.
//
//	go run . -users 100000 -rounds 3
//
// Rows are numbered as in docs/performance.md. "bench hand URL TOKEN FILE" is the
// hand-written program.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

const token = "00TestTokenNotReal"

type bench struct {
	dir, amsx, self string
	users, rounds   int
	many            int
	charts          string // where charts are written; empty: nowhere
}

// A figure is one measured run.
type figure struct {
	wall, cpu, locked time.Duration
	peakMB            float64
}

func main() {
	if len(os.Args) == 5 && os.Args[1] == "hand" {
		if err := hand(os.Args[2], os.Args[3], os.Args[4]); err != nil {
			fmt.Fprintln(os.Stderr, "hand:", err)
			os.Exit(1)
		}
		return
	}
	b := &bench{}
	flag.IntVar(&b.users, "users", 100000, "users of the org")
	flag.IntVar(&b.rounds, "rounds", 3, "rounds; medians are printed")
	flag.IntVar(&b.many, "many", 1000000, "users of the memory row")
	rows := flag.String("rows", "", "what to measure: loop, record, speed, peers, latency, check, start, postgres, keys, memory, with commas between; empty: all")
	flag.StringVar(&b.charts, "charts", "", "a folder for charts of what is measured, as SVG")
	flag.Parse()
	if err := b.run(strings.FieldsFunc(*rows, func(r rune) bool { return r == ',' })); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (b *bench) run(rows []string) error {
	var err error
	if b.dir, err = os.MkdirTemp("", "amsx-bench"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	b.amsx, b.self = filepath.Join(b.dir, "amsx"), filepath.Join(b.dir, "bench")
	for _, c := range [][]string{{"go", "build", "-C", "../..", "-o", b.amsx, "./cmd/amsx"}, {"go", "build", "-o", b.self, "."}} {
		if out, err := exec.Command(c[0], c[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", strings.Join(c, " "), err, out)
		}
	}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		// A load above the number of cores means that strangers' work is in every second below.
		fmt.Printf("%d cores, load before: %s", runtime.NumCPU(), load)
	}
	for _, row := range []struct {
		name    string
		measure func() error
	}{
		{"loop", b.loop}, {"record", b.record}, {"speed", b.speed}, {"peers", b.peers}, {"latency", b.latency}, {"check", b.check}, {"start", b.start}, {"postgres", b.onServer}, {"keys", b.keys}, {"memory", b.memory},
	} {
		if len(rows) > 0 && !slices.Contains(rows, row.name) {
			continue
		}
		if err := row.measure(); err != nil {
			return fmt.Errorf("%s: %w", row.name, err)
		}
	}
	return nil
}

// speed is rows 1, 7 and 9: wall and CPU against the hand-written program, and how long
// the database is locked for writing as a second program sees it.
func (b *bench) speed() error {
	phases := []struct {
		name    string
		changed int
	}{{"first", 0}, {"unchanged", 0}, {"1 % changed", 1}}
	ours, theirs := map[string][]figure{}, map[string][]figure{}
	for round := range b.rounds {
		var files [2]string
		for i, who := range []string{"amsx", "hand"} {
			files[i] = b.file(who, round)
			if err := b.empty(files[i]); err != nil {
				return err
			}
		}
		if err := withoutTriggers(files[1]); err != nil {
			return err
		}
		for _, ph := range phases {
			sim, err := b.simulator(b.users, "--changed", strconv.Itoa(ph.changed))
			if err != nil {
				return err
			}
			f, err := b.sync(sim.url, files[0], ph.changed > 0)
			if err == nil {
				ours[ph.name] = append(ours[ph.name], f)
				f, err = b.measure("", b.self, "hand", sim.url, token, files[1])
				theirs[ph.name] = append(theirs[ph.name], f)
			}
			sim.stop()
			if err != nil {
				return fmt.Errorf("%s: %w", ph.name, err)
			}
		}
	}
	fmt.Printf("\nRows 1, 7 and 9: %d users into SQLite, %d rounds, medians\n\n", b.users, b.rounds)
	fmt.Printf("| | amsx s | by hand s | amsx ÷ by hand | amsx CPU s | by hand CPU s | CPU ÷ by hand | locked s | peak MB |\n|---|---|---|---|---|---|---|---|---|\n")
	picture := chart{file: "performance-sync.svg", title: fmt.Sprintf("Syncing %d users into SQLite", b.users), unit: "s"}
	for _, ph := range phases {
		o, t := ours[ph.name], theirs[ph.name]
		picture.groups = append(picture.groups, group{ph.name, []bar{{"amsx", median(o, wall)}, {"Go by hand", median(t, wall)}}})
		var ratio, work []float64
		for i := range o {
			ratio = append(ratio, wall(o[i])/wall(t[i]))
			work = append(work, cpu(o[i])/cpu(t[i]))
		}
		fmt.Printf("| %s | %.2f | %.2f | **%.2f** | %.2f | %.2f | %.2f | %.3f | %.0f |\n", ph.name, median(o, wall), median(t, wall), middle(ratio), median(o, cpu), median(t, cpu), middle(work), median(o, locked), median(o, peak))
	}
	return b.draw(picture)
}

// latency is row 5: wall against pages × 60 ms. The hand-written program shows
// what of it is the machine's: it does nothing but fetch and upsert.
func (b *bench) latency() error {
	const users, page = 10000, 60 * time.Millisecond
	sim, err := b.simulator(users, "--latency", page.String())
	if err != nil {
		return err
	}
	defer sim.stop()
	floor := (users / 200 * page).Seconds()
	phases := []string{"first", "unchanged"}
	var ours, theirs [2][]figure
	for round := range b.rounds {
		file, byHand := b.file("latency", round), b.file("latency-hand", round)
		if err := errors.Join(b.empty(file), b.empty(byHand), withoutTriggers(byHand)); err != nil {
			return err
		}
		for i := range phases {
			f, err := b.sync(sim.url, file, false)
			if err != nil {
				return err
			}
			ours[i] = append(ours[i], f)
			if f, err = b.measure("", b.self, "hand", sim.url, token, byHand); err != nil {
				return err
			}
			theirs[i] = append(theirs[i], f)
		}
	}
	fmt.Printf("\nRow 5: %d users at 60 ms a page, against %.1f s of pages, %d rounds, medians\n\n| | amsx s | amsx ÷ pages | by hand ÷ pages |\n|---|---|---|---|\n", users, floor, b.rounds)
	for i, phase := range phases {
		o, t := median(ours[i], wall), median(theirs[i], wall)
		fmt.Printf("| %s | %.2f | **%.3f** | %.3f |\n", phase, o, o/floor, t/floor)
	}
	return nil
}

// start is row 13: how long a run takes that finds nobody to read.
func (b *bench) start() error {
	sim, err := b.simulator(0)
	if err != nil {
		return err
	}
	defer sim.stop()
	file := b.file("start", 0)
	if err := b.credential(sim.url, file); err != nil {
		return err
	}
	var f []figure
	for range 5 * b.rounds {
		// Nobody probes the lock: a rival for it is no part of starting.
		x, err := b.measure("", b.amsx, "run", "okta_users", "--database", file, "--json", "--quiet")
		if err != nil {
			return err
		}
		f = append(f, x)
	}
	fmt.Printf("\nRow 13: a run of an org with nobody in it, median of %d: **%.0f ms**, %.0f ms of CPU, %.0f MB\n", len(f), 1000*median(f, wall), 1000*median(f, cpu), median(f, peak))
	return nil
}

// memory is row 8: the peak of a first sync of many users against one of few.
func (b *bench) memory() error {
	fmt.Printf("\nRow 8: peak memory of a first and an unchanged sync\n\n| users | first MB | unchanged MB | first s | unchanged s |\n|---|---|---|---|---|\n")
	for _, users := range []int{10000, b.many} {
		sim, err := b.simulator(users)
		if err != nil {
			return err
		}
		file := b.file("memory", users)
		var f [2]figure
		if err = b.empty(file); err == nil {
			for i := range f {
				if f[i], err = b.sync(sim.url, file, false); err != nil {
					break
				}
			}
		}
		sim.stop()
		if err != nil {
			return err
		}
		fmt.Printf("| %d | %.0f | %.0f | %.1f | %.1f |\n", users, f[0].peakMB, f[1].peakMB, f[0].wall.Seconds(), f[1].wall.Seconds())
	}
	return nil
}

func (b *bench) file(what string, n int) string {
	return filepath.Join(b.dir, fmt.Sprintf("%s-%d.db", what, n))
}

// withoutTriggers takes the triggers off the table that the hand-written
// program writes. They fill LoginKey and EmailKey for programs that do not, as
// this one does; and with them its first sync takes more than twice as long
// (5.1 s instead of 2.2 s, most of it in the kernel). The product writes whole
// sets and is no slower with them, so it keeps them.
func withoutTriggers(file string) error {
	c, err := sqlite.OpenConn(file, sqlite.OpenReadWrite)
	if err != nil {
		return err
	}
	defer c.Close()
	return sqlitex.ExecuteScript(c, "DROP TRIGGER Custodian_Keys_Insert; DROP TRIGGER Custodian_Keys_Update", nil)
}

// count is the number of rows of a table.
func count(file, table string) (int, error) {
	c, err := sqlite.OpenConn(file, sqlite.OpenReadWrite)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	n, err := sqlitex.ResultInt64(c.Prep("SELECT count(*) FROM " + table))
	return int(n), err
}

// empty makes a site database with its tables and nobody in them.
func (b *bench) empty(file string) error {
	sim, err := b.simulator(0)
	if err != nil {
		return err
	}
	defer sim.stop()
	_, err = b.sync(sim.url, file, false)
	return err
}

// sync is one run of the product. allow lets a run pass the fuse that 1 % of
// changed users never reaches, but an org of test size may.
func (b *bench) sync(url, file string, allow bool) (figure, error) {
	if err := b.credential(url, file); err != nil {
		return figure{}, err
	}
	args := []string{"run", "okta_users", "--database", file, "--json", "--quiet"}
	if allow {
		args = append(args, "--allow-once", "all")
	}
	return b.measure(file, b.amsx, args...)
}

// credential gives the runs of a site the simulator's address and token.
func (b *bench) credential(url, database string, more ...string) error {
	add := exec.Command(b.amsx, append([]string{"credential", "add", "OKTA_API", "--replace", "--domain", url, "--username", "unused", "--password-stdin", "--database", database}, more...)...)
	add.Env = b.env()
	add.Stdin = strings.NewReader(token + "\n")
	if out, err := add.CombinedOutput(); err != nil {
		return fmt.Errorf("credential add: %w\n%s", err, out)
	}
	return nil
}

func (b *bench) env() []string {
	return append(os.Environ(), "XDG_CONFIG_HOME="+filepath.Join(b.dir, "config"), "HOME="+b.dir)
}

// measure runs a command to its end; while it runs, lock is probed as another
// program would find it.
func (b *bench) measure(lock, name string, args ...string) (figure, error) {
	c := exec.Command(name, args...)
	c.Env = b.env()
	var out strings.Builder
	c.Stdout, c.Stderr = &out, &out
	stop, held := make(chan struct{}), make(chan time.Duration, 1)
	if lock != "" {
		go probe(lock, stop, held)
	} else {
		held <- 0
	}
	from := time.Now()
	err := c.Run()
	f := figure{wall: time.Since(from)}
	close(stop)
	f.locked = <-held
	if err != nil {
		return f, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out.String())
	}
	usage := c.ProcessState.SysUsage().(*syscall.Rusage)
	f.cpu = c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	f.peakMB = float64(usage.Maxrss) / 1024
	return f, nil
}

// probe tries to begin a write every millisecond and reports the longest time
// in which it could not.
func probe(file string, stop <-chan struct{}, held chan<- time.Duration) {
	var longest time.Duration
	defer func() { held <- longest }()
	c, err := sqlite.OpenConn(file, sqlite.OpenReadWrite)
	if err != nil {
		return
	}
	defer c.Close()
	c.SetBusyTimeout(0)
	var since time.Time
	for {
		select {
		case <-stop:
			return
		case <-time.After(time.Millisecond):
		}
		if err := sqlitex.ExecuteTransient(c, "BEGIN IMMEDIATE", nil); err == nil {
			_ = sqlitex.ExecuteTransient(c, "ROLLBACK", nil)
			since = time.Time{}
			continue
		}
		if since.IsZero() {
			since = time.Now()
		}
		longest = max(longest, time.Since(since))
	}
}

type simulator struct {
	url string
	cmd *exec.Cmd
}

func (b *bench) simulator(users int, more ...string) (*simulator, error) {
	c := exec.Command(b.amsx, append([]string{"okta-sim", "--users", strconv.Itoa(users), "--rate-limit", "100000000", "--token", token}, more...)...)
	c.Stderr = io.Discard
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("the simulator did not start: %w", err)
	}
	s := &simulator{strings.TrimSpace(line), c}
	if err := handFetch(s.url+firstPage, token, func([]byte) error { return nil }); err != nil {
		s.stop()
		return nil, fmt.Errorf("warm the simulator: %w", err)
	}
	return s, nil
}

func (s *simulator) stop() {
	_ = s.cmd.Process.Signal(os.Interrupt)
	_ = s.cmd.Wait()
}

func wall(f figure) float64   { return f.wall.Seconds() }
func cpu(f figure) float64    { return f.cpu.Seconds() }
func locked(f figure) float64 { return f.locked.Seconds() }
func peak(f figure) float64   { return f.peakMB }

func median(fs []figure, of func(figure) float64) float64 {
	var v []float64
	for _, f := range fs {
		v = append(v, of(f))
	}
	return middle(v)
}

func middle(v []float64) float64 {
	slices.Sort(v)
	if len(v) == 0 {
		return 0
	}
	return v[len(v)/2]
}
