package site

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/runtime"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// benchUsers is how many people the benchmarks sync.
const benchUsers = 100_000

var benchColumns = []string{"OktaID", "Login", "Email", "FirstName", "LastName", "FullName", "Department", "JobTitle", "EmployeeNumber", "ManagerID", "CountryCode", "Phone", "Active"}

// benchRecords makes the records of a site: every tenth is a manager, managers
// are named by e-mail. changed: one in a hundred has another title.
func benchRecords(n int, changed bool) [][]runtime.Value {
	text := runtime.Text
	all := make([][]runtime.Value, n)
	for i := range all {
		title := fmt.Sprintf("Engineer %d", i%40)
		if changed && i%100 == 0 {
			title = "Director"
		}
		manager := runtime.Null()
		if i > 0 {
			manager = text(fmt.Sprintf("first%d.last%d@example.com", i/10, i/10))
		}
		all[i] = []runtime.Value{
			text(fmt.Sprintf("00u%017x", i*7919)), text(fmt.Sprintf("first%d.last%d@example.com", i, i)), text(fmt.Sprintf("first%d.last%d@example.com", i, i)),
			text(fmt.Sprintf("First%d", i)), text(fmt.Sprintf("Last%d", i)), text(fmt.Sprintf("First%d Last%d", i, i)),
			text(fmt.Sprintf("Department %d", i%50)), text(title), text(fmt.Sprintf("E%06d", i)), manager,
			text("GB"), text(fmt.Sprintf("+44 20 7946 %04d", i%10000)), runtime.Bool(i%20 != 0),
		}
	}
	return all
}

func benchSpec() runtime.TargetSpec {
	spec := runtime.TargetSpec{Table: "Custodian", Source: "OKTA", Key: []string{"OktaID"}, Adopt: []string{"Login", "Email"}}
	for _, c := range benchColumns {
		tc := runtime.TargetColumn{Name: c}
		if c == "ManagerID" {
			tc.Lookup = &runtime.LookupSpec{Result: "CustodianID", Table: "Custodian", Columns: []string{"Login", "Email", "EmployeeNumber"}}
		}
		spec.Columns = append(spec.Columns, tc)
	}
	return spec
}

func benchSync(b *testing.B, d *Database, records [][]runtime.Value) *Result {
	b.Helper()
	return benchRun(b, d, RunInfo{Transformation: "bench"}, records)
}

func benchRun(b *testing.B, d *Database, info RunInfo, records [][]runtime.Value) *Result {
	b.Helper()
	s, err := d.Begin(b.Context(), info)
	if err != nil {
		b.Fatal(err)
	}
	t, err := s.Open(b.Context(), benchSpec())
	if err != nil {
		b.Fatal(err)
	}
	for _, v := range records {
		if _, err := t.Upsert(b.Context(), runtime.Record{Values: v}); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := s.DeactivateMissing(b.Context(), "OKTA", benchSpec().Pos); err != nil {
		b.Fatal(err)
	}
	r, err := s.Finish(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return r
}

func benchOpen(b *testing.B) *Database {
	b.Helper()
	d, err := Open(b.Context(), filepath.Join(b.TempDir(), "amsx.db"), Options{})
	if err != nil {
		b.Fatal(err)
	}
	return d
}

func BenchmarkFirst(b *testing.B) {
	records := benchRecords(benchUsers, false)
	lock := 0.0
	for b.Loop() {
		b.StopTimer()
		d := benchOpen(b)
		b.StartTimer()
		lock += benchSync(b, d, records).Lock.Seconds()
	}
	b.ReportMetric(lock/float64(b.N)*1000, "lock-ms")
}

func BenchmarkUnchanged(b *testing.B) {
	records := benchRecords(benchUsers, false)
	d := benchOpen(b)
	benchSync(b, d, records)
	lock := 0.0
	for b.Loop() {
		r := benchSync(b, d, records)
		if r.Counts.Unchanged != benchUsers {
			b.Fatalf("%+v", r.Counts)
		}
		lock += r.Lock.Seconds()
	}
	b.ReportMetric(lock/float64(b.N)*1000, "lock-ms")
}

func BenchmarkOnePercent(b *testing.B) {
	records := [][][]runtime.Value{benchRecords(benchUsers, true), benchRecords(benchUsers, false)}
	d := benchOpen(b)
	benchSync(b, d, records[1])
	lock, i := 0.0, 0
	for b.Loop() {
		r := benchSync(b, d, records[i%2])
		if r.Counts.Updated != benchUsers/100 {
			b.Fatalf("%+v", r.Counts)
		}
		lock += r.Lock.Seconds()
		i++
	}
	b.ReportMetric(lock/float64(b.N)*1000, "lock-ms")
}

// benchFew is how many rows the benchmarks of plans and undos change.
const benchFew = 20_000

// BenchmarkPlan is the dry run whose change set is kept to be applied later:
// of a site's first sync, and of one that changes a field of every row.
func BenchmarkPlan(b *testing.B) {
	records := benchRecords(benchFew, false)
	for _, phase := range []string{"Inserts", "Updates"} {
		b.Run(phase, func(b *testing.B) {
			d := benchOpen(b)
			pull := records
			if phase == "Updates" {
				benchSync(b, d, records)
				pull = benchMoved(records)
			}
			for b.Loop() {
				r := benchRun(b, d, RunInfo{Transformation: "bench", Testing: true, Planning: true, AllowOnce: []string{"all"}}, pull)
				if r.Counts.Inserted+r.Counts.Updated != benchFew {
					b.Fatalf("%+v", r.Counts)
				}
				if err := r.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e6/benchFew/float64(b.N), "µs/row")
		})
	}
}

// BenchmarkUndo takes back a run that changed a field of every row, and one
// that inserted them.
func BenchmarkUndo(b *testing.B) {
	records := benchRecords(benchFew, false)
	for _, phase := range []string{"Updates", "Inserts"} {
		b.Run(phase, func(b *testing.B) {
			lock := 0.0
			for b.Loop() {
				b.StopTimer()
				d := benchOpen(b)
				benchSync(b, d, records)
				if phase == "Updates" {
					benchRun(b, d, RunInfo{Transformation: "bench", AllowOnce: []string{"all"}}, benchMoved(records))
				}
				run, _, err := d.LastRun(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				r, err := d.Undo(b.Context(), RunInfo{Transformation: "bench"}, run)
				if err != nil {
					b.Fatal(err)
				}
				if r.Counts.Updated+r.Counts.Deleted != benchFew || r.Staying != 0 {
					b.Fatalf("%+v, %d stay: %+v", r.Counts, r.Staying, r.Stays)
				}
				lock += r.Lock.Seconds()
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e6/benchFew/float64(b.N), "µs/row")
			b.ReportMetric(lock/float64(b.N)*1000, "lock-ms")
		})
	}
}

// benchMoved are the records with another title in each.
func benchMoved(records [][]runtime.Value) [][]runtime.Value {
	all := make([][]runtime.Value, len(records))
	for i, r := range records {
		all[i] = append([]runtime.Value(nil), r...)
		all[i][7] = runtime.Text("Director")
	}
	return all
}

// BenchmarkHand is the yardstick: a hand-written upsert into the same table
// with the same indexes, all in one transaction, managers left out.
func BenchmarkHand(b *testing.B) {
	records := benchRecords(benchUsers, false)
	for _, phase := range []string{"First", "Unchanged"} {
		b.Run(phase, func(b *testing.B) {
			d := benchOpen(b)
			if phase == "Unchanged" {
				handUpsert(b, d.path, records)
			}
			for b.Loop() {
				if phase == "First" {
					b.StopTimer()
					d = benchOpen(b)
					b.StartTimer()
				}
				handUpsert(b, d.path, records)
			}
		})
	}
}

func handUpsert(b *testing.B, path string, records [][]runtime.Value) {
	b.Helper()
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	c, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	must(err)
	defer c.Close()
	for _, q := range []string{"PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", "PRAGMA cache_size=-2048", "BEGIN IMMEDIATE"} {
		must(sqlitex.ExecuteTransient(c, q, nil))
	}
	columns := append([]string{}, benchColumns...)
	columns[9] = "LoginKey"
	columns = append(columns, "EmailKey")
	var set []string
	for _, k := range columns[1:] {
		set = append(set, k+"=excluded."+k)
	}
	st, err := c.Prepare("INSERT INTO Custodian(" + strings.Join(columns, ",") + ",Source) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,'OKTA') ON CONFLICT(OktaID) DO UPDATE SET " + strings.Join(set, ","))
	must(err)
	for _, v := range records {
		st.Reset()
		for i := range v {
			if i == 9 {
				st.BindText(10, v[1].Text())
			} else if i == 12 {
				st.BindBool(13, v[12].Truth())
			} else {
				st.BindText(i+1, v[i].Text())
			}
		}
		st.BindText(14, v[2].Text())
		_, err := st.Step()
		must(err)
	}
	must(st.Reset())
	must(sqlitex.ExecuteTransient(c, "COMMIT", nil))
}

// BenchmarkBegin is what a run does before its first statement: it opens the
// file, looks at the history and reads the schema.
func BenchmarkBegin(b *testing.B) {
	d := benchOpen(b)
	for b.Loop() {
		release := d.Keep()
		if _, err := d.Undone(b.Context()); err != nil {
			b.Fatal(err)
		}
		if _, _, err := d.Planned(b.Context(), 1); err != nil {
			b.Fatal(err)
		}
		s, err := d.Begin(b.Context(), RunInfo{Transformation: "bench"})
		if err != nil {
			b.Fatal(err)
		}
		if err := errors.Join(s.Abort(), release()); err != nil {
			b.Fatal(err)
		}
	}
}
