package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/amsx-lang/amsx/internal/harness"
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

// seen reads the names that the fixture cases of a transformation have, which
// stand in a folder of its name beside it; nil: there are none. A case that
// cannot be read is said, and is no error of the transformation.
func seen(e *env, file string) *runtime.Seen {
	dir := strings.TrimSuffix(file, extension)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() || !isFile(file) {
		return nil
	}
	folder := os.DirFS(dir)
	cases, err := harness.List(folder, ".")
	if err != nil {
		fmt.Fprintf(e.stderr, "amsx: the fixture cases in %s cannot be read: %s\n", lexer.Safe(dir), lexer.Safe(err.Error()))
	}
	var all *runtime.Seen
	for _, name := range cases {
		c, err := harness.Load(folder, name)
		if err != nil {
			fmt.Fprintf(e.stderr, "amsx: the fields of the fixture case %s are not known: %s\n", lexer.Safe(filepath.Join(dir, filepath.FromSlash(name))), lexer.Safe(err.Error()))
			continue
		}
		if all == nil {
			all = &runtime.Seen{}
		}
		c.See(all)
	}
	return all
}
