// Package amsx runs AMSX transformations from Go: what the program amsx does,
// without its command line.
//
// [Parse] reads a document or script, [Script.Check] says everything that is
// wrong with it, [Script.Run] runs it against a [Site] opened with [OpenSite].
// [RunOptions] say with which credential packs ([Pack], [Packs]), how the
// network is reached ([HTTP]), and whether anything is written. The
// transformations that ship are in the package transformations.
//
// What is run here is in no history and takes no lease: a program that starts
// runs of the same transformation side by side sees to their order itself.
package amsx

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/builtins"
	"github.com/amsx-lang/amsx/internal/sqltext"
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser"
	"github.com/amsx-lang/amsx/parser/ast"
	"github.com/amsx-lang/amsx/runtime"
)

// Findings are what a check says about a script, sorted by place. As an error
// they name the first one.
type Findings = lexer.List

// A Finding is one of them.
type Finding = lexer.Diagnostic

// A Script is a parsed transformation. It is immutable and safe for concurrent
// use.
type Script struct {
	name   string
	source []byte
	tree   *ast.Transformation
	found  Findings
	folder runtime.Files // of the scripts that it calls; nil: none
}

// Parse reads a transformation in document or script form. name is shown in
// messages. It never fails: what is wrong is among the findings of Check, and
// such a script does not run.
func Parse(name string, source []byte) *Script {
	s := &Script{name: name, source: source}
	s.tree, s.found = parser.ParseTransformation(name, source)
	return s
}

// Name is the transformation's name, or the file's where the document gives
// none.
func (s *Script) Name() string {
	if s.tree != nil && s.tree.Name.Value != "" {
		return s.tree.Name.Value
	}
	return strings.TrimSuffix(filepath.Base(s.name), ".amsx")
}

// IsDocument reports whether it is a document, and not lines of script alone.
func (s *Script) IsDocument() bool { return s.tree != nil && s.tree.Document }

// Source is the text that Parse was given.
func (s *Script) Source() []byte { return s.source }

// Text is the source as [lexer.Fprint] reads it.
func (s *Script) Text(name string) *lexer.Source {
	if name != s.name {
		return s.called(name)
	}
	return lexer.NewSource(s.name, string(s.source))
}

// Parameters are the declared parameters, in the document's order.
func (s *Script) Parameters() []*ast.Parameter {
	if s.tree == nil {
		return nil
	}
	return s.tree.Parameters
}

// CheckOptions are what a check may know beyond the script.
type CheckOptions struct {
	Schema runtime.Schema // the site's tables; nil: not known
	Packs  []string       // the names of the credential packs; nil: not known
	Limits runtime.Limits // of what a run may take
	Seen   *runtime.Seen  // the names that the script's fixture cases have; nil: there are none

	read *reading // notes the scripts that are read; nil: nothing does
}

// Check returns everything that is wrong with the script, or worth a thought.
// Nothing runs while it holds an error.
func (s *Script) Check(o CheckOptions) Findings {
	return s.compile(o).found
}

// CheckAll is Check that also returns the findings which a comment of the script
// silences.
func (s *Script) CheckAll(o CheckOptions) (found, silenced Findings) {
	c := s.compile(o)
	return c.found, c.silenced
}

// compiled is what came of a script.
type compiled struct {
	program  *runtime.Program // nil: there are errors
	found    Findings
	silenced Findings
}

// compile parses and checks.
func (s *Script) compile(o CheckOptions) compiled {
	if s.tree == nil || s.tree.Broken {
		return compiled{found: slices.Clone(s.found)}
	}
	quiet := &silencer{used: map[int]bool{}, refused: map[int]*Finding{}}
	quiet.read(s.tree)
	if o.read != nil {
		o.read.note(s.own(), s.source, s.tree)
	}
	found := slices.DeleteFunc(slices.Clone(s.found), quiet.takes)
	source := api(s.tree)
	program, more := runtime.Compile(s.tree, runtime.Options{
		Table: builtins.All(), Script: s.script(quiet, o.read), SQL: new(sqltext.Scope).Compile, Schema: o.Schema, Packs: o.Packs, Limits: o.Limits, Seen: o.Seen, Fields: fields(source), Values: values(source),
		Silenced: quiet.takes,
	})
	found = append(found, own(s.found, more)...)
	found = append(found, quiet.findings(unread(append(slices.Clone(s.found), more...)), o)...).Compact()
	if found.HasErrors() {
		program = nil
	}
	quiet.silenced.Sort()
	return compiled{program, found, quiet.silenced}
}

// echoes are the findings that a line which could not be read may cause
// elsewhere: it may have been the one that set the variable, read the list or
// made the table.
var echoes = []string{
	runtime.CodeUnknownName, runtime.CodeMaybeUnset, runtime.CodeExit, runtime.CodeUnreachable, runtime.CodePendingText,
	runtime.CodeLeaversNoPull, runtime.CodeNoUpsert, runtime.CodeUnsigned, runtime.CodeNeverEnds,
	runtime.CodeSQLPrepare, runtime.CodeNoTempTable,
}

// own returns the findings of the checker that are not echoes of lines which
// the parser could not read.
func own(parsed, checked Findings) Findings {
	if !unread(parsed) {
		return checked
	}
	return slices.DeleteFunc(slices.Clone(checked), func(d *Finding) bool { return slices.Contains(echoes, d.Code) })
}

// unread reports whether the parser could not read some line.
func unread(found Findings) bool {
	return slices.ContainsFunc(found, func(d *Finding) bool {
		return d.Severity == lexer.Error && (strings.HasPrefix(d.Code, "AMSX1") || strings.HasPrefix(d.Code, "AMSX2"))
	})
}
