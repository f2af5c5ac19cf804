package runtime

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"maps"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// A sink is a mapping that a run writes by.
type sink struct {
	m      *Mapping
	target Target
	values []Value
	given  Set64 // records that an Upsert took, where they may come again
	seed   maphash.Seed
	raw    func() string
	record Value // that raw shows
	// columns are those of the file whose rows came last
	columns *Columns
}

// sink opens what a mapping writes to, once a run.
func (in *Interp) sink(m *Mapping) (*sink, error) {
	if s := in.sinks[m.index]; s != nil {
		return s, nil
	}
	if in.host.Site == nil {
		return nil, errNoSite
	}
	spec := m.Spec()
	spec.Limits = maps.Clone(spec.Limits)
	delete(spec.Limits, LeftOutLimit) // the engine's own
	if spec.Source == "" {
		spec.Source = in.source()
	}
	t, err := in.host.Site.Open(in.ctx, spec)
	if err != nil {
		return nil, err
	}
	s := &sink{m: m, target: t, values: make([]Value, len(m.fields)), seed: maphash.MakeSeed()}
	s.raw = s.rawText
	in.sinks[m.index] = s
	return s, nil
}

// source is what a mapping's rows are marked with when it says nothing: the
// pack that the run reads from, so that two orgs leave each other's people
// alone.
func (in *Interp) source() string {
	if len(in.packs) > 0 {
		return in.packs[0].name
	}
	return in.prog.name
}

// rawText is the record's mapped paths as JSON: nothing else of a record is
// kept anywhere.
func (s *sink) rawText() string {
	b := []byte{'{'}
	proj, seen := s.m.proj, map[int]bool{}
	for i := range s.m.fields {
		for _, k := range s.m.fields[i].paths {
			if k < 0 || seen[k] {
				continue
			}
			seen[k] = true
			v, err := proj.Get(s.record, k)
			if err != nil {
				continue
			}
			if len(b) > 1 {
				b = append(b, ',')
			}
			b = AppendQuoted(b, pathText(proj.paths[k]))
			b = append(b, ':')
			if v.Taint() != 0 {
				v = Text(mask)
			}
			b = AppendJSON(b, v)
		}
	}
	return string(append(b, '}'))
}

// A mapError is why a record is rejected.
type mapError struct {
	field string
	err   error
}

func (e *mapError) Error() string {
	if e.field == "" {
		return e.err.Error()
	}
	return e.field + ": " + e.err.Error()
}

// mapRecord fills the sink's values. keys: of the key columns only.
func (in *Interp) mapRecord(s *sink, rec Value, keys bool) *mapError {
	outer := in.rec
	in.rec = rec
	defer func() { in.rec = outer }()
	var first *mapError
	for i := range s.m.fields {
		f := &s.m.fields[i]
		s.values[i] = Keep()
		if keys && !f.key {
			continue
		}
		v, err := f.value(in)
		if err == nil {
			if t := v.Taint(); t != 0 {
				err = in.refuse(t, s.m.spec.Table)
			}
		}
		if err != nil {
			if first == nil {
				first = &mapError{f.name, err}
			}
			if f.key {
				v = Value{} // its key is not readable
			} else {
				v = Keep()
			}
		}
		s.values[i] = v
	}
	return first
}

// value computes what one column gets.
func (f *field) value(in *Interp) (Value, error) {
	v, err := f.read(in)
	if err != nil {
		return Value{}, err
	}
	if f.slot >= 0 && v.kind == KindNull && in.rec.kind == KindRow {
		// A row that the script built may name the columns themselves.
		v, _ = in.rec.Field(f.name)
	}
	v = scalar(v)
	if v.kind == KindText && v.num == 0 {
		v = Value{taint: v.taint}
	}
	if f.dataMap != nil && v.kind != KindNull {
		x, ok := f.dataMap.values[FoldText(v.KeyText())]
		switch {
		case ok:
			return x.WithTaint(v.taint), nil
		case f.dataMap.unknown == unknownDefault:
			return f.dataMap.other, nil
		case f.dataMap.unknown == unknownNull:
			v = Value{}
		case f.dataMap.unknown == unknownReject:
			return Value{}, fmt.Errorf("the datamap %s does not have %s", f.dataMap.name, shown(v))
		default:
			if f.dataMap.unknown == unknownWarn && in.host.Log != nil {
				in.host.Log.Warn(CodeDataMap, fmt.Sprintf("the datamap %s does not have %s: %s stays as it is", f.dataMap.name, shown(v), f.name), lexer.Position{})
			}
			return Keep(), nil
		}
	}
	if v.kind == KindNull {
		if f.def.kind != KindNull {
			v = f.def
		} else {
			if f.required {
				return Value{}, errRequired
			}
			return v, nil
		}
	}
	if f.convert != nil {
		return f.convert(v)
	}
	return v, nil
}

var errRequired = fmt.Errorf("it is required, and the record has no value for it")

// took reports whether the very same record was given before: the member of
// two groups, who is one person and no mistake. A record that differs in a
// byte goes to the site, which says that its key came twice.
func (s *sink) took(rec Value, existingOnly bool) bool {
	r := rec.PageRecord()
	if r == nil {
		return false
	}
	h := maphash.String(s.seed, r.Raw())
	if existingOnly {
		h = ^h
	}
	return !s.given.Add(h)
}

// Upsert maps a record by the mapping of the command and gives it to the site.
// A record that cannot be mapped is rejected with its reason, and the run goes
// on.
func (c *Call) Upsert(rec Value, existingOnly bool) (Outcome, error) {
	in, m := c.interp, c.site.mapping
	if m == nil {
		return Rejected, fmt.Errorf("%s has no mapping", c.cmd.Name)
	}
	s, err := in.sink(m)
	if err != nil {
		return Rejected, err
	}
	if c.site.again && s.took(rec, existingOnly) {
		in.pulls.handle(m)
		return Repeated, nil
	}
	if err := s.checkColumns(rec); err != nil {
		return Rejected, err
	}
	s.record = rec
	bad := in.mapRecord(s, rec, false)
	r := Record{Values: s.values, ExistingOnly: existingOnly, Raw: s.raw, Pos: c.pos}
	if bad == nil && m.newest >= 0 {
		if r.Newest, err = in.prog.proj.Get(rec, m.newest); err != nil {
			bad = &mapError{"", err}
		}
	}
	outcome := Rejected
	if bad != nil {
		err = s.target.Reject(in.ctx, r, in.redact(bad.Error()))
	} else {
		outcome, err = s.target.Upsert(in.ctx, r)
	}
	if err != nil {
		return Rejected, err
	}
	// Only now: the record of an Upsert that failed, and whose error the
	// script caught, was read but not written.
	in.pulls.handle(m)
	if outcome == Skipped {
		in.pulls.leftOut++
	}
	return outcome, nil
}

// Reject refuses a record with a reason, by the mapping of the command.
func (c *Call) Reject(rec Value, reason string) error {
	if c.site.mapping == nil {
		return fmt.Errorf("%s has no mapping", c.cmd.Name)
	}
	return c.interp.reject(c.site.mapping, rec, reason, c.pos)
}

func (in *Interp) reject(m *Mapping, rec Value, reason string, pos lexer.Position) error {
	s, err := in.sink(m)
	if err != nil {
		return err
	}
	s.record = rec
	in.mapRecord(s, rec, true)
	if err := s.target.Reject(in.ctx, Record{Values: s.values, Raw: s.raw, Pos: pos}, in.redact(reason)); err != nil {
		return err
	}
	in.pulls.handle(m)
	return nil
}

// seen tells the site of a record that was read and not written.
func (in *Interp) seen(m *Mapping, rec Value, pos lexer.Position) error {
	s, err := in.sink(m)
	if err != nil {
		return err
	}
	in.pulls.leftOut++
	s.record = rec
	in.mapRecord(s, rec, true)
	return s.target.Seen(in.ctx, Record{Values: s.values, Raw: s.raw, Pos: pos})
}

// Mapping is the mapping of an UpsertRole or RejectRole command.
func (c *Call) Mapping() *Mapping { return c.site.mapping }

// DeactivateMissing marks the rows of a source ("": the one that the program's
// first mapping writes) that this run has not read. It is an error where the
// run has not read everyone.
func (c *Call) DeactivateMissing(source string) (int64, error) {
	in := c.interp
	if in.host.Site == nil {
		return 0, errNoSite
	}
	if in.pulls.limited && len(in.pulls.active) == 0 && in.pulls.broken == "" {
		if in.host.Log != nil {
			in.host.Log.Warn(CodeLeavers, "only a part of the list was read (--limit), so nobody is taken for a leaver", c.pos)
		}
		return 0, nil
	}
	if err := in.leavers(); err != nil {
		return 0, err
	}
	if err := in.checkLeftOut(c.pos); err != nil {
		return 0, err
	}
	if source == "" {
		source = in.leaversSource()
	}
	return in.host.Site.DeactivateMissing(in.ctx, source, c.pos)
}

// leaversSource is the source that the mappings have written, or would have
// written where not one record came.
func (in *Interp) leaversSource() string {
	opened := false
	for _, s := range in.sinks {
		if s == nil {
			continue
		}
		if s.m.spec.Source != "" {
			return s.m.spec.Source
		}
		opened = true
	}
	if !opened && len(in.prog.mappings) > 0 {
		return cmp.Or(in.prog.mappings[0].spec.Source, in.source())
	}
	return in.source()
}

// pathText is a path as it is written.
func pathText(steps []ast.Step) string {
	var b strings.Builder
	for i := range steps {
		b.WriteString(stepText(&steps[i]))
	}
	return strings.TrimPrefix(b.String(), ".")
}
