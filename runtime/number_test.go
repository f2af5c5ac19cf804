package runtime

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// What is shown of a long text that is no number is its beginning.
func TestParseLongNumber(t *testing.T) {
	if v, err := ParseNumber(strings.Repeat("9", 100000)); !errors.Is(err, ErrOverflow) || len(err.Error()) > 200 {
		t.Error(v, err)
	}
}

// A hostile exponent costs neither time nor memory.
func TestJSONExponents(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"1e28", "10000000000000000000000000000"}, {"1e-28", "0.0000000000000000000000000001"}, {"12e-1", "1.2"}, {"0e999999999", "0"}, {"100E-2", "1"},
		{"1e29", ""}, {"1e999999999", ""}, {"1e-999999999", ""}, {"1e99999999999999999999", ""}, {"-1e99999999999999999999", ""}, {"1e-99999999999999999999", ""},
	} {
		v, err := ParseJSON(c.in)
		if err != nil || v.Text() != c.in {
			t.Fatalf("%s: %v %v", c.in, v, err)
		}
		w, err := Add(v, Int(0))
		if (err != nil) != (c.want == "") || err == nil && w.Text() != c.want {
			t.Errorf("%s calculated: %v %v", c.in, w, err)
		}
	}
}

func TestKeyText(t *testing.T) {
	for _, s := range []string{"1", "1.0", "1e0", "10e-1", "1.000", "100e-2"} {
		v, err := ParseJSON(s)
		if err != nil || v.KeyText() != "1" {
			t.Errorf("%s is the key %s (%v)", s, v.KeyText(), err)
		}
	}
	if k := Text("007").KeyText(); k != "007" {
		t.Error(k)
	}
}

func TestInt64(t *testing.T) {
	for s, want := range map[string]int64{"5": 5, "5.0": 5, "5e2": 500, "-0": 0, "9223372036854775807": math.MaxInt64, "-9223372036854775808": math.MinInt64} {
		v, err := ParseJSON(s)
		if n, ok := v.Int64(); err != nil || !ok || n != want {
			t.Errorf("%s: %d %v %v", s, n, ok, err)
		}
	}
	for _, s := range []string{"5.5", "9223372036854775808", "1e28", "1e999", `"5"`, "null", "true"} {
		v, err := ParseJSON(s)
		if n, ok := v.Int64(); err != nil || ok {
			t.Errorf("%s: %d %v", s, n, err)
		}
	}
}

func TestRoundAndKin(t *testing.T) {
	for _, c := range []struct {
		got  func(Value) (Value, error)
		name string
		in   []string
		want []string
	}{
		{func(v Value) (Value, error) { return Round(v, 0) }, "Round 0", []string{"0.5", "1.5", "2.5", "-2.5", "2.4", ""}, []string{"1", "2", "3", "-3", "2", ""}},
		{func(v Value) (Value, error) { return Round(v, 2) }, "Round 2", []string{"1.005", "1.004", "-1.005", "7"}, []string{"1.01", "1", "-1.01", "7"}},
		{func(v Value) (Value, error) { return Round(v, -2) }, "Round -2", []string{"150", "149"}, []string{"200", "100"}},
		{Trunc, "Trunc", []string{"2.9", "-2.9"}, []string{"2", "-2"}},
		{Floor, "Floor", []string{"2.9", "-2.1"}, []string{"2", "-3"}},
		{Abs, "Abs", []string{"-2.9", "3"}, []string{"2.9", "3"}},
	} {
		for i, in := range c.in {
			v, err := c.got(Text(in))
			if err != nil || v.Text() != c.want[i] {
				t.Errorf("%s of %s is %v (%v), want %s", c.name, in, v, err, c.want[i])
			}
		}
	}
}

// numbers draws a number's text, of every length, often at the edge of the
// range or of 64 bits.
func numbers() *rapid.Generator[string] {
	edges := []string{"0", "1", "-1", "0.1", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "9999999999999999999999999999", "-9999999999999999999999999999", "0.0000000000000000000000000001", "5", "0.5", "2.5", "1000000000000000000", "3037000500"}
	return rapid.OneOf(rapid.SampledFrom(edges), rapid.StringMatching(`-?[0-9]{1,8}`), rapid.StringMatching(`-?[0-9]{1,6}\.[0-9]{1,6}`), rapid.StringMatching(`-?[0-9]{1,28}`), rapid.StringMatching(`-?[0-9]{1,14}\.[0-9]{1,14}`))
}

func ratOf(t interface{ Fatal(...any) }, s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		t.Fatal(s)
	}
	return r
}

// rounded is r as this language must give it: 28 significant digits, at most
// 28 behind the point, half to even; ok is false beyond the range.
func rounded(r *big.Rat) (_ *big.Rat, ok bool) {
	if r.Sign() == 0 {
		return r, true
	}
	ten := big.NewInt(10)
	abs := new(big.Rat).Abs(r)
	// top: 10^(top-1) <= abs < 10^top
	top := len(new(big.Int).Quo(abs.Num(), abs.Denom()).String())
	if abs.Cmp(big.NewRat(1, 1)) < 0 {
		for top = 0; ; top-- {
			if new(big.Rat).Mul(abs, new(big.Rat).SetInt(new(big.Int).Exp(ten, big.NewInt(int64(-top+1)), nil))).Cmp(big.NewRat(1, 1)) >= 0 {
				break
			}
		}
	}
	places := min(28-top, 28)
	scale := new(big.Rat).SetInt(new(big.Int).Exp(ten, big.NewInt(int64(max(places, -places))), nil))
	if places < 0 {
		scale.Inv(scale)
	}
	x := new(big.Rat).Mul(abs, scale)
	q, rest := new(big.Int).QuoRem(x.Num(), x.Denom(), new(big.Int))
	twice := rest.Lsh(rest, 1).Cmp(x.Denom())
	if twice > 0 || twice == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(1))
	}
	if q.Sign() == 0 {
		return nil, false
	}
	y := new(big.Rat).Quo(new(big.Rat).SetInt(q), scale)
	if y.Cmp(new(big.Rat).SetInt(new(big.Int).Exp(ten, big.NewInt(29), nil))) >= 0 {
		return nil, false
	}
	if r.Sign() < 0 {
		y.Neg(y)
	}
	return y, true
}

func TestArithmeticIsExact(t *testing.T) {
	ops := map[string]struct {
		ours  func(x, y Value) (Value, error)
		exact func(x, y *big.Rat) *big.Rat
	}{
		"+": {Add, func(x, y *big.Rat) *big.Rat { return new(big.Rat).Add(x, y) }},
		"-": {Sub, func(x, y *big.Rat) *big.Rat { return new(big.Rat).Sub(x, y) }},
		"*": {Mul, func(x, y *big.Rat) *big.Rat { return new(big.Rat).Mul(x, y) }},
		"/": {Div, func(x, y *big.Rat) *big.Rat { return new(big.Rat).Quo(x, y) }},
		"Mod": {Mod, func(x, y *big.Rat) *big.Rat {
			q := new(big.Rat).Quo(x, y)
			n := new(big.Int).Quo(q.Num(), q.Denom())
			return new(big.Rat).Sub(x, new(big.Rat).Mul(y, new(big.Rat).SetInt(n)))
		}},
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := numbers().Draw(t, "a"), numbers().Draw(t, "b")
		op := rapid.SampledFrom([]string{"+", "-", "*", "/", "Mod"}).Draw(t, "op")
		x, err := ParseNumber(a)
		if err != nil {
			t.Fatal(err)
		}
		y, err := ParseNumber(b)
		if err != nil {
			t.Fatal(err)
		}
		r, s := ratOf(t, a), ratOf(t, b)
		got, err := ops[op].ours(x, y)
		if s.Sign() == 0 && (op == "/" || op == "Mod") {
			if !errors.Is(err, ErrDivisionByZero) {
				t.Fatalf("%s %s %s: %v", a, op, b, err)
			}
			return
		}
		want, ok := rounded(ops[op].exact(r, s))
		if !ok {
			if !errors.Is(err, ErrOverflow) && !errors.Is(err, ErrUnderflow) {
				t.Fatalf("%s %s %s is %v (%v), beyond the range", a, op, b, got, err)
			}
			return
		}
		if err != nil || ratOf(t, got.Text()).Cmp(want) != 0 {
			t.Fatalf("%s %s %s is %v (%v), want %s", a, op, b, got, err, want.FloatString(30))
		}
		if text := got.Text(); strings.Contains(text, ".") && strings.HasSuffix(text, "0") || strings.HasPrefix(text, "-0") && want.Sign() == 0 {
			t.Fatalf("%s %s %s has the text %s", a, op, b, text)
		}
	})
}

func TestNumberOrderAndText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := numbers().Draw(t, "a"), numbers().Draw(t, "b")
		x, errA := ParseNumber(a)
		y, errB := ParseNumber(b)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if c, err := CompareNumbers(x, y); err != nil || c != ratOf(t, a).Cmp(ratOf(t, b)) {
			t.Fatalf("%s against %s: %d %v", a, b, c, err)
		}
		if ratOf(t, x.Text()).Cmp(ratOf(t, a)) != 0 || !json.Valid(AppendJSON(nil, x)) {
			t.Fatalf("%s has the text %s", a, x.Text())
		}
		if (x.KeyText() == y.KeyText()) != (ratOf(t, a).Cmp(ratOf(t, b)) == 0) {
			t.Fatalf("the keys of %s and %s are %s and %s", a, b, x.KeyText(), y.KeyText())
		}
		z, err := ParseNumber(x.KeyText())
		if err != nil || ratOf(t, z.Text()).Cmp(ratOf(t, a)) != 0 {
			t.Fatalf("the key of %s is %s", a, x.KeyText())
		}
	})
}

func BenchmarkArithmetic(b *testing.B) {
	price, err := ParseNumber("19.99")
	if err != nil {
		b.Fatal(err)
	}
	big, err := ParseNumber("12345678901234567890.5")
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		f    func(x, y Value) (Value, error)
		x, y Value
	}{
		{"add int", Add, Int(1000), Int(7)}, {"add scaled", Add, price, Int(7)}, {"mul scaled", Mul, price, Int(3)}, {"mod int", Mod, Int(1000), Int(7)},
		{"div exact", Div, Int(1000), Int(8)}, {"div long", Div, Int(1000), Int(7)}, {"add text", Add, Text("19.99"), Int(7)}, {"add big", Add, big, price},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.f(c.x, c.y); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("text", func(b *testing.B) {
		b.ReportAllocs()
		var buf []byte
		for b.Loop() {
			buf = price.AppendText(buf[:0])
		}
		if string(buf) != "19.99" {
			b.Fatal(fmt.Sprint(buf))
		}
	})
}
