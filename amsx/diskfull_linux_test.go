package amsx_test

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/oktasim"
)

// TestDiskFull runs itself in a process that may write small files only: the
// run fails in words, and what was there before is there still.
func TestDiskFull(t *testing.T) {
	if os.Getenv("AMSX_TEST_DISK_FULL") == "" {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		c := exec.Command(self, "-test.run=^TestDiskFull$", "-test.v")
		c.Env = append(os.Environ(), "AMSX_TEST_DISK_FULL=1")
		out, err := c.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS: TestDiskFull") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	o := newOrg(t, oktasim.Config{Users: 20, Seed: 5})
	o.good()
	before := o.rows(everyone)
	for i := range 3000 {
		if _, err := o.sim.Org().AddUser(oktasim.User{Status: "ACTIVE", Profile: map[string]any{"login": fmt.Sprintf("new%d@example.com", i)}}); err != nil {
			t.Fatal(err)
		}
	}
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(o.dir, "amsx.db"))
	if err != nil {
		t.Fatal(err)
	}
	small := was
	small.Cur = uint64(info.Size()) + 64<<10
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &small); err != nil {
		t.Fatal(err)
	}
	_, err = o.run(func(r *amsx.RunOptions) { r.AllowOnce = []string{"all"} })
	if lerr := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was); lerr != nil {
		t.Fatal(lerr)
	}
	if err == nil || !strings.Contains(err.Error(), "disk") {
		t.Errorf("error %v, want one that names the disk", err)
	}
	if diff := cmp.Diff(before, o.rows(everyone)); diff != "" {
		t.Errorf("the table changed:\n%s", diff)
	}
	if ok := o.one("PRAGMA integrity_check"); ok != "ok" {
		t.Errorf("integrity: %v", ok)
	}
}
