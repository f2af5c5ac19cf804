//go:build unix

package files_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/amsx-lang/amsx/internal/files"
)

// A pipe is no file: opening it would wait for ever.
func TestPipe(t *testing.T) {
	f, dir := setUp(t, files.Options{})
	must(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o666))
	if _, err := read(f, "pipe"); err == nil || !strings.Contains(err.Error(), "pipe is no file") {
		t.Errorf("got %v", err)
	}
	if err := f.Write("pipe", []byte("x")); err == nil {
		t.Error("it is written to")
	}
}
