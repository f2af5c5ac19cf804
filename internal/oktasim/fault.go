package oktasim

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// A Fault is one line of a fault script: which answers go wrong, how, and how often. The zero value hits nothing; ParseFaults makes them.
type Fault struct {
	text   string
	target target
	action action
	count  int // 0 is for ever
}

// String returns the fault as it was written.
func (f Fault) String() string { return f.text }

// An action changes the exchange's reply, or answers by itself.
type action func(*exchange)

// A target says which calls a fault is for.
type target struct {
	kind string // users, groups, members, user, group, org; empty is every list, "any" every call
	page int    // 0 is every page
	last bool   // the last page only
}

func (t target) hits(x *exchange) bool {
	switch t.kind {
	case "any":
	case "":
		if x.kind != "users" && x.kind != "groups" && x.kind != "members" {
			return false
		}
	default:
		if x.kind != t.kind {
			return false
		}
	}
	if t.page == 0 && !t.last {
		return true
	}
	if x.list == nil || x.reply.page == nil {
		return false
	}
	if t.last {
		return !x.reply.page.more
	}
	return x.reply.page.number == t.page
}

// An armedFault counts how often its fault may still happen.
type armedFault struct {
	Fault
	left int
}

// applyFault lets the first fault that hits change the answer. Calls that the simulator refused by itself (a wrong token, the rate
// limit) and a handler's own error objects count as calls of their kind, but have no page.
func (s *Sim) applyFault(x *exchange) {
	if x.reply.status == http.StatusUnauthorized || x.reply.status == http.StatusTooManyRequests {
		return
	}
	s.mu.Lock()
	var hit *armedFault
	for _, f := range s.faults {
		if f.action != nil && (f.count == 0 || f.left > 0) && f.target.hits(x) {
			hit = f
			f.left--
			break
		}
	}
	s.mu.Unlock()
	if hit != nil {
		hit.action(x)
	}
}

// A ScriptError is a fault script that cannot be read, with the place and what to write instead.
type ScriptError struct {
	Line, Column int // from 1; columns count bytes
	Message      string
}

func (e *ScriptError) Error() string {
	return fmt.Sprintf("fault script line %d, column %d: %s", e.Line, e.Column, e.Message)
}

// ParseFaults reads a fault script: faults one a line or with ; between them, each "WHERE: WHAT [HOW OFTEN]". Empty lines and lines
// that begin with # are left out. FaultHelp tells what can be written. The error is a *ScriptError.
func ParseFaults(text string) ([]Fault, error) {
	var faults []Fault
	for i, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for column := 0; column <= len(line); {
			clause, _, _ := strings.Cut(line[column:], ";")
			start := column + len(clause) - len(strings.TrimLeft(clause, " \t\r"))
			column += len(clause) + 1
			if clause = strings.TrimSpace(clause); clause == "" {
				continue
			}
			f, offset, message := parseFault(clause)
			if message != "" {
				return nil, &ScriptError{Line: i + 1, Column: start + offset + 1, Message: message}
			}
			faults = append(faults, f)
		}
	}
	return faults, nil
}

// parseFault reads one clause; a message is what is wrong at offset.
func parseFault(clause string) (f Fault, offset int, message string) {
	where, what, ok := strings.Cut(clause, ":")
	if !ok {
		return f, len(where), fmt.Sprintf("a colon is missing after %q: write for example \"page 3: 429 twice\"", where)
	}
	f.text = clause
	if f.target, message = parseTarget(where); message != "" {
		return f, 0, message
	}
	offset = len(where) + 1 + len(what) - len(strings.TrimLeft(what, " \t"))
	words := strings.Fields(what)
	if len(words) == 0 {
		return f, len(clause), "what goes wrong is missing: write for example \"" + clause + " 500 once\""
	}
	words, f.count = cutCount(words)
	if f.count < 0 {
		return f, offset, "a fault happens at least once: write once, twice, 3 times or for ever"
	}
	f.action, message = findEffect(words)
	return f, offset, message
}

func parseTarget(where string) (t target, message string) {
	words := strings.Fields(strings.ToLower(where))
	wrong := fmt.Sprintf("%q is no place for a fault: write page 3, last page, users, groups, members, user, group, org or any, "+
		"or a list with a page, such as members page 2", strings.TrimSpace(where))
	if len(words) > 0 {
		switch words[0] {
		case "users", "groups", "members", "user", "group", "org", "any":
			t.kind, words = words[0], words[1:]
			if len(words) == 0 {
				return t, ""
			}
		}
	}
	if len(words) != 2 || t.kind == "user" || t.kind == "group" || t.kind == "org" || t.kind == "any" {
		return t, wrong
	}
	if words[0] == "last" && words[1] == "page" {
		t.last = true
		return t, ""
	}
	n, err := strconv.Atoi(words[1])
	if words[0] != "page" || err != nil {
		return t, wrong
	}
	if n < 1 {
		return t, "pages are counted from 1"
	}
	t.page = n
	return t, ""
}

// cutCount takes how often off the end; a fault without it happens once. -1 is a number that is none.
func cutCount(words []string) (rest []string, count int) {
	end := func(tail ...string) bool {
		if len(words) <= len(tail) {
			return false
		}
		for i, w := range tail {
			if !strings.EqualFold(words[len(words)-len(tail)+i], w) {
				return false
			}
		}
		words = words[:len(words)-len(tail)]
		return true
	}
	switch {
	case end("for", "ever"), end("forever"), end("always"):
		return words, 0
	case end("once"):
		return words, 1
	case end("twice"):
		return words, 2
	case end("times"):
		n, err := strconv.Atoi(words[len(words)-1])
		if err != nil || n < 1 || len(words) < 2 {
			return words, -1
		}
		return words[:len(words)-1], n
	}
	return words, 1
}
