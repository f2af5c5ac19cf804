package main

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// picture is the README's picture: what its first command shows.
const picture = "../../docs/images/run.svg"

// TestPicture holds the README's picture against a real run: the same lines,
// but for times and the simulator's port. With AMSX_UPDATE set it draws it.
func TestPicture(t *testing.T) {
	t.Parallel() // most of its time is the wait for a rate limit
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile(`(?m)^go run \./cmd/amsx (run .*)$`).FindStringSubmatch(string(readme))
	if command == nil {
		t.Fatal("the README has no command to run")
	}
	words := shellWords(strings.ReplaceAll(command[1], "transformations/", "../../transformations/"))
	const columns = 100
	var out bytes.Buffer
	e := &env{stdin: strings.NewReader(""), stdout: &out, stderr: &out, columns: columns, getenv: func(string) string { return "" }}
	dir := t.TempDir()
	if code := run(append([]string{"--color=always", "--database", filepath.Join(dir, "amsx.db")}, words...), e); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, out.String())
	}
	text := "\x1b[2m$\x1b[0m \x1b[1mamsx " + strings.ReplaceAll(command[1], "transformations/", "") + "\x1b[0m\n" + hidePort(out.String())
	drawn := terminalSVG(dark, text, columns)
	if os.Getenv("AMSX_UPDATE") != "" {
		if err := os.MkdirAll(filepath.Dir(picture), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(picture, []byte(drawn), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	shown, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(textsOf(t, shown), textsOf(t, []byte(drawn))); diff != "" {
		t.Errorf("the picture is not what a run shows; AMSX_UPDATE=1 draws it anew (- picture, + run):\n%s", diff)
	}
}

// hidePort leaves the simulator's port out of the picture.
func hidePort(s string) string {
	return regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAllString(s, "127.0.0.1")
}

// changing is what differs between two runs.
var changing = regexp.MustCompile(`\d+\.\d s|Waiting \d+ s|[\d,]+/s`)

// textsOf are the texts of a picture without times. Lines of progress come as
// the machine is fast or slow, so they are left out.
func textsOf(t *testing.T, svg []byte) (texts []string) {
	t.Helper()
	dec := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := dec.Token()
		if err == io.EOF {
			return texts
		}
		if err != nil {
			t.Fatal(err)
		}
		if c, ok := token.(xml.CharData); ok {
			s := strings.TrimSpace(string(c))
			if s != "" && !strings.HasPrefix(s, "Reading") {
				texts = append(texts, changing.ReplaceAllString(s, "…"))
			}
		}
	}
}
