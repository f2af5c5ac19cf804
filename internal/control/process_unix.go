//go:build unix

package control

import (
	"errors"
	"syscall"
)

// pidExists asks the system; a process of another account exists too.
func pidExists(pid int) bool {
	return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}
