package sqltext

import (
	"strings"

	"github.com/amsx-lang/amsx/lexer"
)

// A kind is what sort of token a token is.
type kind uint8

const (
	space   kind = iota // blanks and comments; text is what stays of them: blanks and line ends
	word                // a keyword or a plain name
	name                // a quoted name: "…", […], `…`
	str                 // a string
	blob                // X'…', as written
	number              //
	op                  // an operator or a punctuation mark
	ref                 // a bare %reference%
	end                 // ; or the end of the text
	invalid             // reported already
)

// A token is one token of SQL text.
type token struct {
	kind  kind
	pos   lexer.Position
	text  string  // word, number, op, blob: as written; name, str without references: what is meant
	upper string  // word: the text in capitals
	parts []piece // str, name: its pieces, when one of them is a reference
	ref   int     // ref: index into the template's references
	glued bool    // no blank before it
	twice bool    // name: in double quotes
}

// A piece is a part of a string or quoted name: text, or a reference.
type piece struct {
	text string
	ref  int // -1: text
}

// is reports whether t is one of these plain words, given in capitals.
func (t *token) is(words ...string) bool {
	if t == nil || t.kind != word {
		return false
	}
	for _, w := range words {
		if t.upper == w {
			return true
		}
	}
	return false
}

// isOp reports whether t is this operator or mark.
func (t *token) isOp(s string) bool { return t != nil && t.kind == op && t.text == s }

// whole returns the only reference of a string that is nothing else: '%x%'.
func (t *token) whole() (int, bool) {
	if len(t.parts) == 1 && t.parts[0].ref >= 0 {
		return t.parts[0].ref, true
	}
	return 0, false
}

// operand reports whether a value or name ends with t, so that what follows
// can only be an operator, a mark or a keyword.
func (t *token) operand() bool {
	if t == nil {
		return false
	}
	switch t.kind {
	case name, str, blob, number, ref:
		return true
	case word:
		return !keywords[t.upper] || t.is("NULL", "TRUE", "FALSE", "END")
	case op:
		return t.text == ")"
	}
	return false
}

// operator reports whether t is an operator between two values.
func (t *token) operator() bool {
	if t == nil {
		return false
	}
	if t.kind == op {
		return binary[t.text]
	}
	return t.is("LIKE", "GLOB", "IN", "IS", "BETWEEN", "NOT", "COLLATE", "ISNULL", "NOTNULL", "REGEXP", "MATCH")
}

var binary = set("= == <> != < <= > >= + - * / % || & | << >> -> ->>")

var keywords = set(`ADD ALL ALTER AND AS ASC BEGIN BETWEEN BETWEEN-AND BY CASE CHECK COLLATE COMMIT CONFLICT CONSTRAINT CREATE CROSS
	DEFAULT DELETE DESC DISTINCT DO DROP ELSE END ESCAPE EXCEPT EXISTS FALSE FETCH FIRST FOR FROM FULL GLOB GROUP HAVING IN INDEX
	INNER INSERT INTERSECT INTO IS ISNULL JOIN LEFT LIKE LIMIT NATURAL NEXT NOT NOTHING NOTNULL NULL OFFSET ON ONLY OR ORDER OUTER
	OVER PARTITION PRIMARY RECURSIVE REFERENCES REPLACE RETURNING RIGHT ROW ROWS SELECT SET TABLE THEN TOP TRUE UNION UNIQUE
	UPDATE USING VALUES WHEN WHERE WITH`)

// functionWords are keywords that are functions when a parenthesis follows.
var functionWords = set("LEFT RIGHT REPLACE ISNULL GLOB LIKE")

func set(words string) map[string]bool {
	m := make(map[string]bool)
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}
