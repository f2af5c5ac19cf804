package main

import (
	"errors"
	"os/exec"
	"strconv"
)

// codeOf is the exit code of a command that ended with err.
func codeOf(err error) string {
	var e *exec.ExitError
	if errors.As(err, &e) {
		return strconv.Itoa(e.ExitCode())
	}
	return err.Error()
}
