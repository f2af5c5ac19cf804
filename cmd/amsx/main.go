// Command amsx runs and checks AMSX transformations.
//
// Standard output is data, standard error is talk. The exit codes are those of
// [exitCode]; they and the names of flags are fixed, since people's own
// scripts rely on them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/amsx-lang/amsx/lexer"
)

// version is set by the linker in a release.
var version = "dev"

func main() {
	boundMemory(os.Getenv)
	os.Exit(run(os.Args[1:], &env{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		getenv: os.Getenv, terminal: isTerminal(os.Stderr), columns: columnsOf(os.Stdout), talkColumns: columnsOf(os.Stderr), interrupts: true,
	}))
}

// An env is everything outside that a command may touch.
type env struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	terminal       bool // stderr is a terminal
	columns        int  // of the terminal that stdout is; 0: it is none
	talkColumns    int  // of the terminal that stderr is; 0: it is none
	interrupts     bool // Ctrl-C is ours
}

// cli is the command line.
type cli struct {
	Database string           `help:"The site database: a file, or a PostgreSQL server (postgres://user@host/database)." placeholder:"amsx.db" default:"amsx.db" group:"every"`
	Copy     string           `help:"The file of this machine's copy of a site on a server (default: the names of the database and the host)." placeholder:"FILE" group:"every"`
	Control  string           `help:"The control database with credential packs and the history of runs (default: beside the site database)." placeholder:"FILE" group:"every"`
	Config   string           `help:"A file with these options (default: amsx.toml, when there is one)." placeholder:"FILE" group:"every"`
	Color    string           `help:"Colour: auto (on a terminal), always or never." placeholder:"auto" enum:"auto,always,never" default:"auto" group:"every"`
	Version  kong.VersionFlag `help:"Print the version." group:"every"`

	Run        runCmd        `cmd:"" help:"Run a transformation against the site database."`
	Plan       planCmd       `cmd:"" help:"Say row by row what a run would change, and keep it for apply."`
	Apply      applyCmd      `cmd:"" help:"Write exactly what a plan says, or nothing."`
	Check      checkCmd      `cmd:"" help:"Say everything that is wrong with a transformation, without running it."`
	Runs       runsCmd       `cmd:"" help:"The history: every run, what it did, what it changed."`
	Undo       undoCmd       `cmd:"" help:"Take a run back, where nothing newer happened."`
	Why        whyCmd        `cmd:"" help:"Say which run, line and source wrote a row or a field."`
	Forget     forgetCmd     `cmd:"" help:"Remove a person's values everywhere, for good."`
	Credential credentialCmd `cmd:"" help:"Credential packs: the domains and tokens that transformations use by name."`
	Fmt        fmtCmd        `cmd:"" help:"Bring transformations into their usual form: spelling of words, blanks, indentation."`
	Doc        docCmd        `cmd:"" help:"Explain a command of the language, or the code of a message."`
	OktaSim    oktaSimCmd    `cmd:"" name:"okta-sim" help:"Serve a simulated OKTA on this machine."`
	Completion completionCmd `cmd:"" help:"Print a completion script for bash, zsh, fish or PowerShell."`
}

// newParser describes the command line c to kong.
func newParser(c *cli, e *env, args []string, exit func(int)) (*kong.Kong, error) {
	return kong.New(c,
		kong.Name("amsx"),
		kong.Description("Runs and checks transformations written in AMSX, the scripting language of asset management.\n\nTry it without any set-up:\n\n  amsx run --simulate 3000 --show 5\n\nEvery option can also be given as an environment variable, such as AMSX_DATABASE for --database, or in the file amsx.toml; the command line is the strongest, then the environment."),
		kong.Vars{"version": "amsx " + version, "oktasim_token": oktasim.DefaultToken},
		kong.Writers(e.stdout, e.stderr),
		kong.Exit(exit),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Bind(e, c),
		kong.Resolvers(&settings{args: args, getenv: e.getenv}),
		kong.ExplicitGroups([]kong.Group{{Key: "try", Title: "Trying it out:"}, {Key: "budgets", Title: "What a run may take (when not given: 6h, 1,000,000,000 lines, 1,000,000 turns and 256 MB):"}, {Key: "every", Title: "For every command:"}}),
	)
}

// run is the program: it parses args, runs the command and returns the exit
// code.
func run(args []string, e *env) int {
	var c cli
	exit := -1
	if len(args) == 0 {
		run([]string{"--help"}, &env{stdin: e.stdin, stdout: e.stderr, stderr: e.stderr, getenv: e.getenv})
		return exitUsage
	}
	parser, err := newParser(&c, e, args, func(code int) { exit = code })
	if err != nil {
		fmt.Fprintln(e.stderr, "amsx:", err)
		return exitUsage
	}
	kctx, err := parser.Parse(args)
	if exit >= 0 {
		return exit // --help or --version did it
	}
	if err != nil {
		fmt.Fprintf(e.stderr, "amsx: %s\nTry: amsx %s--help\n", lexer.Safe(usageText(err)), commandOf(parser.Model.Node, args))
		return exitUsage
	}
	if err := emptyFlag(args, kctx.Flags()); err != nil {
		fmt.Fprintln(e.stderr, "amsx:", lexer.Safe(err.Error()))
		return exitUsage
	}
	ctx, stop := interruptible(e)
	defer stop()
	kctx.BindTo(ctx, (*context.Context)(nil))
	if err := kctx.Run(); err != nil {
		var quiet *reported
		if !errors.As(err, &quiet) {
			fmt.Fprintln(e.stderr, talkPalette(c.Color, e).red("amsx:"), lexer.Safe(err.Error()))
		}
		return exitCode(err)
	}
	return 0
}

// usageText is what the parser has to say about a command line, with a word for
// an argument that is missing.
func usageText(err error) string {
	text := err.Error()
	if rest, ok := strings.CutPrefix(text, `expected "<`); ok {
		name, _, _ := strings.Cut(rest, ">")
		return "<" + name + "> is missing"
	}
	return text
}

// commandOf is the command that args name, with a blank behind, for
// "Try: amsx run --help".
func commandOf(n *kong.Node, args []string) string {
	words := ""
	for _, a := range args {
		for _, c := range n.Children {
			if c.Name == a {
				n, words = c, words+a+" "
				break
			}
		}
	}
	return words
}

// interruptible returns a context that Ctrl-C cancels, and so does the signal
// with which a service manager or timeout(1) ends a program. A second one ends
// the program at once, as the first gives the signal back.
func interruptible(e *env) (context.Context, context.CancelFunc) {
	if !e.interrupts {
		return context.WithCancel(context.Background())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
