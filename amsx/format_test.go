package amsx_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/amsx"
)

// Format writes every word as the documentation does, and indents blocks.
func ExampleFormat() {
	out, err := amsx.Format("greet.amsx", []byte(`foreach name in list("Ann","Bob")
// everybody
if %name%="Ann" then
log  "info" ,"Hello %name%"
endif
ENDEACH
`))
	fmt.Print(string(out), err)
	// Output:
	// ForEach name In List("Ann", "Bob")
	//   // everybody
	//   If %name% = "Ann" Then
	//     Log "info", "Hello %name%"
	//   End If
	// EndEach
	// <nil>
}

// What cannot be read has no canonical form.
func TestFormatError(t *testing.T) {
	out, err := amsx.Format("greet.amsx", []byte("log  1\nIf 1 = 1\n"))
	var found amsx.Findings
	if out != nil || !errors.As(err, &found) || !strings.HasPrefix(err.Error(), "greet.amsx:2:9: Then is missing") {
		t.Errorf("%q, %v", out, err)
	}
}
