package oktasim

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// WriteSeed writes the org in the form that ReadSeed reads, a user or a group a line, for a person to go on from by hand. Everyone is
// left out, as every org has it.
func (o *Org) WriteSeed(w io.Writer) error {
	o.mu.RLock()
	defer o.mu.RUnlock()
	out := bufio.NewWriter(w)
	lines := func(name string, count int, line func(i int) ([]byte, error)) error {
		fmt.Fprintf(out, "  %q: [", name) // a bufio.Writer keeps its first error until Flush
		for i := range count {
			b, err := line(i)
			if err != nil {
				return fmt.Errorf("%s[%d] cannot be written: %w", name, i, err)
			}
			if i > 0 {
				fmt.Fprint(out, ",")
			}
			fmt.Fprintf(out, "\n    %s", b)
		}
		fmt.Fprint(out, "\n  ]")
		return nil
	}
	var groups []*group
	for _, g := range o.groups {
		if !g.everyone {
			groups = append(groups, g)
		}
	}
	fmt.Fprintln(out, "{")
	err := lines("users", len(o.entries), func(i int) ([]byte, error) { return o.seedLine(o.entries[i]) })
	if err != nil {
		return err
	}
	fmt.Fprintln(out, ",")
	err = lines("groups", len(groups), func(i int) ([]byte, error) {
		g := groups[i]
		return plainJSON(seedGroup{ID: g.key, Name: g.name, Description: g.description, Type: g.kind, Members: g.members})
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "\n}")
	return out.Flush()
}

// seedLine is the user object without what an answer adds to it.
func (o *Org) seedLine(e entry) ([]byte, error) {
	switch {
	case e.rec == nil:
		return append(o.gen.appendUser(nil, int64(e.gen)), '}'), nil
	case e.rec.odd:
		return append(append([]byte(`{"raw":`), e.rec.body...), '}'), nil
	}
	return append(bytes.Clone(e.rec.body), '}'), nil
}

// plainJSON is json.Marshal without its care for HTML: names stay readable.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
