package site

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"zombiezen.com/go/sqlite"
)

// styles are the forms that a style of CONVERT gives a date. T-SQL writes 108
// as the time alone.
var styles = map[string]string{
	"23": "2006-01-02", "101": "01/02/2006", "102": "2006.01.02", "103": "02/01/2006", "104": "02.01.2006", "105": "02-01-2006",
	"108": "15:04:05", "110": "01-02-2006", "111": "2006/01/02", "112": "20060102",
	"120": "2006-01-02 15:04:05", "121": "2006-01-02 15:04:05.000", "126": "2006-01-02T15:04:05", "127": "2006-01-02T15:04:05Z",
}

// convert is CONVERT and CAST to a type as sqltext writes it: varchar(20),
// int, decimal(18,2). What does not fit is an error and never another value.
func convert(f string, v sqlite.Value, typ, style string) (sqlite.Value, error) {
	base, size, _ := strings.Cut(strings.TrimSuffix(typ, ")"), "(")
	switch base {
	case "varchar":
		return toVarchar(f, v, size, style)
	case "int", "bigint", "smallint", "tinyint":
		return toInt(f, v, base)
	case "decimal":
		return toDecimal(f, v, size)
	case "float":
		r, err := rational(f, v)
		if err != nil {
			return sqlite.Value{}, err
		}
		n, _ := r.Float64()
		return sqlite.FloatValue(n), nil
	case "bit":
		return toBit(f, v)
	case "date", "datetime":
		t, err := toMoment(f, v, style)
		if err != nil {
			return sqlite.Value{}, err
		}
		return momentValue(t, base == "date"), nil
	}
	return sqlite.Value{}, fmt.Errorf("%s: the type %s is not known", f, typ)
}

// toVarchar cuts a text at its size; a number or date that is longer is an
// error, because a part of it would be another one.
func toVarchar(f string, v sqlite.Value, size, style string) (sqlite.Value, error) {
	s := valueText(v)
	if style != "" {
		t, _, err := moment(f, v)
		if err != nil {
			return sqlite.Value{}, err
		}
		s = t.Format(styles[style])
	}
	n, err := strconv.Atoi(size)
	if size == "" || err != nil || utf8.RuneCountInString(s) <= n {
		return sqlite.TextValue(s), nil
	}
	if t := v.Type(); t == sqlite.TypeInteger || t == sqlite.TypeFloat {
		return sqlite.Value{}, fmt.Errorf("%s: the number %s does not fit into %d characters", f, s, n)
	}
	return sqlite.TextValue(string([]rune(s)[:n])), nil
}

func toInt(f string, v sqlite.Value, typ string) (sqlite.Value, error) {
	var n int64
	switch v.Type() {
	case sqlite.TypeInteger:
		n = v.Int64()
	case sqlite.TypeFloat:
		x := math.Trunc(v.Float())
		if math.Abs(x) >= 1<<63 {
			return sqlite.Value{}, fmt.Errorf("%s: %s is too large for %s", f, valueText(v), typ)
		}
		n = int64(x)
	default:
		var err error
		if n, err = strconv.ParseInt(strings.TrimSpace(v.Text()), 10, 64); err != nil {
			return sqlite.Value{}, fmt.Errorf("%s: %s is no whole number", f, show(v.Text()))
		}
	}
	low, high := int64(math.MinInt64), int64(math.MaxInt64)
	switch typ {
	case "int":
		low, high = math.MinInt32, math.MaxInt32
	case "smallint":
		low, high = math.MinInt16, math.MaxInt16
	case "tinyint":
		low, high = 0, math.MaxUint8
	}
	if n < low || n > high {
		return sqlite.Value{}, fmt.Errorf("%s: %d does not fit into %s", f, n, typ)
	}
	return sqlite.IntegerValue(n), nil
}

// rational reads a number without rounding it.
func rational(f string, v sqlite.Value) (*big.Rat, error) {
	s := strings.TrimSpace(valueText(v))
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(n, 0) || strings.ContainsAny(s, "xXnNpP_") {
		return nil, fmt.Errorf("%s: %s is no number", f, show(s))
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return nil, fmt.Errorf("%s: %s is no number", f, show(s))
	}
	return r, nil
}

// toDecimal rounds half away from zero, as T-SQL does.
func toDecimal(f string, v sqlite.Value, size string) (sqlite.Value, error) {
	r, err := rational(f, v)
	if err != nil {
		return sqlite.Value{}, err
	}
	p, s, _ := strings.Cut(size, ",")
	precision, perr := strconv.Atoi(p)
	scale, serr := strconv.Atoi(s)
	if perr != nil || serr != nil || scale > precision || precision > 38 {
		return sqlite.Value{}, fmt.Errorf("%s: decimal(%s) is no size of a number; write decimal(18, 2)", f, size)
	}
	text := r.FloatString(scale)
	whole, _, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	if len(strings.TrimLeft(whole, "0")) > precision-scale {
		return sqlite.Value{}, fmt.Errorf("%s: %s does not fit into decimal(%s)", f, text, size)
	}
	return number(text)
}

// number is a decimal number as the database calculates with it.
func number(text string) (sqlite.Value, error) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return sqlite.Value{}, err
	}
	return sqlite.FloatValue(n), nil
}

func toBit(f string, v sqlite.Value) (sqlite.Value, error) {
	if v.Type() == sqlite.TypeText {
		switch s := strings.TrimSpace(v.Text()); {
		case strings.EqualFold(s, "true"):
			return sqlite.IntegerValue(1), nil
		case strings.EqualFold(s, "false"):
			return sqlite.IntegerValue(0), nil
		}
	}
	r, err := rational(f, v)
	if err != nil {
		return sqlite.Value{}, fmt.Errorf("%s: %s is neither True nor False, 1 nor 0", f, show(valueText(v)))
	}
	return sqlite.IntegerValue(int64(r.Sign() * r.Sign())), nil
}

// toMoment reads a date, in the form of a style where one is given. A date
// that is one already needs none.
func toMoment(f string, v sqlite.Value, style string) (time.Time, error) {
	form, ok := styles[style]
	if !ok {
		t, _, err := moment(f, v)
		return t, err
	}
	s := strings.TrimSpace(valueText(v))
	if form == "15:04:05" {
		return time.Time{}, fmt.Errorf("%s: style 108 is a time of day alone, and no date", f)
	}
	t, err := time.Parse(form, s)
	if err != nil {
		return t, fmt.Errorf("%s: %s is no date in the form of style %s", f, show(s), style)
	}
	return t, nil
}

// round is ROUND(x, n [, cut]): half away from zero by the number's decimal
// digits, where the database rounds its binary ones and gives 2.67 for 2.675.
func round(a []sqlite.Value) (sqlite.Value, error) {
	r, err := rational("ROUND", a[0])
	if err != nil {
		return sqlite.Value{}, err
	}
	places := int64(0)
	if len(a) > 1 {
		places = a[1].Int64()
	}
	if places > 30 || places < -30 {
		return sqlite.Value{}, errors.New("ROUND: the number of digits must be between -30 and 30")
	}
	shift := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(max(places, -places)), nil))
	if places < 0 {
		shift.Inv(shift)
	}
	r.Mul(r, shift)
	var n *big.Int
	if len(a) > 2 && a[2].Int64() != 0 {
		n = new(big.Int).Quo(r.Num(), r.Denom())
	} else {
		n, _ = new(big.Int).SetString(r.FloatString(0), 10)
	}
	if a[0].Type() == sqlite.TypeInteger {
		if x := r.Quo(r.SetInt(n), shift); x.IsInt() && x.Num().IsInt64() {
			return sqlite.IntegerValue(x.Num().Int64()), nil
		}
		return sqlite.Value{}, errors.New("ROUND: the number is too large")
	}
	return number(r.Quo(r.SetInt(n), shift).FloatString(int(max(places, 0))))
}
