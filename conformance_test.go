package amsx_test

import (
	"go/ast"
	goparser "go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/amsx-lang/amsx/builtins"
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser"
	syntax "github.com/amsx-lang/amsx/parser/ast"
	"github.com/amsx-lang/amsx/runtime"
)

// The tests of this file hold the language's tables against the cases of
// testdata: what the grammar, the commands and the codes name must be in a case.
// That the cases say the right thing is tested where they run.

// A program is the source of one case.
type program struct {
	file   string
	source string
}

var (
	parserMark = regexp.MustCompile(`(?m) ### \d+ ".*"$`)
	checkMark  = regexp.MustCompile(`(?m) *###(?: "[^"]*")+`)
)

// programs are the sources of all cases.
func programs(t *testing.T) []program {
	t.Helper()
	var out []program
	add := func(file, source string) { out = append(out, program{file, source}) }
	for _, file := range caseFiles(t, "parser/testdata/conform/*.txtar", "parser/format/testdata/*.txtar", "runtime/testdata/run/*.txtar", "builtins/testdata/conform/*.txtar") {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range a.Files {
			if strings.HasSuffix(f.Name, ".amsx") || strings.HasPrefix(filepath.ToSlash(file), "builtins/") && !strings.HasSuffix(f.Name, ".out") {
				add(file, string(f.Data))
			}
		}
	}
	for _, file := range caseFiles(t, "parser/testdata/errors/*.amsx", "runtime/testdata/check/*.amsx") {
		for part := range strings.SplitSeq(read(t, file), "\n---\n") {
			for one := range strings.SplitSeq(parserMark.ReplaceAllString(part, ""), "\n+++ ") {
				add(file, checkMark.ReplaceAllString(one, ""))
			}
		}
	}
	return out
}

func caseFiles(t *testing.T, patterns ...string) []string {
	t.Helper()
	var out []string
	for _, p := range patterns {
		files, err := filepath.Glob(p)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no cases (%v)", p, err)
		}
		out = append(out, files...)
	}
	return out
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "\r\n", "\n")
}

// missing reports the names that are in want and not in have.
func missing(t *testing.T, what string, want []string, have map[string]bool) {
	t.Helper()
	slices.Sort(want)
	for _, name := range slices.Compact(want) {
		if !have[name] {
			t.Errorf("no case has %s %s", what, name)
		}
	}
}

// Every command and function is used by a case beside its own examples.
func TestEveryCommandHasACase(t *testing.T) {
	used := map[string]bool{}
	for _, p := range programs(t) {
		if !strings.HasPrefix(filepath.ToSlash(p.file), "builtins/") {
			continue // the others run on commands of their own
		}
		tree, _ := parser.ParseTransformation(p.file, []byte(p.source))
		if tree.Script == nil {
			continue
		}
		syntax.Inspect(tree.Script, func(n syntax.Node) bool {
			if call, ok := n.(*syntax.Call); ok {
				used[runtime.FoldName(call.Name)] = true
			}
			return true
		})
	}
	for _, c := range builtins.All().All() {
		if !used[runtime.FoldName(c.Name)] {
			t.Errorf("no case uses %s", c.Name)
		}
	}
}

// Every code of a finding or an error is what a case comes to.
func TestEveryCodeHasACase(t *testing.T) {
	code := regexp.MustCompile(`AMSX\d{4}`)
	seen := map[string]bool{}
	for _, p := range programs(t) {
		_, list := parser.ParseTransformation(p.file, []byte(p.source))
		for _, d := range list {
			seen[d.Code] = true
		}
	}
	for _, file := range caseFiles(t, "runtime/testdata/run/*.txtar", "runtime/testdata/check/*.amsx", "amsx/testdata/check/*.amsx", "builtins/testdata/conform/*.txtar", "internal/sqltext/testdata/*.txt") {
		for _, c := range code.FindAllString(read(t, file), -1) {
			seen[c] = true
		}
	}
	// These are in the cases by what they say.
	for c, text := range map[string]struct{ file, text string }{
		lexer.CodeSize:         {"parser/testdata/encodings.txt", "at most 200000 are read"},
		runtime.CodeNotRead:    {"runtime/testdata/run/07-nobody.txtar", "warning: nobody was read"},
		runtime.CodeBadElement: {"builtins/testdata/conform/csv.txtar", "warning: line "},
	} {
		if !strings.Contains(read(t, text.file), text.text) {
			t.Errorf("no case of %s says %q", c, text.text)
		}
		seen[c] = true
	}
	var want []string
	for _, dir := range []string{"lexer", "runtime", "internal/sqltext", "builtins"} {
		want = append(want, codesOf(t, dir)...)
	}
	if len(want) < 90 {
		t.Errorf("only %d codes were found in the sources", len(want))
	}
	missing(t, "the code", want, seen)

	var pages []string
	for _, e := range lexer.Explanations() {
		pages = append(pages, e.Code)
	}
	for _, c := range codesOf(t, "lexer") {
		if !slices.Contains(pages, c) {
			t.Errorf("the code %s has no page", c)
		}
	}
}

// codesOf are the values of the constants Code… of a package.
func codesOf(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	for _, file := range caseFiles(t, dir+"/*.go") {
		f, err := goparser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, s := range g.Specs {
				v := s.(*ast.ValueSpec)
				for i, n := range v.Names {
					if !strings.HasPrefix(n.Name, "Code") || i >= len(v.Values) {
						continue
					}
					if l, ok := v.Values[i].(*ast.BasicLit); ok {
						text, err := strconv.Unquote(l.Value)
						if err == nil && strings.HasPrefix(text, "AMSX") {
							out = append(out, text)
						}
					}
				}
			}
		}
	}
	return out
}

// Every production of the grammar that has words or signs of its own is in a
// case without errors: each of its words, in a line that begins as the
// production does, if it is that of a line.
func TestEveryProductionHasACase(t *testing.T) {
	rules := map[string]string{}
	var order []string
	for line := range strings.Lines(parser.Grammar()) {
		name, body, ok := strings.Cut(strings.TrimSpace(line), " = ")
		if !ok {
			t.Fatal(line)
		}
		rules[name], order = strings.TrimSuffix(body, " ."), append(order, name)
	}
	lines := regexp.MustCompile(`[A-Za-z]+`).FindAllString(rules["Line"]+" "+rules["Simple"]+" EndText", -1)

	var heads [][]string          // the words of each line, folded
	anywhere := map[string]bool{} // words, signs, and kinds of tokens as <kind>
	for _, p := range programs(t) {
		tree, list := parser.ParseTransformation(p.file, []byte(p.source))
		if list.HasErrors() || tree.Script == nil {
			continue
		}
		tokens(tree, func(line []lexer.Token) {
			var words []string
			for _, k := range line {
				w := strings.ToLower(k.Value)
				anywhere[w] = true
				kind := kindName(k)
				anywhere["<"+kind+">"] = true
				words = append(words, w)
				if w == "then" || kind == "raw" { // what follows begins anew
					heads, words = append(heads, words), nil
				}
			}
			heads = append(heads, words)
		})
	}
	if len(heads) < 1000 {
		t.Fatalf("only %d lines were read", len(heads))
	}
	terminal := regexp.MustCompile(`"([^"]+)"|(<\w+>)`)
	for _, name := range order {
		begins := map[string]bool{}
		if slices.Contains(lines, name) {
			first(rules[name], begins)
		}
		for _, m := range terminal.FindAllStringSubmatch(rules[name], -1) {
			word := strings.ToLower(m[1] + m[2])
			found := anywhere[word]
			if len(begins) > 0 && m[1] != "" {
				found = slices.ContainsFunc(heads, func(line []string) bool {
					return len(line) > 0 && begins[line[0]] && slices.Contains(line, word)
				})
			}
			if !found {
				t.Errorf("no case has %s of %s = %s (lines that begin with %q)", m[0], name, rules[name], slices.Sorted(maps.Keys(begins)))
			}
		}
	}
}

// tokens calls f for every line of a script.
func tokens(tree *syntax.Transformation, f func(line []lexer.Token)) {
	kinds := lexer.Definition{}.Symbols()
	var line []lexer.Token
	for s := lexer.NewScanner(tree.Text).Stream(); ; {
		k := s.Next()
		line = append(line, *k)
		if k.Type == kinds["EOL"] || k.Type == kinds["EOF"] {
			f(line)
			line = nil
		}
		if k.Type == kinds["EOF"] {
			return
		}
	}
}

// kindName is the name of a token's type in the grammar.
func kindName(k lexer.Token) string {
	for name, typ := range (lexer.Definition{}).Symbols() {
		if typ == k.Type {
			return strings.ToLower(name)
		}
	}
	return ""
}

// first adds the words that a production may begin with. It reads the body as
// far as the first word of each alternative at its beginning.
func first(body string, out map[string]bool) {
	depth, begins := 0, []bool{true} // at each depth: is this where it begins?
	for _, s := range regexp.MustCompile(`"[^"]+"|<\w+>|[()|]|\w+|[?*]`).FindAllString(body, -1) {
		switch {
		case s == "(":
			begins = append(begins[:depth+1], begins[depth])
			depth++
		case s == ")":
			depth--
			begins[depth] = false
		case s == "|":
			// An alternative begins where the group does.
			begins[depth] = depth == 0 || begins[depth-1]
		case s == "?" || s == "*":
		default:
			if begins[depth] && s[0] == '"' {
				out[strings.ToLower(strings.Trim(s, `"`))] = true
			}
			begins[depth] = false
		}
	}
}
