package amsx

import (
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"path/filepath"
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/internal/redact"
	"github.com/amsx-lang/amsx/internal/site"
	"github.com/amsx-lang/amsx/parser/ast"
)

// A Plan is the change set of a dry run, complete, as it can be applied later.
type Plan struct {
	Site    site.Plan
	Scripts []ScriptHash // the script first, then those that it calls
	Raw     bool         // SqlRaw stands in one of them
	Held    []string     // requests that were not sent, because they could change something
	result  *site.Result
	secrets *redact.Set
}

// A ScriptHash is a script and the SHA-256 of its text, in hexadecimal.
type ScriptHash struct{ Name, Hash string }

// Changes yields the changed rows. It may be read more than once.
func (p *Plan) Changes() iter.Seq2[Change, error] { return p.result.Changes() }

// Written yields what is noted of columns with keep="edited".
func (p *Plan) Written() iter.Seq2[site.Written, error] { return p.result.Written() }

// Secret reports whether a text holds a secret that the run has seen.
func (p *Plan) Secret(text string) bool { return p.secrets.Redact(text) != text }

// Close gives up what the change set needs.
func (p *Plan) Close() error { return p.result.Close() }

// reading notes the scripts that a compilation reads.
type reading struct {
	scripts []ScriptHash
	raw     bool
}

func (r *reading) note(name string, source []byte, t *ast.Transformation) {
	if r == nil {
		return
	}
	if !slices.ContainsFunc(r.scripts, func(s ScriptHash) bool { return s.Name == name }) {
		r.scripts = append(r.scripts, hashOf(name, source))
	}
	if t == nil || t.Script == nil {
		return
	}
	ast.Inspect(t.Script, func(n ast.Node) bool {
		if c, ok := n.(*ast.Call); ok && strings.EqualFold(c.Name, "SqlRaw") {
			r.raw = true
		}
		return true
	})
}

func hashOf(name string, source []byte) ScriptHash {
	sum := sha256.Sum256(source)
	return ScriptHash{name, hex.EncodeToString(sum[:])}
}

// Changed returns the name of the first of these scripts that is not what it
// was, and what became of it; "": all are. The first is this script itself.
func (s *Script) Changed(was []ScriptHash) (name, became string) {
	for i, w := range was {
		source := s.source
		if i > 0 {
			var err error
			if s.folder == nil {
				return w.Name, "is not there any more"
			}
			if _, source, err = s.folder.ReadScript(w.Name, ""); err != nil {
				return w.Name, "cannot be read any more"
			}
		}
		if hashOf("", source).Hash != w.Hash {
			return w.Name, "was changed since"
		}
	}
	return "", ""
}

// own is the name of the script among the scripts that a compilation reads.
func (s *Script) own() string { return filepath.Base(s.name) }
