package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/wholefile"
	"github.com/amsx-lang/amsx/lexer"
)

// fmtCmd brings transformations into their canonical form.
type fmtCmd struct {
	Paths []string `arg:"" optional:"" name:"path" help:"The transformations, or folders with them. Without: standard input, formatted to standard output."`
	Check bool     `help:"Change nothing; list the files that are not formatted, and end with exit code 1 when there is one."`
	Diff  bool     `help:"Change nothing; print what would be changed, as a unified diff."`
}

// Help shows how fmt is used.
func (fmtCmd) Help() string {
	return `Examples:

  amsx fmt my_users.amsx
  amsx fmt --diff my_users.amsx
  amsx fmt --check transformations

The files are rewritten in place, and those that changed are listed. What a transformation
does is never changed: words get their usual spelling, lines their blanks. In a document
only the script is touched. Exit code 3 when a file has errors; it is left as it is.`
}

// Run formats the files.
func (c *fmtCmd) Run(ctx context.Context, e *env, g *cli) error {
	if len(c.Paths) == 0 {
		return c.input(e, g)
	}
	files, err := scriptFiles(c.Paths)
	if err != nil {
		return &usageError{err}
	}
	var failed error // the first one
	differs := false
	for _, file := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		changed, err := c.file(e, g, file)
		if failed == nil {
			failed = err
		}
		differs = differs || changed
	}
	if failed == nil && differs {
		failed = c.verdict()
	}
	return failed
}

// verdict is what the program ends with when something was not formatted. The
// files have been listed.
func (c *fmtCmd) verdict() error {
	if c.Check {
		return &reported{exitFailed, errors.New("not formatted")}
	}
	return nil
}

// file formats one file and reports whether it was, or would be, changed.
// Errors have been printed.
func (c *fmtCmd) file(e *env, g *cli, file string) (changed bool, err error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return false, complain(e, g, err)
	}
	out, err := c.format(e, g, file, src)
	if err != nil || string(out) == string(src) {
		return false, err
	}
	switch {
	case c.Diff:
		return true, printDiff(e, file, src, out)
	case !c.Check:
		if err := replaceFile(file, out); err != nil {
			return false, complain(e, g, err)
		}
	}
	_, err = fmt.Fprintln(e.stdout, lexer.Safe(file))
	return true, err
}

// complain prints an error and marks it as printed.
func complain(e *env, g *cli, err error) error {
	fmt.Fprintln(e.stderr, talkPalette(g.Color, e).red("amsx:"), lexer.Safe(err.Error()))
	return &reported{exitFailed, err}
}

// format prints the findings of a source with errors.
func (c *fmtCmd) format(e *env, g *cli, name string, src []byte) ([]byte, error) {
	out, err := amsx.Format(name, src)
	var found amsx.Findings
	if errors.As(err, &found) {
		source := func(string) *lexer.Source { return lexer.NewSource(name, string(src)) }
		if err := lexer.Fprint(e.stderr, source, found, lexer.Options{Color: talkPalette(g.Color, e).on}); err != nil {
			return nil, err
		}
		return nil, &reported{exitDocument, found}
	}
	return out, err
}

// printDiff prints what would be changed. What would do something to a terminal is
// shown there as what it is; to a file or another program the diff goes as it
// is, so that it can be applied.
func printDiff(e *env, name string, src, out []byte) error {
	text := udiff.Unified(name, name, string(src), string(out))
	if e.columns > 0 {
		text = safeLines(strings.ReplaceAll(text, "\r\n", "\n"))
	}
	_, err := io.WriteString(e.stdout, text)
	return err
}

// input formats standard input.
func (c *fmtCmd) input(e *env, g *cli) error {
	if f, ok := e.stdin.(*os.File); ok && isTerminal(f) {
		return &usageError{errors.New("which transformation? For example: amsx fmt my_users.amsx")}
	}
	src, err := io.ReadAll(io.LimitReader(e.stdin, lexer.MaxSize+1)) // one more is refused by its size
	if err != nil {
		return err
	}
	const name = "standard input"
	out, err := c.format(e, g, name, src)
	if err != nil {
		return err
	}
	changed := string(out) != string(src)
	switch {
	case c.Diff && changed:
		err = printDiff(e, name, src, out)
	case c.Check && changed:
		_, err = fmt.Fprintln(e.stdout, name)
	case !c.Diff && !c.Check:
		_, err = e.stdout.Write(out)
	}
	if err == nil && changed {
		err = c.verdict()
	}
	return err
}

// scriptFiles are the files that paths name: those that are files, and the
// transformations in those that are folders, and in the folders within, but for
// hidden ones. When one is not there, none is touched.
func scriptFiles(paths []string) ([]string, error) {
	var files []string
	seen := map[string]bool{}
	add := func(file string) {
		if !seen[filepath.Clean(file)] {
			seen[filepath.Clean(file)] = true
			files = append(files, file)
		}
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("there is no file or folder %s%s", path, nearFile(path))
		case err != nil:
			return nil, fmt.Errorf("cannot read the transformation: %w", err)
		case info.Mode().IsRegular():
			add(path)
			continue
		case !info.IsDir():
			return nil, fmt.Errorf("%s is neither a file nor a folder", path)
		}
		none := true
		err = filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
			hidden := strings.HasPrefix(d.Name(), ".") && file != path
			switch {
			case err != nil:
				return err
			case d.IsDir() && hidden:
				return fs.SkipDir
			case d.Type().IsRegular() && !hidden && strings.EqualFold(filepath.Ext(file), ".amsx"):
				none = false
				add(file)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("cannot read the folder: %w", err)
		}
		if none {
			return nil, fmt.Errorf("there is no file *.amsx in the folder %s", path)
		}
	}
	return files, nil
}

// replaceFile writes a file anew: at every moment there is the old text or the
// new one under its name. A link stays a link, the rights stay the same, and a
// file that is write-protected is not written.
func replaceFile(name string, data []byte) error {
	file, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o200 == 0 {
		return fmt.Errorf("%s is write-protected; nothing was changed", name)
	}
	err = wholefile.Write(file, info.Mode().Perm(), func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", name, err)
	}
	return nil
}
