package builtins_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/runtime"
)

func (w *world) file(name, content string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(content), 0o666); err != nil {
		w.t.Fatal(err)
	}
}

// A list of people in a file says who has left, like one that comes over the
// network; one with a line that nobody can read does not.
func TestLeaversOfAFile(t *testing.T) {
	const script = "ForEach p In Csv \"hr.csv\"\n  UpsertCustodian Row(\"id\", %p.id%, \"Login\", %p.Login%)\nEndEach\nDeactivateMissing\n"
	const active = "Log \"info\", Sql(\"SELECT count(*) FROM Custodian WHERE Active = 1\")\n"
	people := func(n int) string {
		var b strings.Builder
		b.WriteString("id;Login\n")
		for i := range n {
			fmt.Fprintf(&b, "%d;user%d@example.com\n", i, i)
		}
		return b.String()
	}
	w := newSeed(t).world(t)
	for _, step := range []struct {
		name, file string
		want       string
	}{
		{"everyone", people(20), "20\n"},
		{"a broken line in the place of one", people(19) + "19\n", "20\n"},
		{"one is gone", people(19), "19\n"},
	} {
		w.file("hr.csv", step.file)
		if out, err := w.try(t.Context(), script); err != nil {
			t.Fatal(step.name, out)
		}
		if out := w.run(active); !strings.HasPrefix(out, step.want) {
			t.Errorf("%s: %s active", step.name, out)
		}
	}
	// A file that is cut off in the midst of a value ends the run.
	w.file("hr.csv", people(10)+"11;\"user1")
	if out, err := w.try(t.Context(), script); err == nil {
		t.Error(out)
	}
	if out := w.run(active); !strings.HasPrefix(out, "19\n") {
		t.Errorf("after a file that was cut off: %s active", out)
	}
}

// A file far larger than the memory that a run may take is read row by row.
func TestLargeFileInFlatMemory(t *testing.T) {
	w := newSeed(t).world(t)
	size := 48 << 20
	if testing.Short() {
		size = 8 << 20
	}
	f, err := os.Create(filepath.Join(w.dir, "large.csv"))
	if err != nil {
		t.Fatal(err)
	}
	const line = "4711;\"Müller; Anna\";anna@example.com;Sales;2026-01-31\n"
	block := strings.Repeat(line, 10_000)
	rows := 0
	_, err = f.WriteString("id;name;mail;department;since\n")
	for n := 0; n < size && err == nil; n += len(block) {
		_, err = f.WriteString(block)
		rows += 10_000
	}
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	w.heap = true
	out := w.run("Set n = 0\nForEach p In Csv \"large.csv\"\n  If %p.name% = \"Müller; Anna\" Then Set n = %n% + 1\nEndEach\nLog \"info\", %n%\n")
	if !strings.HasPrefix(out, fmt.Sprintln(rows)) {
		t.Errorf("got %.60s, want %d", out, rows)
	}
	if w.most == 0 || w.most > 24<<20 {
		t.Errorf("the heap had %d MB", w.most>>20)
	}
}

// sample notes how large the heap is.
func (w *world) sample() {
	goruntime.GC()
	var m goruntime.MemStats
	goruntime.ReadMemStats(&m)
	w.most = max(w.most, m.HeapAlloc)
}

// What does not fit the budget for memory ends the run, and Try does not catch
// it.
func TestFilesAreWithinTheBudget(t *testing.T) {
	for name, script := range map[string]string{
		"ReadFile":  "Set x = ReadFile \"big.csv\"\n",
		"Csv":       "Set x = Csv \"big.csv\"\n",
		"LoadXml":   "LoadXml \"big.xml\"\n",
		"WriteFile": "Set x = ReadFile(\"half.txt\")\nWriteFile \"a\", %x%\nWriteFile \"b\", %x%\n",
		"CsvWrite":  "Set x = ReadFile(\"half.txt\")\nCsvWrite \"a\", List(Row(\"a\", %x%, \"b\", %x%))\n",
	} {
		w := newSeed(t).world(t)
		w.limits.Memory = 1 << 20
		w.file("big.csv", "a;b\n"+strings.Repeat("1;2\n", 300_000))
		w.file("big.xml", "<a>"+strings.Repeat("<b/>", 10_000)+"</a>")
		w.file("half.txt", strings.Repeat("x", 600_000))
		_, err := w.try(t.Context(), "Try\n"+script+"Catch\nEnd Try\n")
		var e *runtime.Error
		if !errors.As(err, &e) || e.Kind != runtime.BudgetSpent || e.Code != runtime.CodeBudgetMemory {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Element by element, the same XML does.
	w := newSeed(t).world(t)
	w.limits.Memory = 1 << 20
	w.file("big.xml", "<a>"+strings.Repeat("<b/>", 10_000)+"</a>")
	if out := w.run("Set n = 0\nForEach b In Xml ReadFile(\"big.xml\"), \"b\"\n  Set n = %n% + 1\nEndEach\nLog \"info\", %n%\n"); !strings.HasPrefix(out, "10000\n") {
		t.Errorf("got %.100s", out)
	}
}

// A run that cannot write its files does not write the database either.
func TestFilesThatCannotBeWritten(t *testing.T) {
	w := newSeed(t).world(t)
	// A file where a folder must be.
	out, err := w.try(t.Context(), "SqlExecute \"DELETE FROM Department WHERE 1 = 1\"\nWriteFile \"people.csv/x.txt\", \"x\"\n")
	if err == nil || !strings.Contains(out, "people.csv/x.txt cannot be") {
		t.Errorf("got %v: %s", err, out)
	}
	if out := w.run("Log \"info\", Sql(\"SELECT count(*) FROM Department\")\n"); !strings.HasPrefix(out, "2\n") {
		t.Errorf("the database: %s", out)
	}
}
