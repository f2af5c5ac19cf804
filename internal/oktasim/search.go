package oktasim

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// A condition is a search or a filter, ready to be asked about a record. It is safe for concurrent use.
type condition func(item) bool

// rules say what a search or a filter may name, and how it compares.
type rules struct {
	// operators returns those that an attribute may be used with, nil when it cannot be named
	operators func(attribute string) []string
	caseless  bool // text is compared without case
}

var (
	anyOperator   = []string{"eq", "sw", "gt", "ge", "lt", "le", "pr"}
	withContains  = append([]string{"co"}, anyOperator...)
	onlyEqual     = []string{"eq"}
	equalAndOrder = []string{"eq", "gt", "ge", "lt", "le"}
)

// searchRules are those of the parameter search. The caller holds the org's lock.
func searchRules(kind string, o *Org) rules {
	if kind == "groups" {
		return rules{caseless: true, operators: func(attr string) []string {
			switch attr {
			case "profile.name", "profile.description":
				return []string{"eq", "sw", "co", "pr"}
			case "id", "created", "lastMembershipUpdated", "lastUpdated", "type", "source.id":
				return anyOperator
			}
			return nil
		}}
	}
	return rules{caseless: true, operators: func(attr string) []string {
		switch attr {
		case "profile.firstName", "profile.lastName", "profile.email", "profile.login":
			return withContains
		case "id", "status", "created", "activated", "statusChanged", "lastUpdated", "type.id":
			return anyOperator
		}
		if name, ok := strings.CutPrefix(attr, "profile."); ok && o.attrs[name] {
			return anyOperator
		}
		return nil
	}}
}

// filterRules are those of the parameter filter, which knows little and compares with case.
func filterRules(kind string) rules {
	return rules{operators: func(attr string) []string {
		switch attr {
		case "lastUpdated":
			return equalAndOrder
		case "id":
			return onlyEqual
		case "type":
			if kind == "groups" {
				return onlyEqual
			}
		case "lastMembershipUpdated":
			if kind == "groups" {
				return equalAndOrder
			}
		case "status", "profile.login", "profile.email", "profile.firstName", "profile.lastName":
			if kind == "users" {
				return onlyEqual
			}
		}
		return nil
	}}
}

// maxDepth is how deep parentheses may go: a search is a line, and the parser calls itself.
const maxDepth = 50

// parseCondition reads "a eq \"b\" and (c pr or d gt 3)"; and binds before or.
func parseCondition(text string, r rules) (condition, error) {
	words, err := searchWords(text)
	if err != nil {
		return nil, err
	}
	p := &conditionParser{words: words, rules: r}
	c, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if len(p.words) > 0 {
		return nil, fmt.Errorf("the search criteria go on with %q where they should end", p.words[0])
	}
	return c, nil
}

type conditionParser struct {
	words []string // a value in quotes keeps its opening quote, so that it is not taken for a word
	rules rules
}

func (p *conditionParser) next() string {
	if len(p.words) == 0 {
		return ""
	}
	w := p.words[0]
	p.words = p.words[1:]
	return w
}

func (p *conditionParser) accept(word string) bool {
	if len(p.words) > 0 && strings.EqualFold(p.words[0], word) {
		p.words = p.words[1:]
		return true
	}
	return false
}

func (p *conditionParser) or(depth int) (condition, error) {
	a, err := p.and(depth)
	for err == nil && p.accept("or") {
		var b condition
		if b, err = p.and(depth); err == nil {
			left := a
			a = func(it item) bool { return left(it) || b(it) }
		}
	}
	return a, err
}

func (p *conditionParser) and(depth int) (condition, error) {
	a, err := p.term(depth)
	for err == nil && p.accept("and") {
		var b condition
		if b, err = p.term(depth); err == nil {
			left := a
			a = func(it item) bool { return left(it) && b(it) }
		}
	}
	return a, err
}

func (p *conditionParser) term(depth int) (condition, error) {
	if depth > maxDepth {
		return nil, errors.New("the search criteria are nested too deeply")
	}
	if p.accept("(") {
		c, err := p.or(depth + 1)
		if err == nil && !p.accept(")") {
			err = errors.New("a closing parenthesis is missing in the search criteria")
		}
		return c, err
	}
	attr, op := p.next(), strings.ToLower(p.next())
	if attr == "" || op == "" {
		return nil, errors.New("the search criteria end too early")
	}
	allowed := p.rules.operators(attr)
	if allowed == nil {
		return nil, fmt.Errorf("invalid attribute: %s", strings.TrimPrefix(attr, `"`))
	}
	if !slices.Contains(allowed, op) {
		return nil, fmt.Errorf("invalid operator: %s with %s", op, attr)
	}
	if op == "pr" {
		return present(attr), nil
	}
	value := p.next()
	if value == "" {
		return nil, fmt.Errorf("a value is missing after %s %s", attr, op)
	}
	return p.compare(attr, op, value)
}

// present is pr: the attribute has a value. Everybody has an id and a status, so that "status pr" needs no look at the rest.
func present(attr string) condition {
	if attr == "id" || attr == "status" {
		return func(it item) bool { return it.id() != "" }
	}
	return func(it item) bool {
		v := it.get(attr)
		return v.Exists() && v.Type != gjson.Null && !(v.Type == gjson.String && v.Str == "") && !(v.IsArray() && len(v.Array()) == 0)
	}
}

func (p *conditionParser) compare(attr, op, word string) (condition, error) {
	value, isText := strings.CutPrefix(word, `"`)
	if isDate(attr) {
		return compareDates(attr, op, value)
	}
	if !isText {
		if _, err := strconv.ParseFloat(word, 64); err != nil && word != "true" && word != "false" {
			return nil, fmt.Errorf("the value of %s must be in double quotes: %s", attr, word)
		}
	}
	caseless := p.rules.caseless
	if caseless {
		value = strings.ToLower(value)
	}
	matches := func(v gjson.Result) bool {
		switch v.Type {
		case gjson.String:
			text := v.Str
			if caseless {
				text = strings.ToLower(text)
			}
			return isText && compareText(op, text, value)
		case gjson.Number:
			want, err := strconv.ParseFloat(value, 64)
			return err == nil && compareOrder(op, v.Num, want)
		case gjson.True, gjson.False:
			return op == "eq" && v.Raw == value
		}
		return false
	}
	return func(it item) bool {
		if attr == "status" {
			return matches(gjson.Result{Type: gjson.String, Str: it.status()})
		}
		v := it.get(attr)
		if v.IsArray() {
			return slices.ContainsFunc(v.Array(), matches)
		}
		return matches(v)
	}, nil
}

// isDate reports whether an attribute holds a moment, which may be written with or without a fraction of a second.
func isDate(attr string) bool {
	return slices.Contains([]string{"created", "activated", "statusChanged", "lastUpdated", "lastMembershipUpdated"}, attr)
}

func compareDates(attr, op, value string) (condition, error) {
	want, err := time.Parse(time.RFC3339Nano, value)
	if err != nil {
		return nil, fmt.Errorf("the value of %s must be a date such as \"2026-01-31T00:00:00.000Z\", not %q", attr, value)
	}
	return func(it item) bool {
		got, err := time.Parse(time.RFC3339Nano, it.get(attr).Str)
		return err == nil && compareOrder(op, got.UnixNano(), want.UnixNano())
	}, nil
}

func compareText(op, text, value string) bool {
	switch op {
	case "sw":
		return strings.HasPrefix(text, value)
	case "co":
		return strings.Contains(text, value)
	}
	return compareOrder(op, text, value)
}

func compareOrder[T float64 | string | int64](op string, a, b T) bool {
	switch op {
	case "eq":
		return a == b
	case "gt":
		return a > b
	case "ge":
		return a >= b
	case "lt":
		return a < b
	case "le":
		return a <= b
	}
	return false
}

// searchWords cuts criteria into words, parentheses and values in quotes.
func searchWords(text string) ([]string, error) {
	if !utf8.ValidString(text) {
		return nil, errors.New("the search criteria are not UTF-8")
	}
	var words []string
	for rest := strings.TrimLeft(text, " \t"); rest != ""; rest = strings.TrimLeft(rest, " \t") {
		switch c := rest[0]; c {
		case '(', ')':
			words, rest = append(words, rest[:1]), rest[1:]
		case '"':
			value, n, err := quotedValue(rest)
			if err != nil {
				return nil, err
			}
			words, rest = append(words, `"`+value), rest[n:]
		default:
			n := strings.IndexAny(rest, " \t()\"")
			if n < 0 {
				n = len(rest)
			}
			words, rest = append(words, rest[:n]), rest[n:]
		}
	}
	return words, nil
}

// quotedValue reads the value in quotes that text begins with; a quote inside is escaped by a backslash. n is where it ends.
func quotedValue(text string) (value string, n int, err error) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return b.String(), i + 1, nil
		case c == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", 0, errors.New("a closing quote is missing in the search criteria")
}
