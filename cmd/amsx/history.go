package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/control"
	"github.com/amsx-lang/amsx/lexer"
)

// A history is what is looked at and changed when no script runs: the site and
// the runs that were.
type history struct {
	site    *amsx.Site
	control *control.DB
}

func (h *history) close() {
	if h.control != nil {
		h.control.Close()
	}
}

// openHistory opens databases that are there: who only looks, and has mistyped
// a name, must not make new ones.
func openHistory(ctx context.Context, e *env, g *cli) (*history, error) {
	return openHistoryBy(ctx, e, g, openSite, control.Open)
}

// openHistoryToRead is openHistory for a command that writes nothing, which an
// account without the right to write may give.
func openHistoryToRead(ctx context.Context, e *env, g *cli) (*history, error) {
	return openHistoryBy(ctx, e, g, openSiteToRead, control.OpenToRead)
}

func openHistoryBy(ctx context.Context, e *env, g *cli, openSite func(context.Context, *cli, string) (*amsx.Site, error), open func(context.Context, string, control.Options) (*control.DB, error)) (*history, error) {
	site, err := siteFile(g, g.Database)
	if err != nil {
		return nil, err
	}
	db, err := controlFile(g, g.Database)
	if err != nil {
		return nil, err
	}
	for i, file := range []string{site, db} {
		if i == 0 && amsx.IsServer(g.Database) {
			continue // the copy is made anew where it is lost
		}
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			path, aerr := filepath.Abs(file)
			if aerr != nil {
				return nil, aerr
			}
			flag := "--database"
			if i > 0 && g.Control != "" {
				flag = "--control"
			}
			return nil, &noHistoryError{path, flag}
		}
	}
	h := &history{}
	if h.site, err = openSite(ctx, g, g.Database); err != nil {
		return nil, err
	}
	h.control, _, err = openControlBy(ctx, e, g, g.Database, open)
	if err != nil {
		return nil, err
	}
	// A run whose process was killed must not be shown as one that is running.
	if _, err := h.control.MarkEnded(ctx); err != nil {
		return nil, errors.Join(err, h.control.Close())
	}
	return h, nil
}

// A noHistoryError says that nothing ever ran here.
type noHistoryError struct{ file, flag string }

func (e *noHistoryError) Error() string {
	return "there is no history here: " + e.file + " does not exist; it is made with the first run. Name the one that is meant with " + e.flag
}

// confirm asks before something is changed that a person should have thought
// about. Where there is nobody to ask, --yes must say it.
func confirm(ctx context.Context, e *env, yes bool, question string) error {
	if yes {
		return nil
	}
	f, ok := e.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return &usageError{errors.New("nothing was changed: there is no terminal to ask at; add --yes when this is meant")}
	}
	fmt.Fprintf(e.stderr, "%s Type yes to do it: ", question)
	answer := make(chan string, 1)
	go func() { // a read cannot be interrupted; the program ends without it
		line, err := bufio.NewReader(io.LimitReader(f, 1<<10)).ReadString('\n')
		if err != nil && line == "" {
			fmt.Fprintln(e.stderr)
		}
		answer <- line
	}()
	select {
	case line := <-answer:
		if a := strings.ToLower(strings.TrimSpace(line)); a == "yes" || a == "y" {
			return nil
		}
	case <-ctx.Done():
		fmt.Fprintln(e.stderr)
	}
	return &cancelledError{"cancelled, nothing was changed"}
}

// rowText is a value of a row, for a person.
func rowText(v any) string {
	if v == nil {
		return "(empty)"
	}
	return lexer.Safe(fmt.Sprint(v))
}
