//go:build unix

package control

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// dropRights makes this process one of an account that owns nothing, where the
// tests run as root, whom file modes do not bind.
func dropRights() {
	if os.Getuid() == 0 {
		if err := syscall.Setuid(65534); err != nil {
			panic(err)
		}
	}
}

func TestFileOfAnotherAccount(t *testing.T) {
	for name, test := range map[string]struct{ file, folder os.FileMode }{
		"file not readable":    {0o000, 0o755},
		"file not writable":    {0o444, 0o755},
		"folder not writable":  {0o666, 0o555},
		"folder not reachable": {0o666, 0o000},
	} {
		t.Run(name, func(t *testing.T) {
			// The folders of t.TempDir let no other account through.
			dir, err := os.MkdirTemp("", "control")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				os.Chmod(dir, 0o700)
				os.RemoveAll(dir)
			})
			path := filepath.Join(dir, "amsx.control.db")
			reopen(t, path, Options{}).Close()
			if os.Chmod(path, test.file) != nil || os.Chmod(dir, test.folder) != nil {
				t.Fatal("chmod")
			}
			c := startChild(t, "open as nobody", path)
			for _, want := range []string{path, "cannot be written", "give this account the right"} {
				if !strings.Contains(c.line, want) {
					t.Errorf("%q lacks %q", c.line, want)
				}
			}
		})
	}
}
