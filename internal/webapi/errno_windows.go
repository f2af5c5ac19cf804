package webapi

import (
	"errors"
	"syscall"
)

// Windows has its own numbers for what syscall.ECONNREFUSED and ECONNRESET
// are elsewhere, and the portable names do not match them.
const wsaConnRefused = syscall.Errno(10061)

func isRefused(err error) bool { return errors.Is(err, wsaConnRefused) }

func isReset(err error) bool {
	return errors.Is(err, syscall.WSAECONNRESET) || errors.Is(err, syscall.WSAECONNABORTED)
}
