//go:build windows || darwin

package files

import "github.com/amsx-lang/amsx/runtime"

// key is what makes two names one file: here, case is ignored.
func key(name string) string { return runtime.FoldText(name) }
