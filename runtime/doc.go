// Package runtime runs AMSX: values, variables, statements and the checks
// before a run. It knows no command by name, no SQL driver and no parser
// library; the host gives it commands as a [Table] and the outside world
// through the small interfaces of [Host].
//
// [Compile] turns a parsed transformation into a [Program]: checked, immutable
// and safe for concurrent use. [Program.Run] is one run of it.
package runtime
