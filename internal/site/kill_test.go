package site

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

const (
	killPath  = "AMSX_TEST_KILL_DATABASE"
	killTimes = "AMSX_TEST_KILLS" // how many kills; the test alone does a few
	killPlans = "AMSX_TEST_KILL_PLANS"
	killUsers = 300
)

// TestKill kills a program in the middle of its syncs, again and again: the
// site is as one of its runs left it, whole, and the next run is right.
func TestKill(t *testing.T) {
	if path := os.Getenv(killPath); path != "" {
		syncForEver(t, path)
		return
	}
	kills := 30
	if n, err := strconv.Atoi(os.Getenv(killTimes)); err == nil {
		kills = n
	}
	killAgain(t, kills)
}

// TestKillApply does the same to a program that makes plans and applies them.
func TestKillApply(t *testing.T) {
	kills := 10
	if n, err := strconv.Atoi(os.Getenv(killTimes)); err == nil {
		kills = n
	}
	killAgain(t, kills, killPlans+"=1")
}

// killAgain starts the program and kills it.
func killAgain(t *testing.T, kills int, env ...string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "amsx.db")
	newDatabase(t, path)
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range kills {
		child := exec.Command(os.Args[0], "-test.run=^TestKill$")
		child.Env = append(append(os.Environ(), killPath+"="+path), env...)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := bufio.NewReader(out).ReadByte(); err != nil {
			t.Fatalf("the program ended by itself: %v", err)
		}
		time.Sleep(time.Duration(random.IntN(40_000)) * time.Microsecond)
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait() // it was killed, which is an error

		d := newDatabase(t, path)
		whole(t, d)
		if t.Failed() {
			t.Fatalf("after kill %d (seed %d)", i, seed)
		}
		generation := lastRun(t, d) + 1
		r := syncGeneration(t, d, generation)
		if r.Counts.Read != killUsers || r.Counts.Inserted+r.Counts.Updated != killUsers {
			t.Fatalf("the run after kill %d (seed %d): %+v", i, seed, r.Counts)
		}
		whole(t, d)
	}
}

func lastRun(t *testing.T, d *Database) int64 {
	t.Helper()
	n, _, err := d.LastRun(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// whole checks that the site is what exactly one run left.
func whole(t *testing.T, d *Database) {
	t.Helper()
	rows, err := d.Read(t.Context(), `SELECT (SELECT count(*) FROM Custodian), (SELECT count(DISTINCT FirstName) FROM Custodian), (SELECT min(FirstName) FROM Custodian),
		(SELECT max(RunID) FROM amsx_run), (SELECT count(*) FROM amsx_change WHERE RunID=(SELECT max(RunID) FROM amsx_run)), (SELECT max(RunID) FROM amsx_change)`)
	if err != nil {
		t.Fatal(err)
	}
	if rows[0][3] == nil {
		if rows[0][0] != int64(0) || rows[0][5] != nil {
			t.Errorf("rows without a run: %v", rows[0])
		}
		return
	}
	run := rows[0][3].(int64)
	want := []any{int64(killUsers), int64(1), fmt.Sprintf("g%d", run), run, int64(killUsers), run}
	for i := range want {
		if rows[0][i] != want[i] {
			t.Errorf("the site holds %v, want %v", rows[0], want)
			break
		}
	}
	check, err := d.Read(t.Context(), "PRAGMA integrity_check")
	if err != nil || check[0][0] != "ok" {
		t.Errorf("%v, %v", check, err)
	}
}

// syncGeneration gives everybody another first name.
func syncGeneration(t *testing.T, d *Database, generation int64) *Result {
	t.Helper()
	return generate(t, d, generation, false)
}

func generate(t *testing.T, d *Database, generation int64, planning bool) *Result {
	t.Helper()
	s := begin(t, d, RunInfo{RunID: generation, Transformation: "kill", Fence: generation, Testing: planning, Planning: planning, Limits: map[string]string{"update": "off"}})
	g, err := s.Open(t.Context(), runtime.TargetSpec{Table: "Custodian", Source: "OKTA", Key: []string{"OktaID"}, Columns: []runtime.TargetColumn{{Name: "OktaID"}, {Name: "Login"}, {Name: "FirstName"}}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range killUsers {
		v := []runtime.Value{runtime.Text(fmt.Sprintf("u%d", i)), runtime.Text(fmt.Sprintf("p%d", i)), runtime.Text(fmt.Sprintf("g%d", generation))}
		if _, err := g.Upsert(t.Context(), runtime.Record{Values: v}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.DeactivateMissing(t.Context(), "OKTA", lexer.Position{}); err != nil {
		t.Fatal(err)
	}
	r, err := s.Finish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// syncForEver is the program that is killed. It says when it begins.
func syncForEver(t *testing.T, path string) {
	d := newDatabase(t, path)
	if os.Getenv(killPlans) == "" {
		fmt.Println("begins")
	}
	for generation := lastRun(t, d) + 1; ; generation++ {
		if os.Getenv(killPlans) == "" {
			syncGeneration(t, d, generation)
			continue
		}
		k := keepPlan(t, generate(t, d, generation, true))
		fmt.Println("begins") // so that most kills meet the applying
		if _, err := k.apply(t, d, RunInfo{RunID: generation, Transformation: "kill", Fence: generation}); err != nil {
			t.Fatal(err)
		}
	}
}
