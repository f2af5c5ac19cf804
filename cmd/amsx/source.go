package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/batch"
	"github.com/amsx-lang/amsx/internal/control"
	"github.com/amsx-lang/amsx/internal/harness"
	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
	"github.com/amsx-lang/amsx/transformations"
)

// A source is where a run's script, database, credentials and answers come
// from: the site and the network, a recording, or the simulator.
type source struct {
	script  *amsx.Script
	job     batch.Job
	file    string // of the site database
	closers []func()
	columns int              // of the terminal that messages are shown on; 0: none
	title   string           // of a replay: the case and what it is about
	packs   string           // the control database that holds the packs; empty: there are none to look for
	player  *harness.Player  // of a replay
	fixture *harness.Case    // that the replay is held against; nil: none
	capture *harness.Capture // of a recording
}

// close gives back what the source opened, the last first.
func (s *source) close() {
	for i := len(s.closers) - 1; i >= 0; i-- {
		s.closers[i]()
	}
}

// differs says what of a replay is not as its case expects.
func (s *source) differs(ctx context.Context, r *batch.Report, err error) ([]string, error) {
	after, ferr := harness.ReadFiles(s.job.Files)
	if ferr != nil {
		return nil, ferr
	}
	o := &harness.Outcome{Err: err, Exit: r.Exit, Result: r.Result, Unused: s.player.Unused(), Files: after}
	if o.Result == nil {
		o.Result = &amsx.Result{}
	}
	return s.fixture.Compare(ctx, o, s.job.Site)
}

// source opens what a run needs. On an error it is what was known by then, and
// nothing is open.
func (c *runFlags) source(ctx context.Context, e *env, g *cli) (_ *source, err error) {
	s := &source{columns: e.talkColumns}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	switch {
	case c.Replay != "":
		err = c.replay(ctx, e, g, s)
	case c.Simulate > 0:
		err = c.simulate(ctx, e, g, s)
	default:
		err = c.live(ctx, e, g, s)
	}
	if err != nil {
		return s, err
	}
	s.job.Script, s.job.User, s.job.Parameters = s.script, userName(e), merge(s.job.Parameters, c.Param)
	return s, nil
}

// merge returns the parameters of a with those of b over them. Names have no
// case.
func merge(a, b map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range a {
		out[k] = v
	}
	for k, v := range b {
		maps.DeleteFunc(out, func(there, _ string) bool { return strings.EqualFold(there, k) })
		out[k] = v
	}
	return out
}

// live is the site's database, its packs and the network.
func (c *runFlags) live(ctx context.Context, e *env, g *cli, s *source) (err error) {
	if s.script, c.File, err = readScript(c.File); err != nil {
		return err
	}
	if s.job.HTTP, err = c.httpConfig(e); err != nil {
		return err
	}
	s.job.File = c.File
	if s.packs, err = controlFile(g, g.Database); err == nil {
		s.packs, err = filepath.Abs(s.packs)
	}
	if err != nil {
		return err
	}
	key, err := s.databases(ctx, e, g, g.Database)
	if err != nil {
		return err
	}
	s.job.Packs = &batch.Packs{DB: s.job.Control, Key: key, Used: s.script.Name()}
	if s.job.Files, err = c.folder(s.file, s.packs); err != nil {
		return err
	}
	if c.record != "" {
		if s.capture, err = harness.NewCapture(ctx, c.record, c.File, s.script, transformations.FS(), s.job.Site, s.job.Files); err != nil {
			return &usageError{fmt.Errorf("--record: %w", err)}
		}
		s.job.HTTP.Wrap, s.job.Packs = s.capture.Wrap, s.capture.Packs(s.job.Packs)
		fmt.Fprintf(e.stderr, "Recording to %s. No token is recorded, people's data is: keep the folder where such data may be kept.\n", c.record)
	}
	return nil
}

// captured writes the case of a recorded run.
func (s *source) captured(ctx context.Context, r *batch.Report, err error) error {
	if s.capture == nil || r.Result == nil {
		return nil
	}
	ctx = context.WithoutCancel(ctx) // a cancelled run was a run too
	if werr := s.capture.Finish(ctx, r.Started, s.job.Parameters, s.job.Testing, r.Result, err, batch.ExitCode(err)); werr != nil {
		return fmt.Errorf("the run is done, but its recording could not be finished: %w", werr)
	}
	return nil
}

// simulatedWindow is the window of the simulated rate limit: OKTA's is a
// minute, which is long for someone who tries the program out.
const simulatedWindow = 3 * time.Second

// simulate is a simulated OKTA, and a database of its own unless one is named,
// so that made-up people never come among real ones by accident.
func (c *runFlags) simulate(ctx context.Context, e *env, g *cli, s *source) (err error) {
	if c.File == "" {
		c.File = "okta_users.amsx"
	}
	if s.script, c.File, err = readScript(c.File); err != nil {
		return err
	}
	faults, err := oktasim.ParseFaults(c.SimulateFault)
	if err != nil {
		return &usageError{fmt.Errorf("--simulate-fault: %w", err)}
	}
	sim, err := oktasim.Start(oktasim.Config{Users: int(c.Simulate), Groups: 12, Seed: 1, Faults: faults, Window: simulatedWindow})
	if err != nil {
		return fmt.Errorf("cannot start the simulator: %w", err)
	}
	s.closers = append(s.closers, func() { _ = sim.Close() })
	if s.job.HTTP, err = c.httpConfig(e); err != nil {
		return err
	}
	s.job.File = c.File
	s.job.Packs = amsx.Pack{Domain: sim.URL, Username: "unused", Password: oktasim.DefaultToken}
	if err := ownSite(g, "--simulate"); err != nil {
		return err
	}
	file := g.Database
	if file == "amsx.db" {
		// Another number of people is another org: against the table of this one
		// it would be a wave of leavers.
		file = fmt.Sprintf("simulated-%d.db", c.Simulate)
	}
	if _, err = s.databases(ctx, e, g, file); err != nil {
		return err
	}
	db, err := controlFile(g, s.file)
	if err != nil {
		return err
	}
	s.job.Files, err = c.folder(s.file, db)
	return err
}

// replay is a fixture case, and a database of its own unless one is named.
func (c *runFlags) replay(ctx context.Context, e *env, g *cli, s *source) error {
	fc, err := loadCase(kong.ExpandPath(c.Replay))
	if err != nil {
		return &usageError{fmt.Errorf("--replay: %w", err)}
	}
	s.title = strings.TrimSuffix(fc.Name+": "+fc.Title, ": ")
	if s.script, err = fc.Parse(transformations.FS()); err != nil {
		return &usageError{err}
	}
	if c.File != "" {
		if s.script, _, err = readScript(c.File); err != nil {
			return err
		}
	}
	if err := ownSite(g, "--replay"); err != nil {
		return err
	}
	file := g.Database
	if file == "amsx.db" {
		dir, err := os.MkdirTemp("", "amsx-replay")
		if err != nil {
			return err
		}
		s.closers = append(s.closers, func() { os.RemoveAll(dir) })
		file = filepath.Join(dir, "replay.db")
	}
	if _, err := s.databases(ctx, e, g, file); err != nil {
		return err
	}
	if err := fc.Fill(ctx, s.job.Site); err != nil {
		return err
	}
	// Not the folder of --files: a replay must not move the files of real runs.
	s.job.Files = filepath.Join(filepath.Dir(s.file), "files")
	if err := fc.Unpack(s.job.Files); err != nil {
		return &usageError{fmt.Errorf("--replay: %w; name another --database", err)}
	}
	s.player = harness.NewPlayer(fc.Exchanges)
	if g.Database == "amsx.db" && !c.test && c.Limit == 0 && len(c.Param) == 0 {
		s.fixture = fc // the run is the case's own
	}
	s.job.HTTP = fc.HTTP(s.player)
	s.job.Packs = amsx.Pack{Domain: fc.Pack.Domain, Username: fc.Pack.Username, Password: harness.Token}
	s.job.Parameters, s.job.Testing, s.job.Now, s.job.File = fc.Parameters, fc.Testing, fc.Now(), c.Replay
	return nil
}

// loadCase reads the fixture case in a folder.
func loadCase(dir string) (*harness.Case, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, unreadable(err, dir)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is a file; a fixture case is a folder", dir)
	}
	folder := os.DirFS(filepath.Dir(dir))
	c, err := harness.Load(folder, filepath.Base(dir))
	if !errors.Is(err, fs.ErrNotExist) {
		return c, err
	}
	if cases, lerr := harness.List(folder, filepath.Base(dir)); lerr == nil && len(cases) > 0 {
		return nil, fmt.Errorf("%s is no fixture case, it holds %s; name one, such as %s", dir, plural(int64(len(cases)), "case"), filepath.Join(filepath.Dir(dir), filepath.FromSlash(cases[0])))
	}
	return nil, fmt.Errorf("%s is no fixture case: it has no case.toml", dir)
}

// databases opens the site database and the control database beside it.
func (s *source) databases(ctx context.Context, e *env, g *cli, file string) (func() (*control.Key, error), error) {
	st, err := openSite(ctx, g, file)
	if err != nil {
		return nil, err
	}
	db, key, err := openControl(ctx, e, g, file)
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, func() { db.Close() })
	s.job.Site, s.job.Control, s.file = st, db, st.Path()
	return key, nil
}

// print prints findings with their source lines.
func (s *source) print(w io.Writer, p palette, found amsx.Findings) {
	// A terminal that cannot be written to is no reason for another error.
	_ = lexer.Fprint(w, s.script.Text, found, lexer.Options{Color: p.on, Width: sourceWidth(s.columns)})
}

// sourceWidth is how much of a source line fits a terminal of that many columns
// beside its number and the … of a line that is cut; 0: as much as ever.
func sourceWidth(columns int) int {
	const beside = 10
	if columns == 0 {
		return 0
	}
	return max(columns-beside, 30)
}

// explain prints an error of a run with its place in the script.
func (s *source) explain(w io.Writer, p palette, err error) {
	var e *runtime.Error
	if errors.As(err, &e) && errors.Is(err, context.Canceled) && e.Pos.IsValid() {
		// That was no mistake of the line, so it is not shown as one.
		fmt.Fprintf(w, "%s the run was cancelled in line %d of %s\n", p.red("amsx:"), e.Pos.Line, lexer.Safe(e.Pos.Filename))
		return
	}
	if errors.As(err, &e) && e.Pos.IsValid() {
		s.print(w, p, amsx.Findings{e.Diagnostic()})
		return
	}
	fmt.Fprintln(w, p.red("amsx:"), safeLines(err.Error()))
	if e != nil && e.Hint != "" {
		fmt.Fprintln(w, "  =", safeLines(e.Hint))
	}
}
