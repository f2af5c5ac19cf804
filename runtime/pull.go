package runtime

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
)

// A pullLoop is a ForEach over a list that is read from outside. What becomes
// of its records decides whether leavers are known.
type pullLoop struct {
	pos      lexer.Position
	name     string
	slot     int
	mappings []*Mapping // what Upserts of its records use, each once
}

// pulls is the state of a run's pull loops.
type pulls struct {
	active   []activePull
	complete int    // loops that ended by themselves
	broken   string // why the first that did not was left; empty: none
	left     string // the first list of records to write that was not read to its end
	records  int64  // read from loops whose records are upserted
	leftOut  int64  // of records: neither written nor rejected
	limited  bool   // --limit ended one
	began    map[*pullLoop]bool
}

// An activePull is a pull loop that is running.
type activePull struct {
	loop     *pullLoop
	record   Value
	handled  uint64 // mappings by index that took or refused the record
	finished bool   // the list came to its end
}

func (p *pulls) top() *activePull { return &p.active[len(p.active)-1] }

func (in *Interp) beginPull(l *pullLoop) {
	p := &in.pulls
	p.active = append(p.active, activePull{loop: l})
	if p.began[l] && len(l.mappings) > 0 && p.broken == "" {
		p.broken = fmt.Sprintf("the list of %s in line %d was read several times, so each time it was a part of the people", l.name, l.pos.Line)
	}
	if p.began == nil {
		p.began = map[*pullLoop]bool{}
	}
	p.began[l] = true
}

// endPull notes how the loop ended.
func (in *Interp) endPull(sig signal) {
	p := &in.pulls
	a := *p.top()
	p.active = p.active[:len(p.active)-1]
	if a.finished {
		p.complete++
		return
	}
	if p.limited {
		return
	}
	how := "was left before its end"
	if sig == sigError {
		how = "was ended by an error"
	}
	how = fmt.Sprintf("the loop over %s in line %d %s", a.loop.name, a.loop.pos.Line, how)
	if p.left == "" && len(a.loop.mappings) > 0 {
		p.left = how
	}
	if p.broken == "" {
		p.broken = how
	}
}

// warnUnread says what a run that ends well has not read, since nobody looks
// into a run that ended well.
func (in *Interp) warnUnread() {
	if in.host.Log == nil {
		return
	}
	if in.pulls.left != "" {
		in.host.Log.Warn(CodeNotRead, in.pulls.left+": the records behind that place were not read", lexer.Position{})
	}
	for _, s := range in.sinks {
		if s != nil {
			return
		}
	}
	if in.prog.feeds {
		in.host.Log.Warn(CodeNotRead, "nobody was read: no record came to an Upsert", lexer.Position{})
	}
}

// limitReached reports whether --limit ends the loop at hand.
func (in *Interp) limitReached() bool {
	if in.host.Limit == 0 || len(in.pulls.top().loop.mappings) == 0 || in.pulls.records < in.host.Limit {
		return false
	}
	in.pulls.limited = true
	return true
}

// beginTurn notes the record of a turn. A record that is not in UTF-8 is
// rejected before the script sees it: nobody knows what its texts should be.
func (in *Interp) beginTurn(v Value) (skip bool, sig signal) {
	a := in.pulls.top()
	a.record, a.handled = v, 0
	if len(a.loop.mappings) == 0 {
		return false, sigNext
	}
	in.pulls.records++
	if r := v.PageRecord(); r != nil && r.Bad() {
		for _, m := range a.loop.mappings {
			if err := in.reject(m, v, "the record is not in UTF-8", a.loop.pos); err != nil {
				return true, in.fail(a.loop.pos, CodeCommandFailed, err)
			}
		}
		return true, sigNext
	}
	return false, sigNext
}

// badElement rejects an element that could not be read. What it should be is
// not known, so it is given to the mappings as Null: its key is not readable.
func (in *Interp) badElement(l *loop, bad *BadElement) signal {
	if l.pull == nil || len(l.pull.mappings) == 0 {
		if in.host.Log != nil {
			in.host.Log.Warn(CodeBadElement, in.redact(bad.Reason), l.pos)
		}
		return sigNext
	}
	a := in.pulls.top()
	a.record, a.handled = Value{}, 0
	in.pulls.records++
	for _, m := range l.pull.mappings {
		if err := in.reject(m, Value{}, bad.Reason, l.pos); err != nil {
			return in.fail(l.pos, CodeCommandFailed, err)
		}
	}
	return sigNext
}

// endTurn tells the site of a record that the script left out: it was read, so
// nobody may take it for a leaver.
func (in *Interp) endTurn(l *pullLoop) signal {
	a := in.pulls.top()
	for _, m := range l.mappings {
		if a.handled&(1<<m.index) != 0 {
			continue
		}
		if err := in.seen(m, a.record, l.pos); err != nil {
			return in.fail(l.pos, CodeCommandFailed, err)
		}
	}
	return sigNext
}

// handle notes that a mapping took or refused the record of the innermost loop
// that feeds it.
func (p *pulls) handle(m *Mapping) {
	for i := len(p.active) - 1; i >= 0; i-- {
		a := &p.active[i]
		for _, x := range a.loop.mappings {
			if x == m {
				a.handled |= 1 << m.index
				return
			}
		}
	}
}

// leavers reports why leavers are not known at this place of the run, or nil.
func (in *Interp) leavers() error {
	p := &in.pulls
	e := &Error{Code: CodeLeavers}
	switch {
	case len(p.active) > 0:
		e.Message = fmt.Sprintf("who is missing is not known inside the loop over %s", p.top().loop.name)
		e.Hint = "move the line behind its EndEach"
	case p.broken != "":
		e.Message = "who is missing is not known: " + p.broken
		e.Hint = "let the loop come to its end by itself; skip a record with Continue"
	case p.complete == 0:
		e.Message = "who is missing is not known: no list was read to its end"
		e.Hint = "read every page with ForEach … In JsonPages, and upsert each record"
	default:
		return nil
	}
	return e
}

// LeftOutLimit is the name of the limit, beside those of the site's fuse, for
// the share of records that a script may read and not write. A condition that
// is turned round leaves out nearly everyone.
const LeftOutLimit = "leftout"

// Five records that are left out are always allowed, and half of all unless
// the document says otherwise.
const (
	leftOutFree    = 5
	leftOutPercent = 50
)

// checkLeftOut stops a run that read people and wrote hardly any of them.
func (in *Interp) checkLeftOut(pos lexer.Position) *Error {
	p := &in.pulls
	if p.leftOut <= leftOutFree {
		return nil
	}
	allowed := p.records * leftOutPercent / 100
	for _, s := range in.sinks {
		if s == nil {
			continue
		}
		switch text := in.leftOutLimit(s.m); {
		case text == "":
		case EqualFold(text, "off"):
			return nil
		case strings.HasSuffix(text, "%"):
			if n, err := strconv.ParseInt(strings.TrimSuffix(text, "%"), 10, 64); err == nil {
				allowed = p.records * n / 100
			}
		default:
			if n, err := strconv.ParseInt(text, 10, 64); err == nil {
				allowed = n
			}
		}
	}
	if p.leftOut <= allowed {
		return nil
	}
	return &Error{Kind: FuseBlown, Pos: pos, Code: CodeFuse, Err: ErrFuse,
		Message: fmt.Sprintf("%d of %d records were read and left out by the script; at most %d may be", p.leftOut, p.records, allowed),
		Hint:    fmt.Sprintf("look at the condition around the Upsert: is it turned round? If so many are meant to be left out, write %s=%q on the destination", LeftOutLimit, "100%")}
}

// leftOutLimit is what the run, or else the mapping, says of the limit.
func (in *Interp) leftOutLimit(m *Mapping) string {
	if in.leftOut != "" {
		return in.leftOut
	}
	return m.spec.Limits[LeftOutLimit]
}
