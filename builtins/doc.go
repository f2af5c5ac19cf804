// Package builtins holds the commands and functions of AMSX, one file a group:
// code, parameters, docs and examples of each in one table entry.
//
// [All] is the table that programs are compiled with. Every example of every
// entry is run by the tests of this package.
package builtins
