package site

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
	"github.com/google/go-cmp/cmp"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// A scenario file tells what a rule of the merge means, one step a line:
//
//	sql STATEMENT               run as another program would, before or between runs
//	run [test] [limit=N] [fence=N] [allow=NAME] [name=NAME]   begin a run; it ends with finish
//	map KEY=VALUE …             a mapping: table= source= key= adopt= mode= newest= limit.NAME=,
//	                            then its columns: Name[:keep][:insert][:required][:notrack][:lookup(…)]
//	record V | V | …            an Upsert: a value a column; - Null, ~ Keep, newest after ;
//	existing V | V …            an Upsert of existing rows only
//	seen, refuse                the same for a record that is not written or is refused
//	leavers [SOURCE]            DeactivateMissing
//	exec STATEMENT              direct SQL of the script
//	select STATEMENT            what a query of the script must give: the lines after it, V | V
//	query STATEMENT             the same as a query of which the script reads one row
//	columns TABLE LIST          AddColumns, the list as in AddColumnsToTable
//	nocolumns TABLE LIST => TEXT …   the same; it fails, and the error holds each text
//	translate TABLE COLUMN [TARGET] whole|like|begins FROM = TO; …   or "from TABLE"
//	notranslate … => TEXT       the same; it fails
//	upper TABLE COLUMN …        Rewrite to capitals; what holds only blanks becomes Null
//	noupper … => TEXT           the same; it fails
//	altered                     the statements that the last run changed the schema with: the lines after it
//	save NAME [@CONTEXT] = [VALUE] [=> same]   SaveOption; same: it is no change
//	option NAME [@CONTEXT] => [VALUE]          Option; - there is none
//	commit
//	savepoint, release, back    the marks of Transaction; back is RollbackTo
//	finish                      counts and change rows that follow must match
//	count NAME N …              counts that are not listed are 0
//	change ACTION ROW FIELDS    one line a change row, in order
//	warn TEXT, reject TEXT      a part of a warning, of a reject
//	fail TEXT …                 instead of finish: it fails, and the error holds each text
//	undo N [test]               take run N back; counts and change rows that follow must match, and
//	stays ROW; FIELD; REASON    one line for what stays, in order, FIELD may be empty
//	noundo N TEXT               it is refused, and the error holds the text
//	rows SELECT …               what a query must give: the lines after it, V | V
//	    V | V
//
// # begins a comment.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
			t.Parallel()
			runScenario(t, f)
		})
	}
}

type scenario struct {
	t       *testing.T
	file    string
	line    int
	db      *Database
	path    string
	s       *Session
	target  runtime.Target
	spec    runtime.TargetSpec
	result  *Result
	altered []string
	runs    int64
}

func runScenario(t *testing.T, file string) {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sc := &scenario{t: t, file: filepath.Base(file), path: filepath.Join(t.TempDir(), "amsx.db")}
	sc.db, err = openTest(t, sc.path, Options{Clock: func() time.Time { return time.Date(2026, 5, 1, 2, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		lines = append(lines, in.Text())
	}
	for i := 0; i < len(lines); i++ {
		text := strings.TrimSpace(lines[i])
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		sc.line = i + 1
		word, rest, _ := strings.Cut(text, " ")
		var block []string
		for i+1 < len(lines) && isDetail(word, lines[i+1]) {
			i++
			block = append(block, strings.TrimSpace(lines[i]))
		}
		sc.step(word, strings.TrimSpace(rest), block)
	}
	if sc.s != nil {
		sc.s.Abort()
	}
}

// isDetail reports whether a line belongs to the step before it.
func isDetail(word, line string) bool {
	switch word {
	case "rows", "select", "altered":
		return strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")
	case "finish", "undo":
		w, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		return slices.Contains([]string{"count", "change", "warn", "reject", "stays"}, w)
	}
	return false
}

func (sc *scenario) fatalf(format string, args ...any) {
	sc.t.Helper()
	sc.t.Fatalf("%s:%d: %s", sc.file, sc.line, fmt.Sprintf(format, args...))
}

func (sc *scenario) check(err error) {
	sc.t.Helper()
	if err != nil {
		sc.fatalf("%v", err)
	}
}

func (sc *scenario) step(word, rest string, block []string) {
	ctx := sc.t.Context()
	pos := lexer.Position{Line: sc.line, Column: 1}
	switch word {
	case "sql":
		execute(sc.t, sc.path, rest)
	case "run":
		sc.begin(rest)
	case "map":
		sc.open(rest, pos)
	case "record", "existing":
		r := sc.record(rest)
		r.ExistingOnly = word == "existing"
		_, err := sc.target.Upsert(ctx, r)
		sc.check(err)
	case "seen":
		sc.check(sc.target.(interface {
			Seen(context.Context, runtime.Record) error
		}).Seen(ctx, sc.record(rest)))
	case "refuse":
		sc.check(sc.target.Reject(ctx, sc.record(rest), "the script refused it"))
	case "leavers":
		_, err := sc.s.DeactivateMissing(ctx, rest, pos)
		sc.check(err)
	case "exec":
		_, err := sc.s.Exec(ctx, runtime.Query{SQL: rest, Pos: pos})
		sc.check(err)
	case "query":
		c, err := sc.s.Query(ctx, runtime.Query{SQL: rest, Pos: pos})
		sc.check(err)
		if _, err := c.Next(ctx); !errors.Is(err, io.EOF) {
			sc.check(err)
		}
		sc.check(c.Close())
	case "columns", "nocolumns", "translate", "notranslate", "upper", "noupper":
		sc.wholeTable(word, rest, pos)
	case "altered":
		if d := cmp.Diff(block, sc.altered); d != "" {
			sc.fatalf("statements (-want +got):\n%s", d)
		}
	case "rollback":
		sc.check(sc.s.Rollback(ctx))
	case "select":
		sc.selects(runtime.Query{SQL: rest, Pos: pos}, block)
	case "option", "save":
		sc.option(word, rest, pos)
	case "commit":
		sc.check(sc.s.Commit(ctx))
	case "savepoint":
		sc.check(sc.s.Savepoint(ctx))
	case "release":
		sc.check(sc.s.Release(ctx))
	case "back":
		sc.check(sc.s.RollbackTo(ctx))
	case "finish":
		sc.altered = sc.s.Altered()
		r, err := sc.s.Finish(ctx)
		sc.check(err)
		sc.result, sc.s = r, nil
		sc.compareResult(block)
	case "fail":
		_, err := sc.s.Finish(ctx)
		if err == nil {
			sc.fatalf("the run did not fail")
		}
		sc.s = nil
		var blown *FuseError
		text := err.Error()
		if errors.As(err, &blown) {
			text += "; " + blown.Hint()
		}
		for part := range strings.SplitSeq(rest, " & ") {
			if !strings.Contains(text, strings.TrimSpace(part)) {
				sc.fatalf("the error is\n%s\nand does not hold %q", text, part)
			}
		}
		if strings.Contains(err.Error(), "fuse") && (blown == nil || blown.Limit >= blown.Count || blown.Allow == "") {
			sc.fatalf("no FuseError that explains itself: %#v", err)
		}
	case "undo":
		sc.undo(rest, block)
	case "noundo":
		run, want, _ := strings.Cut(rest, " ")
		sc.runs++
		_, err := sc.db.Undo(ctx, RunInfo{RunID: sc.runs, Transformation: "Get Users"}, sc.number(run))
		if err == nil || !strings.Contains(err.Error(), want) {
			sc.fatalf("the error is %v and does not hold %q", err, want)
		}
	case "rows":
		sc.rows(rest, block)
	default:
		sc.fatalf("unknown step %q", word)
	}
}

func (sc *scenario) begin(rest string) {
	sc.runs++
	info := RunInfo{RunID: sc.runs, Transformation: "Get Users"}
	for _, w := range strings.Fields(rest) {
		k, v, _ := strings.Cut(w, "=")
		switch k {
		case "test":
			info.Testing = true
		case "limit":
			info.Limit = sc.number(v)
		case "fence":
			info.Fence = sc.number(v)
		case "allow":
			info.AllowOnce = append(info.AllowOnce, v)
		case "name":
			info.Transformation = v
		default:
			sc.fatalf("unknown word %q", w)
		}
	}
	s, err := sc.db.Begin(sc.t.Context(), info)
	sc.check(err)
	sc.s = s
}

func (sc *scenario) number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	sc.check(err)
	return n
}

func (sc *scenario) open(rest string, pos lexer.Position) {
	spec := runtime.TargetSpec{Table: "Custodian", Source: "OKTA", Key: []string{"OktaID"}, Pos: pos}
	for _, w := range strings.Fields(rest) {
		k, v, isOption := strings.Cut(w, "=")
		if isOption {
			switch {
			case k == "table":
				spec.Table = v
			case k == "source":
				spec.Source = v
			case k == "key":
				spec.Key = strings.Split(v, ",")
			case k == "adopt":
				spec.Adopt = strings.Split(v, ",")
			case k == "newest":
				spec.HasNewest = true
			case k == "mode":
				spec.Mode = map[string]runtime.Mode{"update": runtime.UpdateOnly, "insert": runtime.InsertOnly, "guaranteed": runtime.InsertGuaranteed}[v]
			case strings.HasPrefix(k, "limit."):
				if spec.Limits == nil {
					spec.Limits = make(map[string]string)
				}
				spec.Limits[k[len("limit."):]] = v
			default:
				sc.fatalf("unknown option %q", w)
			}
			continue
		}
		parts := strings.Split(w, ":")
		c := runtime.TargetColumn{Name: parts[0], Pos: pos}
		for _, p := range parts[1:] {
			switch {
			case p == "keep":
				c.KeepEdited = true
			case p == "insert":
				c.OnInsert = true
			case p == "required":
				c.Required = true
			case p == "notrack":
				c.NoTrack = true
			case p == "create":
				c.Lookup.Create = true
			case p == "null" || p == "reject":
				c.Lookup.OnMissing = p
			case strings.HasPrefix(p, "lookup("):
				f := strings.Split(strings.TrimSuffix(p[len("lookup("):], ")"), ",")
				c.Lookup = &runtime.LookupSpec{Result: f[0], Table: f[1], Columns: f[2:]}
			default:
				sc.fatalf("unknown attribute %q", p)
			}
		}
		spec.Columns = append(spec.Columns, c)
	}
	var err error
	sc.spec = spec
	sc.target, err = sc.s.Open(sc.t.Context(), spec)
	sc.check(err)
}

func (sc *scenario) record(rest string) runtime.Record {
	rest, newest, _ := strings.Cut(rest, " ; ")
	r := runtime.Record{Pos: lexer.Position{Line: sc.line}, Newest: runtime.Text(strings.TrimSpace(newest)), Raw: func() string { return "{}" }}
	for f := range strings.SplitSeq(rest, "|") {
		switch f = strings.TrimSpace(f); f {
		case "-":
			r.Values = append(r.Values, runtime.Null())
		case "~":
			r.Values = append(r.Values, runtime.Keep())
		case "True", "False":
			r.Values = append(r.Values, runtime.Bool(f == "True"))
		default:
			r.Values = append(r.Values, runtime.Text(f))
		}
	}
	if len(r.Values) != len(sc.spec.Columns) {
		sc.fatalf("%d values for %d columns", len(r.Values), len(sc.spec.Columns))
	}
	return r
}

func (sc *scenario) compareResult(block []string) {
	sc.t.Helper()
	want := make(map[string]int64)
	var changes, gotChanges []string
	for _, l := range block {
		word, rest, _ := strings.Cut(l, " ")
		rest = strings.TrimSpace(rest)
		switch word {
		case "count":
			f := strings.Fields(rest)
			for i := 0; i+1 < len(f); i += 2 {
				want[f[i]] = sc.number(f[i+1])
			}
		case "change":
			changes = append(changes, rest)
		case "warn":
			if !slices.ContainsFunc(sc.result.Warnings, func(w Warning) bool { return strings.Contains(w.Text, rest) }) {
				sc.fatalf("no warning holds %q: %v", rest, sc.result.Warnings)
			}
		case "reject":
			if !slices.ContainsFunc(sc.result.Rejects, func(r Reject) bool { return strings.Contains(r.Key+": "+r.Reason, rest) }) {
				sc.fatalf("no reject holds %q: %v", rest, sc.result.Rejects)
			}
		}
	}
	c := sc.result.Counts
	got := map[string]int64{"read": c.Read, "inserted": c.Inserted, "updated": c.Updated, "unchanged": c.Unchanged, "reactivated": c.Reactivated, "deactivated": c.Deactivated, "adopted": c.Adopted, "rekeyed": c.Rekeyed, "deleted": c.Deleted, "rejected": c.Rejected, "skipped": c.Skipped, "repeated": c.Repeated, "kept": c.Kept, "created": c.Created, "warnings": c.Warnings}
	for k, v := range got {
		if v == 0 {
			delete(got, k)
		}
	}
	for k, v := range want {
		if v == 0 {
			delete(want, k)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		sc.fatalf("counts (-want +got):\n%s\nrejects %v\nwarnings %v", d, sc.result.Rejects, sc.result.Warnings)
	}
	for ch, err := range sc.result.Changes() {
		sc.check(err)
		text := string(ch.Action) + " " + ch.Key
		for _, f := range ch.Fields {
			if ch.Action == ActionInsert {
				continue
			}
			text += fmt.Sprintf("; %s %s > %s", f.Name, plain(f.Old), plain(f.New))
		}
		if ch.Table != sc.spec.Table && sc.spec.Table != "" {
			text = ch.Table + " " + text
		}
		gotChanges = append(gotChanges, text)
	}
	if len(changes) > 0 || len(gotChanges) < 20 {
		if d := cmp.Diff(changes, gotChanges); d != "" {
			sc.fatalf("changes (-want +got):\n%s", d)
		}
	}
}

// undo takes a run back.
func (sc *scenario) undo(rest string, block []string) {
	sc.t.Helper()
	run, test, _ := strings.Cut(rest, " ")
	sc.runs++
	u, err := sc.db.Undo(sc.t.Context(), RunInfo{RunID: sc.runs, Transformation: "Get Users", Testing: test == "test"}, sc.number(run))
	sc.check(err)
	sc.result, sc.spec = u.Result, runtime.TargetSpec{}
	var want, got, others []string
	for _, l := range block {
		if text, ok := strings.CutPrefix(l, "stays "); ok {
			want = append(want, strings.TrimSpace(text))
		} else {
			others = append(others, l)
		}
	}
	for _, s := range u.Stays {
		got = append(got, s.Key+"; "+s.Field+"; "+s.Reason)
	}
	if d := cmp.Diff(want, got); d != "" || u.Staying != int64(len(got)) {
		sc.fatalf("what stays (-want +got), %d in all:\n%s", u.Staying, d)
	}
	sc.compareResult(others)
}

// wholeTable does a step on a whole table.
func (sc *scenario) wholeTable(word, rest string, pos lexer.Position) {
	sc.t.Helper()
	ctx := sc.t.Context()
	rest, want, _ := strings.Cut(rest, " => ")
	table, rest, _ := strings.Cut(rest, " ")
	var err error
	switch strings.TrimPrefix(word, "no") {
	case "columns":
		specs, perr := runtime.ParseColumns(table, rest)
		sc.check(perr)
		err = sc.s.AddColumns(ctx, specs)
	case "translate":
		m := runtime.Translation{Table: table, Pos: pos}
		words := strings.Fields(rest)
		i := slices.IndexFunc(words, func(w string) bool { return w == "whole" || w == "like" || w == "begins" })
		m.Match = map[string]runtime.Match{"whole": runtime.MatchWhole, "like": runtime.MatchLike, "begins": runtime.MatchBegins}[words[i]]
		if m.Column = words[0]; i > 1 {
			m.Target = words[1]
		}
		if pairs := strings.Join(words[i+1:], " "); strings.HasPrefix(pairs, "from ") {
			m.From = pairs[len("from "):]
		} else {
			for p := range strings.SplitSeq(pairs, ";") {
				from, to, _ := strings.Cut(p, "=")
				m.Pairs = append(m.Pairs, runtime.Pair{From: strings.TrimSpace(from), To: runtime.Text(strings.TrimSpace(to))})
			}
		}
		_, err = sc.s.Translate(ctx, m)
	case "upper":
		_, err = sc.s.Rewrite(ctx, table, strings.Fields(rest), func(v runtime.Value) runtime.Value {
			if strings.TrimSpace(v.Text()) == "" {
				return runtime.Null()
			}
			return runtime.Text(strings.ToUpper(v.Text()))
		}, pos)
	}
	if !strings.HasPrefix(word, "no") {
		sc.check(err)
		return
	}
	if err == nil {
		sc.fatalf("it did not fail")
	}
	for part := range strings.SplitSeq(want, " & ") {
		if !strings.Contains(err.Error(), strings.TrimSpace(part)) {
			sc.fatalf("the error is\n%v\nand does not hold %q", err, part)
		}
	}
}

// selects compares what the script reads, value by value as it sees them.
func (sc *scenario) selects(q runtime.Query, want []string) {
	sc.t.Helper()
	c, err := sc.s.Query(sc.t.Context(), q)
	sc.check(err)
	var got []string
	for {
		row, err := c.Next(sc.t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		sc.check(err)
		var f []string
		for _, v := range row {
			if v.IsNull() {
				f = append(f, "-")
			} else {
				f = append(f, v.Text())
			}
		}
		got = append(got, strings.Join(f, " | "))
	}
	sc.check(c.Close())
	if d := cmp.Diff(want, got); d != "" {
		sc.fatalf("rows (-want +got):\n%s", d)
	}
}

func plain(v any) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprint(v)
}

func (sc *scenario) rows(q string, want []string) {
	sc.t.Helper()
	c, err := sqlite.OpenConn(sc.path, sqlite.OpenReadWrite)
	sc.check(err)
	defer c.Close()
	var got []string
	sc.check(sqlitex.ExecuteTransient(c, q, &sqlitex.ExecOptions{ResultFunc: func(st *sqlite.Stmt) error {
		var f []string
		for i := range st.ColumnCount() {
			if st.ColumnIsNull(i) {
				f = append(f, "-")
			} else {
				f = append(f, st.ColumnText(i))
			}
		}
		got = append(got, strings.Join(f, " | "))
		return nil
	}}))
	if d := cmp.Diff(want, got); d != "" {
		sc.fatalf("rows (-want +got):\n%s", d)
	}
}
