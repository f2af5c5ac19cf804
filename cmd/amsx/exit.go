package main

import (
	"context"
	"errors"

	"github.com/amsx-lang/amsx/lexer"
)

// The exit codes. They are fixed: cron jobs and monitoring read them.
const (
	exitFailed    = 1   // the run failed
	exitUsage     = 2   // wrong usage
	exitDocument  = 3   // the document has errors
	exitFuse      = 4   // stopped by the fuse
	exitPlan      = 5   // a plan no longer applies
	exitCancelled = 130 // cancelled
)

// A usageError is a mistake in the command line that the parser cannot see.
type usageError struct{ error }

// A reported error has been shown already, so only its exit code is left.
type reported struct {
	code int
	err  error
}

func (r *reported) Error() string { return r.err.Error() }
func (r *reported) Unwrap() error { return r.err }

// A cancelledError is what Ctrl-C did, in words for people.
type cancelledError struct{ text string }

func (e *cancelledError) Error() string { return e.text }
func (e *cancelledError) Unwrap() error { return context.Canceled }

// exitCode is the exit code of an error.
func exitCode(err error) int {
	var r *reported
	var u *usageError
	var l lexer.List
	switch {
	case err == nil:
		return 0
	case errors.As(err, &r):
		return r.code
	case errors.As(err, &u):
		return exitUsage
	case errors.As(err, &l):
		return exitDocument
	case errors.Is(err, context.Canceled):
		return exitCancelled
	}
	return exitFailed
}
