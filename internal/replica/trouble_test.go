package replica_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/amsx-lang/amsx/internal/pgtest"
	"github.com/amsx-lang/amsx/internal/site"
)

// crew is how many rows a run of the child writes, all of them the same.
const crew = 300

// crewRun gives everybody the run's number as date of hire.
func crewRun(ctx context.Context, d *site.Database, run int64) error {
	s, err := d.Begin(ctx, site.RunInfo{RunID: run, Transformation: "crew", AllowOnce: []string{"all"}})
	if err != nil {
		return err
	}
	defer s.Abort()
	var records [][3]string
	for i := range crew {
		records = append(records, [3]string{fmt.Sprint("u", i), fmt.Sprint("p", i), time.Unix(0, 0).AddDate(0, 0, int(run)).Format(time.DateOnly)})
	}
	if err := upsert(s, records...); err != nil {
		return err
	}
	_, err = s.Finish(ctx)
	return err
}

// TestChild is the program that TestKill kills.
func TestChild(t *testing.T) {
	args := strings.Fields(os.Getenv("AMSX_TEST_CHILD"))
	if len(args) == 0 {
		return
	}
	run, err := strconv.ParseInt(args[2], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	d, err := open(t.Context(), args[0], args[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := crewRun(t.Context(), d, run); err != nil {
		t.Fatal(err)
	}
}

// kill -9 at a random point of a run leaves the server in the old or the new
// state, the next run of the machine is right, and so is another machine's.
func TestKill(t *testing.T) {
	kills := 15
	if n, err := strconv.Atoi(os.Getenv("AMSX_TEST_KILLS")); err == nil {
		kills = n
	}
	w := newWorld(t)
	file := filepath.Join(t.TempDir(), "copy.db")
	if _, err := open(t.Context(), w.url, file); err != nil {
		t.Fatal(err)
	}
	var longest time.Duration
	old, made, run := 0, 0, int64(0)
	for range kills + 1 { // the first one is not killed, to see how long it takes
		run++
		cmd := exec.Command(os.Args[0], "-test.run=^TestChild$")
		cmd.Env = append(os.Environ(), fmt.Sprintf("AMSX_TEST_CHILD=%s %s %d", w.url, file, run))
		began := time.Now()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if longest > 0 {
			timer := time.AfterFunc(rand.N(longest), func() { _ = cmd.Process.Kill() })
			defer timer.Stop()
		}
		err := cmd.Wait()
		if longest == 0 {
			longest = time.Since(began) * 5 / 4
		}
		state := w.server("SELECT count(*), count(DISTINCT hiredate), coalesce(max(hiredate) - date '1970-01-01', 0), (SELECT coalesce(max(runid), 0) FROM amsx.run), (SELECT count(*) FROM amsx.change c WHERE c.runid = (SELECT max(runid) FROM amsx.run)) FROM site.custodian")
		var rows, dates, date, last, changes int64
		if _, serr := fmt.Sscanf(state, "%d | %d | %d | %d | %d", &rows, &dates, &date, &last, &changes); serr != nil {
			t.Fatal(serr)
		}
		whole := rows == 0 && last == 0 || rows == crew && dates == 1 && date == last && changes == crew
		if !whole || err == nil && last != run {
			t.Fatalf("after run %d (%v): %d rows with %d dates, of run %d; the last run is %d with %d changes", run, err, rows, dates, date, last, changes)
		}
		if last == run {
			made++
		} else {
			old++
		}
	}
	t.Logf("%d kills: %d left the old state, %d runs were whole", kills, old, made)
	run++
	d, err := open(t.Context(), w.url, file)
	if err != nil {
		t.Fatal(err)
	}
	if err := crewRun(t.Context(), d, run); err != nil {
		t.Fatal(err)
	}
	all := "SELECT OktaID, Login, HireDate, CustodianID FROM Custodian"
	w.equal("the copies", w.copied(d, all), w.copied(w.machine(), all))
	if n := w.server("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"); n != "0" {
		t.Errorf("%s locks are left", n)
	}
}

// The server is restarted, or gone, at each point of a run: the run goes on, or
// it says what happened and has written nothing; the next one is right.
func TestServerRestarts(t *testing.T) {
	server, err := pgtest.Start()
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("needs PostgreSQL: it is not installed, and one on another machine cannot be restarted")
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	w := &world{t: t, url: server.URL("postgres")}
	file := filepath.Join(t.TempDir(), "copy.db")
	d, err := open(t.Context(), w.url, file)
	if err != nil {
		t.Fatal(err)
	}
	restart := func(crash bool) {
		t.Helper()
		if err := server.Restart(crash); err != nil {
			t.Fatal(err)
		}
	}
	rows := func() string {
		t.Helper()
		w.other = connect(t, w.url)
		return w.server("SELECT count(*) FROM site.custodian")
	}
	for i, crash := range []bool{false, true} {
		// While it reads, the run does not use the server.
		w.must(w.run(d, func(s *site.Session) error {
			if err := upsert(s, [3]string{fmt.Sprint("a", i), fmt.Sprint("a", i), ""}); err != nil {
				return err
			}
			restart(crash)
			return nil
		}))
		// From its first direct write on, it has a transaction there.
		_, err := w.run(d, func(s *site.Session) error {
			if err := direct(s, fmt.Sprintf("INSERT INTO Custodian(Login) VALUES ('b%d')", i)); err != nil {
				return err
			}
			restart(crash)
			return nil
		})
		if err == nil || !strings.Contains(err.Error(), "nothing was written") {
			t.Errorf("crash %v: %v", crash, err)
		}
		if got := rows(); got != fmt.Sprint(i+1) {
			t.Errorf("the server has %s rows", got)
		}
	}
	server.Halt(false)
	if _, err := open(t.Context(), w.url, file); err == nil || !strings.Contains(err.Error(), "the server cannot be reached") {
		t.Errorf("while it is down: %v", err)
	}
	if err := server.Resume(); err != nil {
		t.Fatal(err)
	}
	w.must(w.run(d, func(s *site.Session) error { return upsert(s, [3]string{"c", "c", ""}) }))
	if got := rows(); got != "3" {
		t.Errorf("the server has %s rows", got)
	}
	w.equal("the copy", w.copied(d, "SELECT OktaID FROM Custodian"), "a0\na1\nc")
}

// A line to the server that is cut at the commit, before it gets there or after.
type line struct {
	net.Listener
	server string
	mu     sync.Mutex
	cut    string // "before", "after" or ""
}

func newLine(t *testing.T, server string) *line {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &line{Listener: l, server: server}
	t.Cleanup(func() { p.Close() })
	go func() {
		for {
			c, err := p.Accept()
			if err != nil {
				return
			}
			go p.carry(c)
		}
	}()
	return p
}

// takeCut is how the line is to be cut, once.
func (p *line) takeCut() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.cut
	p.cut = ""
	return c
}

func (p *line) setCut(how string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = how
}

func (p *line) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		return
	}
	defer server.Close()
	deaf := make(chan struct{})
	go func() {
		defer client.Close()
		buf := make([]byte, 1<<16)
		for {
			n, err := server.Read(buf)
			if err != nil {
				return
			}
			select {
			case <-deaf: // the answer to the commit gets lost
				return
			default:
			}
			if _, err := client.Write(buf[:n]); err != nil {
				return
			}
		}
	}()
	buf := make([]byte, 1<<16)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		if bytes.Contains(buf[:n], []byte("commit\x00")) {
			switch p.takeCut() {
			case "before":
				return
			case "after":
				close(deaf)
				if _, err := server.Write(buf[:n]); err == nil {
					_, _ = io.Copy(io.Discard, client)
				}
				return
			}
		}
		if _, err := server.Write(buf[:n]); err != nil {
			return
		}
	}
}

// When the line is lost while the server commits, the run finds out what became
// of it.
func TestLostCommit(t *testing.T) {
	w := newWorld(t)
	config, err := pgx.ParseConfig(w.url)
	if err != nil {
		t.Fatal(err)
	}
	p := newLine(t, fmt.Sprintf("%s:%d", config.Host, config.Port))
	url := fmt.Sprintf("postgres://%s@%s/%s", config.User, p.Addr(), config.Database)
	d, err := open(t.Context(), url, filepath.Join(t.TempDir(), "copy.db"))
	if err != nil {
		t.Fatal(err)
	}
	pull := func(who string) error {
		_, err := w.run(d, func(s *site.Session) error { return upsert(s, [3]string{who, who, ""}) })
		return err
	}
	p.setCut("after")
	if err := pull("ada"); err != nil {
		t.Errorf("the server has committed, and the run says: %v", err)
	}
	p.setCut("before")
	if err := pull("bob"); err == nil || !strings.Contains(err.Error(), "nothing was written") {
		t.Errorf("the server has not committed, and the run says: %v", err)
	}
	w.equal("the server", w.server("SELECT login FROM site.custodian"), "ada")
	if err := pull("bob"); err != nil {
		t.Error(err)
	}
	w.equal("the server", w.server("SELECT login FROM site.custodian ORDER BY 1"), "ada\nbob")
	w.equal("the copy", w.copied(d, "SELECT Login FROM Custodian"), "ada\nbob")
}

// Who waits for somebody's transaction says so when it is too long, and gives up
// at once when it is cancelled. Nothing is lost.
func TestWait(t *testing.T) {
	w := newWorld(t)
	d := w.machine()
	w.server("BEGIN; INSERT INTO site.custodian(login) VALUES ('by hand')")
	if _, err := w.run(d, func(s *site.Session) error { return upsert(s, [3]string{"u1", "ada", ""}) }); err == nil || !strings.Contains(err.Error(), "another program keeps a table of the site locked and did not let go within 500ms: end its transaction") {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s, err := d.Begin(ctx, site.RunInfo{RunID: 9, Transformation: "T"})
	if err != nil {
		t.Fatal(err)
	}
	if err := upsert(s, [3]string{"u1", "ada", ""}); err != nil {
		t.Fatal(err)
	}
	var cancelled time.Time
	time.AfterFunc(100*time.Millisecond, func() { cancelled = time.Now(); cancel() })
	if _, err := s.Finish(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	t.Logf("gave up %s after the cancel", time.Since(cancelled))
	w.server("COMMIT")
	w.must(w.run(d, func(s *site.Session) error { return upsert(s, [3]string{"u1", "ada", ""}) }))
	w.equal("the server", w.server("SELECT login FROM site.custodian ORDER BY 1"), "ada\nby hand")
}

// Runs of many machines take turns: nothing is lost and nobody meets an error.
func TestManyMachines(t *testing.T) {
	const machines, turns = 6, 5
	w := newWorld(t)
	w.server("INSERT INTO site.location(locationname) VALUES ('0')")
	var all sync.WaitGroup
	for m := range machines {
		url, file := w.url, filepath.Join(t.TempDir(), "copy.db")
		all.Go(func() {
			d, err := openFor(t.Context(), url, file, 0)
			if err != nil {
				t.Error(err)
				return
			}
			for i := range turns {
				if err := count(t.Context(), d, int64(m*turns+i+1), m); err != nil {
					t.Errorf("machine %d: %v", m, err)
					return
				}
			}
		})
	}
	all.Wait()
	w.equal("the server", w.server("SELECT (SELECT locationname FROM site.location), (SELECT count(*) FROM site.custodian), (SELECT count(*) FROM amsx.run), (SELECT count(*) FROM amsx.change WHERE action = 'insert' AND tablename = 'Custodian')"),
		fmt.Sprintf("%d | %d | %d | %d", machines*turns, machines+1, machines*turns, machines+1))
}

// count is a run that counts itself, and writes a row of its machine and one of
// all.
func count(ctx context.Context, d *site.Database, run int64, machine int) error {
	s, err := d.Begin(ctx, site.RunInfo{RunID: run, Transformation: fmt.Sprint("m", machine), AllowOnce: []string{"all"}})
	if err != nil {
		return err
	}
	defer s.Abort()
	if err := upsert(s, [3]string{fmt.Sprint("m", machine), fmt.Sprint("m", machine), ""}, [3]string{"all", "all", time.Unix(0, 0).AddDate(0, 0, int(run)).Format(time.DateOnly)}); err != nil {
		return err
	}
	if err := direct(s, "UPDATE Location SET LocationName = LocationName + 1"); err != nil {
		return err
	}
	_, err = s.Finish(ctx)
	return err
}
