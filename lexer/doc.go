// Package lexer turns AMSX source text into positions, tokens and diagnostics.
//
// Everything that a person reads about a script — a parse error, a finding of
// the checker, a run-time error — carries a [Position] of the file as an
// editor shows it, and is a [Diagnostic]. [Fprint] prints diagnostics with the
// source line, a caret and a hint.
package lexer
