package runtime

import (
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// A compiled is a compiled expression, with what is known of it: the closures
// of statements are chosen by that.
type compiled struct {
	eval  func(in *Interp) (Value, error)
	form  Form
	slot  int   // the variable that it is; -1: something else
	known bool  // val is its value
	val   Value // see known
	// text appends its text to b, and its taint to in.taint; nil: eval does.
	text func(in *Interp, b []byte) ([]byte, error)
	// cond decides it as a condition; nil: eval does.
	cond func(in *Interp) (bool, error)
	// whole and flat are the everyday shapes; see compile_fast.go.
	whole  whole
	flat   []segment
	list   bool // it is a List, whatever happens
	broken bool // it was reported
}

func known(v Value) compiled {
	return compiled{slot: -1, known: true, val: v, eval: func(*Interp) (Value, error) { return v, nil }}
}

// bad is the operand of an expression that was reported: nothing runs.
func bad() compiled {
	x := known(Value{})
	x.broken = true
	return x
}

// expr compiles a value.
func (c *compiler) expr(e ast.Expr) compiled {
	switch e := e.(type) {
	case *ast.String:
		x := c.template(e.Body, inText)
		x.form = Quoted
		c.checkSecret(e)
		return x
	case *ast.Number:
		v, err := ParseNumber(e.Raw)
		if err != nil {
			c.errorf(e.Pos, CodeOperands, "", "%v", err)
		}
		x := known(v)
		x.form = Literal
		return x
	case *ast.Bool:
		return known(Bool(e.Value))
	case *ast.Null:
		return known(Null())
	case *ast.Var:
		x, ok := c.reader(e.Path, inExpr)
		if !ok {
			return bad()
		}
		return x
	case *ast.Bare:
		return c.bare(e)
	case *ast.Paren:
		return c.expr(e.X)
	case *ast.Call:
		return c.call(e, asFunction)
	case *ast.Unary:
		return c.unary(e)
	case *ast.Binary:
		return c.binary(e)
	case *ast.In:
		return c.in(e)
	case *ast.Is:
		return c.is(e)
	}
	if _, omitted := e.(*ast.Omitted); e != nil && !omitted { // an omitted one was reported by the parser
		c.errorf(e.Start(), CodeArguments, "write a value", "a value is missing here")
	}
	return bad()
}

// bare compiles a name without percent signs: a constant, or a source path in
// a CALC.
func (c *compiler) bare(e *ast.Bare) compiled {
	if c.calc {
		return c.recordPath(e.Path)
	}
	switch FoldName(e.Path.Raw) {
	case "newline":
		return known(Text("\r\n"))
	case "tab":
		return known(Text("\t"))
	}
	c.bareWord(e.Path.Raw, e.Path.Root(), e.Pos)
	return bad()
}

// bareWord reports a word that stands where a value is wanted; root is the
// name of the variable that it may be.
func (c *compiler) bareWord(word, root string, pos lexer.Position) {
	hint := `write "` + word + `" for text, or %` + word + "% for a variable"
	switch FoldName(word) {
	case "nothing", "none", "nil", "undefined":
		hint = "write Null"
	default:
		if _, ok := c.slotOf(root); ok {
			hint = "write %" + word + "% for the variable"
		} else if c.o.Table.Lookup(word) != nil {
			hint = "write " + word + "(…) to call the function"
		}
	}
	c.errorf(pos, CodeBareWord, hint, "%s is neither a text nor a variable", word)
}

func (c *compiler) unary(e *ast.Unary) compiled {
	if e.Op == "Not" {
		f := c.cond(e.X)
		return condition(func(in *Interp) (bool, error) {
			b, err := f(in)
			return !b, err
		})
	}
	x := c.expr(e.X)
	pos := e.Pos
	if x.known {
		v, err := Neg(x.val)
		if err != nil {
			c.errorf(pos, CodeOperands, "", "%v", err)
			return bad()
		}
		y := known(v)
		y.form = x.form
		return y
	}
	return value(func(in *Interp) (Value, error) {
		v, err := x.eval(in)
		if err != nil {
			return Value{}, err
		}
		if v, err = Neg(v); err != nil {
			return Value{}, in.errorAt(pos, err)
		}
		return v, nil
	})
}

func value(eval func(in *Interp) (Value, error)) compiled { return compiled{slot: -1, eval: eval} }

// condition makes an operand of a condition.
func condition(cond func(in *Interp) (bool, error)) compiled {
	return compiled{slot: -1, cond: cond, eval: func(in *Interp) (Value, error) {
		b, err := cond(in)
		return Bool(b), err
	}}
}

// cond compiles a condition.
func (c *compiler) cond(e ast.Expr) func(in *Interp) (bool, error) {
	x := c.expr(e)
	if x.cond != nil {
		return x.cond
	}
	pos := lexer.Position{}
	if e != nil {
		pos = e.Start()
	}
	if x.known {
		b, err := Condition(x.val)
		if err != nil {
			c.errorf(pos, CodeOperands, "compare it with something: = …", "%v", err)
		}
		return func(*Interp) (bool, error) { return b, nil }
	}
	return func(in *Interp) (bool, error) {
		v, err := x.eval(in)
		if err != nil {
			return false, err
		}
		b, err := Condition(v)
		if err != nil {
			return false, in.errorAt(pos, err)
		}
		return b, nil
	}
}

func (c *compiler) binary(e *ast.Binary) compiled {
	switch e.Op {
	case "And", "Or":
		x, y := c.cond(e.X), c.cond(e.Y)
		stop := e.Op == "Or"
		return condition(func(in *Interp) (bool, error) {
			b, err := x(in)
			if err != nil || b == stop {
				return b, err
			}
			return y(in)
		})
	case "&":
		return c.join(e)
	}
	x, y := c.expr(e.X), c.expr(e.Y)
	if arith, ok := arithmetic[e.Op]; ok {
		return c.arith(e, arith, x, y)
	}
	return c.compare(e, x, y)
}

var arithmetic = map[string]func(x, y Value) (Value, error){"+": Add, "-": Sub, "*": Mul, "/": Div, "Mod": Mod}

func (c *compiler) arith(e *ast.Binary, f func(x, y Value) (Value, error), x, y compiled) compiled {
	pos := e.Pos
	for i, o := range []compiled{x, y} {
		if !o.known {
			continue
		}
		if _, err := f(o.val, Int(1)); err != nil {
			side := []ast.Expr{e.X, e.Y}[i]
			hint := ""
			if e.Op == "+" {
				hint = "join texts with &"
			}
			c.errorf(side.Start(), CodeOperands, hint, "%v", err)
			return bad()
		}
	}
	fast := arithWhole(e.Op, &x, &y)
	if y.known && !x.known {
		k := y.val
		return compiled{slot: -1, whole: fast, eval: func(in *Interp) (Value, error) {
			a, err := x.eval(in)
			if err != nil {
				return Value{}, err
			}
			if a, err = f(a, k); err != nil {
				return Value{}, in.errorAt(pos, err)
			}
			return a, nil
		}}
	}
	return compiled{slot: -1, whole: fast, eval: func(in *Interp) (Value, error) {
		a, err := x.eval(in)
		if err != nil {
			return Value{}, err
		}
		b, err := y.eval(in)
		if err != nil {
			return Value{}, err
		}
		if a, err = f(a, b); err != nil {
			return Value{}, in.errorAt(pos, err)
		}
		return a, nil
	}}
}

// compare compiles the operators that give a Boolean.
func (c *compiler) compare(e *ast.Binary, x, y compiled) compiled {
	pos, fx, fy := e.Pos, x.form, y.form
	var f func(a, b Value) (bool, error)
	switch e.Op {
	case "=", "<>":
		if x.list != y.list && !(x.known && x.val.IsNull()) && !(y.known && y.val.IsNull()) {
			hint := "write In to look for an element: %x% In %list%"
			if x.known && x.val.Text() == "" || y.known && y.val.Text() == "" {
				hint = "write Is Empty"
			}
			c.errorf(pos, CodeOperands, hint, "a List cannot be compared with a text by %s", e.Op)
			return bad()
		}
		if o, ok := c.equalLiteral(e, x, y); ok {
			return o
		}
		f = func(a, b Value) (bool, error) { return Equal(a, b, fx, fy) }
		if e.Op == "<>" {
			f = func(a, b Value) (bool, error) {
				eq, err := Equal(a, b, fx, fy)
				return !eq, err
			}
		}
	case "<", "<=", ">", ">=":
		op := e.Op
		f = func(a, b Value) (bool, error) {
			n, ok, err := Order(a, b, fx, fy)
			if err != nil || !ok {
				return false, err
			}
			switch op {
			case "<":
				return n < 0, nil
			case "<=":
				return n <= 0, nil
			case ">":
				return n > 0, nil
			}
			return n >= 0, nil
		}
	case "==":
		f = func(a, b Value) (bool, error) { return Same(a, b), nil }
	case "Like":
		f = Like
	case "Contains":
		f = func(a, b Value) (bool, error) { return Contains(a, b, fy) }
	case "StartsWith":
		f = StartsWith
	case "EndsWith":
		f = EndsWith
	case "In":
		if c.inNoList(e, y) {
			return bad()
		}
		f = func(a, b Value) (bool, error) { return In(a, b, fx) }
	default:
		c.errorf(pos, CodeOperands, "", "there is no operator %s", e.Op)
		return bad()
	}
	return condition(func(in *Interp) (bool, error) {
		a, err := x.eval(in)
		if err != nil {
			return false, err
		}
		b, err := y.eval(in)
		if err != nil {
			return false, err
		}
		ok, err := f(a, b)
		if err != nil {
			return false, in.errorAt(pos, err)
		}
		return ok, nil
	})
}

// inNoList reports an In behind which stands what is never a List.
func (c *compiler) inNoList(e *ast.Binary, y compiled) bool {
	if y.known && !y.broken && (y.val.kind == KindText || y.val.kind == KindNumber) {
		c.errorf(e.Y.Start(), CodeOperands, `write the values in parentheses: %x% In ("a", "b")`, "In wants a List, and this is a %s", y.val.kind)
		return true
	}
	v, ok := e.Y.(*ast.Var)
	if !ok || len(v.Path.Steps) > 1 {
		return false
	}
	slot, ok := c.slotOf(v.Path.Root())
	if !ok || c.vars[slot].set.IsValid() {
		return false
	}
	for _, p := range c.scopeParameters() {
		if p.slot == slot && p.TypeName != "" && p.Type != ListParameter {
			c.errorf(v.Pos, CodeOperands, `declare it with the type "List"; for one value write = in place of In`, "In wants a List, and the parameter %s is declared as %s", p.Name, p.TypeName)
			return true
		}
	}
	return false
}

// equalLiteral compiles = and <> with a literal: no Value is made for it, and
// the everyday cases, text with text and whole numbers, are decided here.
func (c *compiler) equalLiteral(e *ast.Binary, x, y compiled) (compiled, bool) {
	if !y.known || y.val.kind != KindText && y.val.kind != KindNumber || y.val.taint != 0 {
		return compiled{}, false
	}
	pos, k, fx, fy, want := e.Pos, y.val, x.form, y.form, e.Op == "="
	lit := k.raw()
	quoted := k.kind == KindText && fy == Quoted
	whole := k.kind == KindNumber && k.ref == nil && k.exp == 0
	general := func(in *Interp) (bool, error) {
		v, err := x.eval(in)
		if err != nil {
			return false, err
		}
		if quoted && v.kind == KindText {
			return EqualFold(v.raw(), lit) == want, nil
		}
		if whole && v.kind == KindNumber && v.ref == nil && v.exp == 0 {
			return (v.num == k.num) == want, nil
		}
		eq, err := Equal(v, k, fx, fy)
		if err != nil {
			return false, in.errorAt(pos, err)
		}
		return eq == want, nil
	}
	switch {
	case (quoted || whole) && x.slot >= 0:
		return condition(equalSlot(x.slot, k, want, general)), true
	case whole && x.whole != nil:
		return condition(equalWhole(x.whole, int64(k.num), want, general)), true
	}
	return condition(general), true
}

func (c *compiler) in(e *ast.In) compiled {
	x := c.expr(e.X)
	items := make([]compiled, len(e.List))
	for i, y := range e.List {
		items[i] = c.expr(y)
	}
	pos := e.Pos
	return condition(func(in *Interp) (bool, error) {
		v, err := x.eval(in)
		if err != nil {
			return false, err
		}
		for i := range items {
			y, err := items[i].eval(in)
			if err != nil {
				return false, err
			}
			ok, err := Equal(v, y, x.form, items[i].form)
			if err != nil {
				return false, in.errorAt(pos, err)
			}
			if ok {
				return true, nil
			}
		}
		return false, nil
	})
}

func (c *compiler) is(e *ast.Is) compiled {
	x := c.expr(e.X)
	test := Value.IsNull
	if e.Empty {
		test = IsEmpty
	}
	want := !e.Not
	return condition(func(in *Interp) (bool, error) {
		v, err := x.eval(in)
		if err != nil {
			return false, err
		}
		return test(v) == want, nil
	})
}
