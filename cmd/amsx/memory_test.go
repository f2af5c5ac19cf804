package main

import (
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// TestBoundMemory holds much memory in a process of its own: the limit must
// rise above what is held, and fall when it is let go.
func TestBoundMemory(t *testing.T) {
	if os.Getenv("AMSX_TEST_MEMORY") == "" {
		for name, env := range map[string][]string{"bounded": nil, "as the administrator says": {"GOMEMLIMIT=512MiB"}} {
			t.Run(name, func(t *testing.T) {
				c := exec.Command(os.Args[0], "-test.run=^TestBoundMemory$", "-test.count=1")
				for _, v := range os.Environ() {
					if !strings.HasPrefix(v, "GOGC=") && !strings.HasPrefix(v, "GOMEMLIMIT=") {
						c.Env = append(c.Env, v)
					}
				}
				c.Env = append(append(c.Env, "AMSX_TEST_MEMORY=1"), env...)
				if out, err := c.CombinedOutput(); err != nil {
					t.Errorf("%v\n%s", err, out)
				}
			})
		}
		return
	}
	boundMemory(os.Getenv)
	limit := func() int64 { return debug.SetMemoryLimit(-1) }
	if os.Getenv("GOMEMLIMIT") != "" {
		if got := limit(); got != 512<<20 {
			t.Fatalf("the administrator's limit became %d", got)
		}
		return
	}
	if got := limit(); got != heapLimit(0) {
		t.Fatalf("limit %d at the start", got)
	}
	// A cleanup runs some time after the collection that found it.
	await := func(what string, ok func() bool) {
		for range 200 {
			runtime.GC()
			if ok() {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
		t.Fatalf("%s: the limit stayed at %d", what, limit())
	}
	held := make([]byte, 100<<20)
	await("100 MB are held", func() bool { return limit() > 100<<20 })
	runtime.KeepAlive(held)
	held = nil
	await("they are let go", func() bool { return limit() == heapLimit(0) })
}
