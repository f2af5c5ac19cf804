package builtins

import (
	"regexp"

	"github.com/amsx-lang/amsx/runtime"
)

func regexFunctions() []*runtime.Command {
	text := required("text", runtime.TextParam, "the text")
	pattern := as(required("pattern", runtime.TextParam, "a regular expression (RE2); (?i) at its beginning ignores case"), compilePattern)
	errs := []string{"the pattern is no regular expression"}
	return []*runtime.Command{
		{
			Name: "RegexMatch", Group: "Text", Summary: "Tells whether a text has a part that a regular expression describes.", Doc: "`^` and `$` hold the pattern to the whole text.", Result: "a Boolean", Function: true,
			Params: []runtime.Param{text, pattern}, Errors: errs, Examples: []runtime.Example{shows(`RegexMatch("AB-1234", "^[A-Z]{2}-[0-9]+$")`, "True")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				re, err := regex(c)
				if err != nil {
					return runtime.Null(), err
				}
				return runtime.Bool(re.MatchString(c.Text(0))), nil
			},
		},
		{
			Name: "RegexReplace", Group: "Text", Summary: "Replaces every part of a text that a regular expression describes.", Result: "the text; Null for Null", Function: true,
			Params: []runtime.Param{text, pattern, required("with", runtime.TextParam, "what to write instead; $1 is the first group")}, Errors: errs,
			Examples: []runtime.Example{shows(`RegexReplace("+44 (0)20 555", "[^0-9+]", "")`, "+44020555")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				re, err := regex(c)
				if err != nil || c.Arg(0).IsNull() {
					return runtime.Null(), err
				}
				return replaceAll(re, c.Text(0), c.Text(2))
			},
		},
		{
			Name: "RegexExtract", Group: "Text", Summary: "Gives the first part of a text that a regular expression describes.", Result: "the text of the first group where the pattern has one, else of the match; Null when there is none", Function: true,
			Params: []runtime.Param{text, pattern}, Errors: errs, Examples: []runtime.Example{shows(`RegexExtract("CN=Anna Berg,OU=Sales", "OU=([^,]+)")`, "Sales")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				re, err := regex(c)
				if err != nil {
					return runtime.Null(), err
				}
				m := re.FindStringSubmatch(c.Text(0))
				switch {
				case m == nil:
					return runtime.Null(), nil
				case len(m) > 1:
					return runtime.Text(m[1]), nil
				}
				return runtime.Text(m[0]), nil
			},
		},
	}
}

// replaceAll is ReplaceAllString, for texts of at most maxText bytes.
func replaceAll(re *regexp.Regexp, s, with string) (runtime.Value, error) {
	var b []byte
	from := 0
	for _, m := range re.FindAllStringSubmatchIndex(s, -1) {
		b = append(b, s[from:m[0]]...)
		b = re.ExpandString(b, with, s, m)
		if from = m[1]; len(b) > maxText {
			return runtime.Null(), failf("", "the text would be longer than %d MB", maxText>>20)
		}
	}
	return runtime.Text(string(append(b, s[from:]...))), nil
}

// regex is the pattern of argument 1; an empty one matches everything.
func regex(c *runtime.Call) (*regexp.Regexp, error) {
	re, err := runtime.Prepared[*regexp.Regexp](c, 1)
	if re == nil && err == nil {
		return compilePattern("")
	}
	return re, err
}

func compilePattern(s string) (*regexp.Regexp, error) {
	re, err := regexp.Compile(s)
	if err != nil {
		return nil, failf("a sign with a meaning of its own, such as . or (, is written \\. or \\(", "the pattern is no regular expression: %w", err)
	}
	return re, nil
}
