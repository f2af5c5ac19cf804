package pgtest

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// nobody is the account that PostgreSQL runs under where the tests run as root,
// which it refuses to do.
const nobody = 65534

// own gives a folder to the account of the server.
func own(dir string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	return os.Chown(dir, nobody, nobody)
}

// account is how a program of PostgreSQL is started. A server ends with the
// tests also when those are killed.
func account(server bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{}
	if os.Geteuid() == 0 {
		a.Credential = &syscall.Credential{Uid: nobody, Gid: nobody, NoSetGroups: true}
	}
	if server {
		a.Pdeathsig = syscall.SIGQUIT
	}
	return a
}

// launch starts a program and closes done when it has ended. The thread that
// starts it is kept: with it the kernel would end the program.
func launch(cmd *exec.Cmd, done chan<- struct{}) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its log
			close(done)
		}
	}()
	return <-started
}
