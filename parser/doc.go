// Package parser turns AMSX source into the tree of package ast.
//
// Begin with [ParseTransformation] for a whole .amsx file, in script or in
// document form, or with [Parse] for script text. Both return a tree of all
// good lines along with every finding, so that a person mends a file once and
// not error by error.
//
// A line is parsed by participle (grammar.go), but for the few shapes of most
// lines, which are read without it when they are right (plain.go), expressions
// by precedence climbing (expr.go); lines are nested into blocks by hand
// (block.go), which is why a bad line costs one finding and the next line is
// read as usual.
package parser
