package main

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/net/http/httpproxy"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/batch"
	"github.com/amsx-lang/amsx/internal/control"
	"github.com/amsx-lang/amsx/internal/site"
	"github.com/amsx-lang/amsx/internal/webapi"
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

// runFlags are what running and planning a transformation have in common.
type runFlags struct {
	File string `arg:"" optional:"" help:"The transformation: a .amsx file (the ending may be left out), or the name of one that ships, such as okta_users."`

	Param     parameters `help:"A parameter of the transformation." placeholder:"NAME=VALUE" short:"p"`
	Pack      string     `help:"The credential pack to use." placeholder:"NAME"`
	Files     string     `help:"The folder whose files the transformation may read and write (default: the folder files beside the site database). A replay has its own." placeholder:"DIR"`
	Limit     number     `help:"Read only the first records; nobody is treated as a leaver." placeholder:"N"`
	AllowOnce []string   `help:"A limit of the fuse that does not hold for this run, such as deactivate, or all." placeholder:"LIMIT"`
	Wait      bool       `help:"Wait for another run of the transformation to end."`
	Quiet     bool       `help:"No progress." short:"q"`
	Trace     bool       `help:"Say on standard error which line runs and what goes over the wire."`

	RootCertificates string   `help:"A PEM file with certificates to trust besides the system's." placeholder:"FILE"`
	AllowHost        []string `help:"A host inside the network that requests may go to." placeholder:"HOST"`

	MaxTime   time.Duration `help:"How long the run may take, such as 8h." placeholder:"TIME" group:"budgets"`
	MaxLines  number        `help:"How many lines the script may run." placeholder:"N" group:"budgets"`
	MaxTurns  number        `help:"How many turns one While may make." placeholder:"N" group:"budgets"`
	MaxCalls  number        `help:"How many Subs and scripts may run inside each other." placeholder:"N" group:"budgets"`
	MaxMemory number        `help:"How many MB the variables may hold." placeholder:"MB" group:"budgets"`

	Replay        string `help:"Answer every request from the recordings of a fixture case; reach no network." placeholder:"DIR" group:"try"`
	Simulate      number `help:"Run against a simulated OKTA with this many made-up people." placeholder:"USERS" group:"try"`
	SimulateFault string `help:"What goes wrong in the simulation, such as 'page 3: 429 once'." default:"page 3: 429 once" placeholder:"SCRIPT" group:"try"`

	record string // of runCmd
	test   bool   // a dry run
}

// runCmd runs a transformation.
type runCmd struct {
	runFlags

	Test   bool   `help:"A dry run: do everything, write nothing, say what would change."`
	JSON   bool   `help:"Print the outcome as one JSON object." name:"json"`
	Show   number `help:"Show the first custodians afterwards." placeholder:"N"`
	Record string `help:"Record every request and answer as a fixture case. It holds people's data." placeholder:"DIR" group:"try"`
}

// Help shows what people do most.
func (runCmd) Help() string {
	return `Examples:

  amsx run --simulate 3000 --show 5         try it: no account, no set-up
  amsx run okta_users --test                what would it do?
  amsx run okta_users                       do it
  amsx run my_users.amsx --test --limit 200
  amsx run okta_users -p OktaGroups="Sales, EMEA"
  amsx run --replay transformations/okta_users/three_pages

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the document has errors, 4 stopped by the fuse, 130 cancelled.`
}

// Run runs the transformation and prints what became of it.
func (c *runCmd) Run(ctx context.Context, e *env, g *cli) error {
	c.record, c.test = c.Record, c.Test
	if err := c.validate(); err != nil {
		return err
	}
	p, talk := newPalette(g.Color, e), talkPalette(g.Color, e)
	source, err := c.source(ctx, e, g)
	var usage *usageError
	if err != nil && c.JSON && !errors.As(err, &usage) {
		// A monitor reads the object also when the run could not begin.
		report := &batch.Report{Transformation: c.File, Status: control.Failed, Error: err.Error()}
		if source.script != nil {
			report.Transformation = source.script.Name()
		}
		return errors.Join(err, printJSON(e.stdout, report, ""))
	}
	if err != nil {
		return err
	}
	defer source.close()
	if source.player != nil && !c.JSON && !c.Quiet {
		fmt.Fprintln(e.stderr, "Replaying", lexer.Safe(source.title))
	}

	source.job.Testing = c.Test || source.job.Testing
	log := c.follow(source, e, talk, c.JSON)
	report, err := batch.Run(ctx, source.job)
	log.progress.close()
	err = errors.Join(err, source.captured(ctx, report, err))

	if c.JSON {
		if err := printJSON(e.stdout, report, ""); err != nil {
			return err
		}
	}
	var findings amsx.Findings
	switch {
	case errors.As(err, &findings):
		source.print(e.stderr, talk, findings)
		if source.packs != "" && slices.ContainsFunc(findings, func(d *lexer.Diagnostic) bool { return d.Code == runtime.CodeUnknownPack }) {
			fmt.Fprintf(e.stderr, "amsx: credential packs are looked for in %s\n", lexer.Safe(source.packs))
		}
	case c.JSON:
	case report.Run > 0:
		reporter{e.stdout, p, e.columns}.print(report, source.job.Testing)
		if c.Show > 0 && err == nil {
			if err := showCustodians(ctx, e, p, source.job.Site, int(c.Show)); err != nil {
				return err
			}
		}
	}
	if err != nil && !errors.As(err, &findings) {
		source.explain(e.stderr, talk, err)
	}
	if source.fixture != nil && !errors.As(err, &findings) {
		differs, cerr := source.differs(ctx, report, err)
		for _, d := range differs {
			fmt.Fprintf(e.stderr, "%s %s\n", talk.yellow("not as the case expects:"), safeLines(strings.TrimRight(d, "\n")))
		}
		if len(differs) == 0 && cerr == nil && !c.JSON {
			fmt.Fprintln(e.stderr, talk.green("This is what the case expects."))
		}
		if err = errors.Join(err, cerr); err == nil && len(differs) > 0 {
			err = errors.New("the replay is not what the case expects")
		}
	}
	if err != nil {
		return &reported{batch.ExitCode(err), err}
	}
	return nil
}

// follow gives the job of a source what the flags say, and shows what it does.
func (c *runFlags) follow(source *source, e *env, talk palette, asJSON bool) *terminalLog {
	log := &terminalLog{progress: newProgress(e, lexer.Safe(source.script.Name()), c.Quiet || asJSON && !e.terminal), palette: talk, trace: c.Trace, name: source.script.Name()}
	source.job.Log, source.job.Limit = log, int64(c.Limit)
	source.job.AllowOnce, source.job.Wait, source.job.Pack = c.AllowOnce, c.Wait, c.Pack
	source.job.Limits = runtime.Limits{Wall: c.MaxTime, Statements: int64(c.MaxLines), Turns: int64(c.MaxTurns), Calls: int64(c.MaxCalls), Memory: int64(c.MaxMemory) << 20}
	if c.Trace {
		source.job.HTTP.Trace = log.wire
		source.job.Hook = newTracer(log.progress, talk, source.script.Source())
	}
	source.job.HTTP.OnWait = log.wait
	return log
}

// validate finds options that contradict each other.
func (c *runCmd) validate() error {
	if c.Record != "" {
		switch {
		case c.Replay != "" || c.Simulate > 0:
			return &usageError{errors.New("--replay, --record and --simulate exclude each other")}
		case c.Limit > 0 || len(c.AllowOnce) > 0:
			return &usageError{errors.New("--record makes a case of a whole run: leave out --limit and --allow-once")}
		}
	}
	return c.runFlags.validate("run")
}

func (c *runFlags) validate(command string) error {
	switch {
	case c.Replay != "" && c.Simulate > 0:
		return &usageError{errors.New("--replay, --record and --simulate exclude each other")}
	case c.File == "" && c.Replay == "" && c.Simulate == 0:
		return &usageError{fmt.Errorf("which transformation? For example: amsx %s okta_users.amsx", command)}
	case c.Simulate > maxSimulated:
		return &usageError{fmt.Errorf("--simulate makes up at most %s people", thousands(maxSimulated))}
	case c.MaxTime < 0:
		return &usageError{errors.New("--max-time wants a time, such as 8h")}
	case c.MaxCalls > maxCalls:
		return &usageError{fmt.Errorf("--max-calls wants a number from 1 to %s", thousands(maxCalls))}
	case c.MaxMemory > 1<<20:
		return &usageError{errors.New("--max-memory wants MB, at most 1,048,576")}
	}
	for _, name := range c.AllowOnce {
		if names := append(site.FuseNames(), "all"); !slices.Contains(names, name) {
			return &usageError{fmt.Errorf("--allow-once: the fuse has no limit %q; there are %s", name, strings.Join(names, ", "))}
		}
	}
	return nil
}

// maxCalls bounds the budget of calls inside each other: a call takes some of
// the program's stack, and a stack that is full ends the program without a word
// of the line.
const maxCalls = 20_000

// maxSimulated bounds the made-up people, who are all in memory.
const maxSimulated = 1_000_000

// httpConfig is the client's configuration from flags and environment.
func (c *runFlags) httpConfig(e *env) (amsx.HTTP, error) {
	variable := func(name string) string { return cmp.Or(e.getenv(name), e.getenv(strings.ToLower(name))) } // either is in use
	cfg := amsx.HTTP{
		UserAgent: "amsx/" + version,
		Policy:    amsx.HTTPPolicy{AllowHosts: c.AllowHost},
		Proxy:     httpproxy.Config{HTTPProxy: variable("HTTP_PROXY"), HTTPSProxy: variable("HTTPS_PROXY"), NoProxy: variable("NO_PROXY")},
		Hints: amsx.HTTPHints{
			AllowHost:        "run with --allow-host HOST (or set AMSX_ALLOW_HOST)",
			RootCertificates: "give that authority's root certificate with --root-certificates FILE.pem (or set AMSX_ROOT_CERTIFICATES)",
			Proxy:            "check the environment variables HTTPS_PROXY and NO_PROXY",
			NewToken:         "amsx credential rotate",
		},
	}
	if c.RootCertificates != "" {
		pem, err := os.ReadFile(kong.ExpandPath(c.RootCertificates))
		if err != nil {
			return cfg, &usageError{fmt.Errorf("--root-certificates: %w", unreadable(err, c.RootCertificates))}
		}
		if !x509.NewCertPool().AppendCertsFromPEM(pem) {
			return cfg, &usageError{fmt.Errorf("--root-certificates: %s holds no certificate; a PEM file has lines -----BEGIN CERTIFICATE-----", c.RootCertificates)}
		}
		cfg.RootCertificates = pem
	}
	return cfg, nil
}

// controlFile is the control database of a site database.
func controlFile(g *cli, database string) (string, error) {
	if g.Control != "" {
		return g.Control, nil
	}
	file, err := siteFile(g, database)
	return control.Beside(file), err
}

// openControl opens the control database and says how its master key is found.
func openControl(ctx context.Context, e *env, g *cli, database string) (*control.DB, func() (*control.Key, error), error) {
	return openControlBy(ctx, e, g, database, control.Open)
}

// openControlBy is openControl with one of the ways to open the file.
func openControlBy(ctx context.Context, e *env, g *cli, database string, open func(context.Context, string, control.Options) (*control.DB, error)) (*control.DB, func() (*control.Key, error), error) {
	file, err := controlFile(g, database)
	if err != nil {
		return nil, nil, err
	}
	db, err := open(ctx, file, control.Options{
		User: userName(e), ParseDomain: func(text string) (string, error) {
			base, _, err := webapi.ParseDomain(text)
			return strings.TrimPrefix(base, "https://"), err
		},
	})
	if err != nil {
		return nil, nil, err
	}
	return db, func() (*control.Key, error) {
		src, err := keySource(e)
		if err != nil {
			return nil, err
		}
		return db.LoadKey(src)
	}, nil
}

// keySource says where the master key is.
func keySource(e *env) (control.KeySource, error) {
	if v := e.getenv("AMSX_MASTER_KEY"); strings.TrimSpace(v) != "" {
		return control.KeySource{Value: v}, nil
	}
	file, err := control.DefaultKeyFile()
	return control.KeySource{File: file}, err
}

// userName is the account's name, for the history.
func userName(e *env) string {
	for _, k := range []string{"USER", "USERNAME", "LOGNAME"} {
		if n := e.getenv(k); n != "" {
			return n
		}
	}
	if u, err := user.Current(); err == nil && u.Username != "" { // a service has no such variables
		return u.Username
	}
	return "unknown"
}

// A terminalLog shows what a run says.
type terminalLog struct {
	progress progress
	palette  palette
	trace    bool
	name     string
}

// Progress implements batch.Log.
func (l *terminalLog) Progress(text string, done, total int64) {
	if text == "" {
		text = l.name
	}
	l.progress.update(lexer.Safe(text), done, total)
}

// Line implements batch.Log.
func (l *terminalLog) Line(level, text string, pos lexer.Position) {
	if level == "debug" && !l.trace {
		return
	}
	l.progress.say(lexer.Safe(text))
}

// Warn implements batch.Log: warnings are listed with the summary, once each.
func (l *terminalLog) Warn(string, string, lexer.Position) {}

// Waiting implements batch.Log.
func (l *terminalLog) Waiting(reason string) {
	l.progress.say("Waiting: " + lexer.Safe(reason) + ". Ctrl-C ends the wait.")
}

// wait shows why a request waits.
func (l *terminalLog) wait(w amsx.HTTPWait) { l.progress.wait(w) }

// wire traces what goes over the wire.
func (l *terminalLog) wire(ev amsx.HTTPEvent) {
	s := fmt.Sprintf("  %s %s %s", ev.Kind, ev.Method, ev.URL)
	if ev.Status > 0 {
		s += fmt.Sprintf(" %d, %d bytes, %s", ev.Status, ev.Bytes, ev.Duration.Round(time.Millisecond))
	}
	if ev.Detail != "" {
		s += " (" + ev.Detail + ")"
	}
	l.progress.say(l.palette.dim(lexer.Safe(s)))
}
