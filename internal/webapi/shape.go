package webapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/tidwall/gjson"
)

var utf8BOM = []byte("\xef\xbb\xbf")

// decode checks that a body is a page of the list, and decodes it. Its errors
// are ErrTruncated for a body that is cut.
func (d *reader) decode(resp *Response) (value any, body []byte, err error) {
	body = bytes.TrimPrefix(resp.Body, utf8BOM)
	if resp.Status >= 400 { // allowed by the caller, who knows what it means
		return nil, body, nil
	}
	want := byte('[')
	if d.r.Records != "" || d.r.Style.path != "" || d.r.Style.total != "" {
		want = '{'
	}
	if err := checkShape(body, want, resp, d.c.cfg.Hints); err != nil {
		return nil, nil, err
	}
	if d.r.Decode != nil {
		value, err = d.r.Decode(body)
	} else if err = validJSON(body); err == nil && d.r.Records != "" {
		if records := resultAt(gjson.ParseBytes(body), d.r.Records); !records.IsArray() {
			err = &advisedError{fmt.Sprintf("the page has no list at %q; it has %s", d.r.Records, names(body)), "give the path of the records"}
		}
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) && strings.Contains(syntax.Error(), "unexpected end") {
		err = fmt.Errorf("%w: %w", ErrTruncated, err)
	}
	return value, body, err
}

// checkShape looks at the first character of a page. What comes instead of a
// list is most often a web page: a proxy's, or a sign-in.
func checkShape(body []byte, want byte, resp *Response, hints Hints) error {
	text := bytes.TrimLeft(body, " \t\r\n")
	if len(text) == 0 {
		if resp.Status == http.StatusNoContent {
			return &advisedError{"the answer has no content where a JSON list was expected", "check the address"}
		}
		return fmt.Errorf("%w: it is empty", ErrTruncated)
	}
	if text[0] == want {
		return nil
	}
	expected := "a JSON list"
	if want == '{' {
		expected = "a JSON object"
	}
	switch {
	case text[0] == '[':
		return &advisedError{"a JSON list came where " + expected + " was expected", "leave out the path of the records, or use another paging style"}
	case text[0] == '{':
		what := "a JSON object with " + names(body)
		if said := gjson.GetBytes(body, "errorSummary"); said.Exists() {
			what += fmt.Sprintf(" (%s)", said.String())
		}
		return &advisedError{what + " came where " + expected + " was expected", "check the address; when the records are inside of the object, give their path"}
	case looksLikeHTML(string(text[:min(len(text), 1024)])):
		return &advisedError{fmt.Sprintf("a web page came where %s was expected: %q", expected, clean(bodyText(text), maxShown)),
			"it is often from a proxy or a sign-in page in between: check the address; " + hints.Proxy}
	}
	return &advisedError{fmt.Sprintf("something else came where %s was expected: %q", expected, clean(bodyText(text), maxShown)), "check the address"}
}

// names lists the keys of an object; its values may be personal.
func names(body []byte) string {
	var keys []string
	gjson.ParseBytes(body).ForEach(func(key, _ gjson.Result) bool {
		keys = append(keys, clean(key.String(), 40))
		return len(keys) < 8
	})
	if len(keys) == 0 {
		return "no names"
	}
	return "the names " + strings.Join(keys, ", ")
}

func validJSON(body []byte) error {
	if json.Valid(body) {
		return nil
	}
	var any json.RawMessage
	return json.Unmarshal(body, &any)
}

func countRecords(body []byte, path string) int {
	n := 0
	resultAt(gjson.ParseBytes(body), path).ForEach(func(_, _ gjson.Result) bool {
		n++
		return true
	})
	return n
}
