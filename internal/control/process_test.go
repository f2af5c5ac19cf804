package control

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// childMain is the other process of a test: it does what CONTROL_TEST_CHILD
// says with the database CONTROL_TEST_PATH, prints a line, and waits to be
// killed or for its standard input to close.
func childMain() int {
	ctx := context.Background()
	if os.Getenv("CONTROL_TEST_CHILD") == "open as nobody" {
		dropRights()
	}
	db, err := Open(ctx, os.Getenv("CONTROL_TEST_PATH"), Options{User: "child"})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer db.Close()
	switch os.Getenv("CONTROL_TEST_CHILD") {
	case "open", "open as nobody":
		fmt.Println("opened")
		return 0
	case "hold":
		lease, err := db.Acquire(ctx, "Get Users", RunInfo{})
		if err != nil {
			fmt.Println(err)
			return 1
		}
		fmt.Println("run", lease.RunID())
	case "rotate":
		source := KeySource{File: os.Getenv("CONTROL_TEST_KEY")}
		fmt.Println("rotating")
		for {
			if _, _, err := db.RotateKey(ctx, source); err != nil {
				fmt.Println(err)
				return 1
			}
		}
	case "record":
		fmt.Println("recording")
		for {
			lease, err := db.Acquire(ctx, "Get Users", RunInfo{Script: "Log 1"})
			if err == nil {
				err = lease.Append(ctx, Entries{Log: []LogLine{{Message: "a"}, {Message: "b"}}, Rejects: []Reject{{Key: "c"}}})
			}
			if err == nil {
				err = lease.Finish(ctx, Outcome{Status: Completed})
			}
			if err != nil {
				fmt.Println(err)
				return 1
			}
		}
	case "contend":
		if _, err := db.Acquire(ctx, "Get Users", RunInfo{}); err != nil {
			fmt.Println(err)
			return 0
		}
		fmt.Println("mine")
	}
	bufio.NewReader(os.Stdin).ReadString('\n')
	return 0
}

// A child is another process of this test binary.
type child struct {
	*exec.Cmd
	line string // the line it printed
}

// startChild starts a child and waits for its line. It is killed when the test
// ends, if it is not before.
func startChild(t *testing.T, what, path string) *child {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), "CONTROL_TEST_CHILD="+what, "CONTROL_TEST_PATH="+path)
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		cancel()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the child said nothing: %v", err)
	}
	return &child{Cmd: cmd, line: line}
}

func TestProcessState(t *testing.T) {
	me := thisProcess()
	if me.dead(me) {
		t.Error("this process counts as dead")
	}
	reused := me
	reused.start = "1"
	if me.start != "" && !me.dead(reused) {
		t.Error("another process with this pid counts as the one before it")
	}
	elsewhere := reused
	elsewhere.machine = "other"
	if me.dead(elsewhere) {
		t.Error("the process table of this machine was asked about another")
	}
	unknown := me
	unknown.machine = ""
	if unknown.dead(process{pid: 1 << 30}) {
		t.Error("an unknown machine was taken for this one")
	}
}
