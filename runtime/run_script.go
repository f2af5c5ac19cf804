package runtime

import (
	"fmt"
	"slices"
)

// RunScript runs the script of a Call or CallLocal. It gives what the script
// left in its result buffer.
func (c *Call) RunScript() (Value, error) {
	in, s := c.interp, c.site.script
	if s == nil {
		return Value{}, fmt.Errorf("%s has no script", c.cmd.Name)
	}
	values := make([]Value, len(s.given))
	for i := range s.given {
		v, err := s.given[i].value.eval(in)
		if err != nil {
			return Value{}, err
		}
		values[i] = v
	}
	if err := in.descend(c.pos, s.to.file.path, "the script"); err != nil {
		return Value{}, err
	}
	defer func() { in.depth-- }()
	if s.shared {
		if err := in.giveShared(s, values); err != nil {
			return Value{}, err
		}
		if err := in.finishScript(s, s.to.body.run(in)); err != nil {
			return Value{}, err
		}
		return in.result, nil
	}
	base := len(in.saved)
	slots := s.to.file.scope.slots
	for _, slot := range slots {
		in.saved = append(in.saved, in.slots[slot])
		in.slots[slot] = Keep()
	}
	outer, pending, at, size := in.result, in.pending, in.textAt, in.textSize
	in.result, in.pending, in.textSize = Value{}, nil, 0
	err := in.giveOwn(s, values)
	if err == nil {
		sig := s.to.body.run(in)
		if sig != sigError && len(in.pending) > 0 {
			if p := in.runPending(); p != sigNext {
				sig = p
			}
		}
		err = in.finishScript(s, sig)
	}
	v := in.result
	in.result, in.pending, in.textAt, in.textSize = outer, pending, at, size
	for i, slot := range slots {
		in.slots[slot] = in.saved[base+i]
	}
	in.forget(base)
	return v, err
}

// finishScript is the end of a called script: Exit in it ends it alone.
func (in *Interp) finishScript(s *scriptCall, sig signal) error {
	if sig != sigError {
		return nil
	}
	in.err.frame(s.pos, s.name+" "+s.to.file.path)
	return in.err
}

// giveOwn assigns the parameters of a script with variables of its own.
func (in *Interp) giveOwn(s *scriptCall, values []Value) error {
	params := s.to.file.scope.params
	for i := range params {
		p := &params[i]
		v := Text(p.Default)
		if at := slices.IndexFunc(s.given, func(g scriptParam) bool { return g.slot == p.slot }); at >= 0 {
			v = values[at]
		}
		if err := in.giveParameter(s, p, v); err != nil {
			return err
		}
	}
	return nil
}

// giveShared assigns what a script is given among the variables of its caller.
// A parameter that it declares keeps the value that the caller has for it.
func (in *Interp) giveShared(s *scriptCall, values []Value) error {
	for i := range s.given {
		g := &s.given[i]
		if g.param == nil {
			in.slots[g.slot] = values[i]
		} else if err := in.giveParameter(s, g.param, values[i]); err != nil {
			return err
		}
	}
	for _, p := range s.to.file.shared {
		v := in.slots[p.slot]
		switch {
		case v.kind != KindKeep:
		case p.HasDefault:
			v = Text(p.Default)
		default:
			return &Error{Pos: s.pos, Code: CodeUnset, Message: fmt.Sprintf("%s wants %s, which has no value here", s.to.file.path, p.Name),
				Hint: "assign it before this line: Set " + p.Name + " = …"}
		}
		if err := in.giveParameter(s, p, v); err != nil {
			return err
		}
	}
	return nil
}

func (in *Interp) giveParameter(s *scriptCall, p *Parameter, v Value) error {
	x, err := p.convert(v)
	if err == nil && p.Required && IsEmpty(x) {
		err = fmt.Errorf("it may not be blank")
	}
	if err != nil {
		return in.newError(s.pos, CodeScriptParameter, fmt.Errorf("the parameter %s of %s: %w", p.Name, s.to.file.path, err))
	}
	in.slots[p.slot] = x.WithTaint(v.taint)
	return nil
}
