//go:build !linux

package pgtest

import (
	"os/exec"
	"syscall"
)

func own(string) error { return nil }

func account(bool) *syscall.SysProcAttr { return nil }

func launch(cmd *exec.Cmd, done chan<- struct{}) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(done)
	}()
	return nil
}
