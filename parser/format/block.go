package format

import (
	"strings"

	"github.com/amsx-lang/amsx/lexer"
)

// A block is a pair of lines between which lines are indented.
type block struct {
	open  string // its first word
	close string // the line that ends it; without its blank it is accepted too
	// arms are the first words of lines within that stand at the depth of the
	// opener.
	arms []string
	// data: its lines are no statements, so that their first words mean nothing.
	data bool
	// fixed: what stands in its lines is no expression, and not in the tree.
	fixed bool
	// head and body are the clauses of the opener and of the lines of data.
	head, body []clause
}

// A clause is a word that stands behind a complete value.
type clause struct {
	word   string
	values []string // what follows it, where that is one of some words
	flag   bool     // nothing follows it that belongs to it
	first  bool     // it may follow the opener itself
}

var blocks = []block{
	{open: "If", close: "End If", arms: []string{"Else", "ElseIf"}},
	{open: "For", close: "Next", head: []clause{{word: "To"}, {word: "Step"}}},
	{open: "ForEach", close: "EndEach"},
	{open: "While", close: "End While"},
	{open: "Try", close: "End Try", arms: []string{"Catch"}},
	{open: "Sub", close: "End Sub"},
	{open: "Transaction", close: "End Transaction"},
	{open: "DataMap", close: "End DataMap", data: true, fixed: true},
	{
		open: "Map", close: "End Map", data: true,
		head: []clause{
			{word: "To", first: true}, {word: "Key"}, {word: "Adopt"}, {word: "Mode"}, {word: "Source"}, {word: "Newest"},
			{word: "Deactivate"}, {word: "Null"}, {word: "Update"}, {word: "Insert"}, {word: "Reject"}, {word: "LeftOut"},
		},
		body: []clause{
			{word: "Lookup"}, {word: "From"}, {word: "Create", flag: true}, {word: "OnMissing", values: []string{"keep", "null", "reject"}},
			{word: "DataMap"}, {word: "Keep", values: []string{"Edited"}}, {word: "On", values: []string{"Insert"}},
			{word: "Required", flag: true}, {word: "Default"}, {word: "Track", values: []string{"No", "Yes"}},
		},
	},
}

// oneLine are the words of statements that open nothing. Text is one: the lines
// up to EndText are a single token, which is never touched.
var oneLine = []string{"Set", "Exit", "Continue", "Text", "Throw", "Stop"}

// opener is the block that begins with the line, or nil.
func opener(line []token) *block {
	for i := range blocks {
		if !lexer.Is(&line[0].Token, blocks[i].open) {
			continue
		}
		if blocks[i].open == "If" {
			if n := then(line); n >= 0 && n+1 < len(line) {
				return nil // a command follows Then: it is all on one line
			}
		}
		return &blocks[i]
	}
	return nil
}

// closer is how the line that ends a block, or a Text, is written: the words
// and how many tokens they are; 0 when the line ends nothing. In a block of
// data only the end of that block is one.
func closer(line []token, top *block) (words string, n int) {
	w := line[0].Value
	n = 1
	if lexer.Is(&line[0].Token, "End") && len(line) == 2 {
		w, n = w+line[1].Value, 2
	}
	if top != nil && top.data {
		if len(line) == n && strings.EqualFold(w, unspaced(top.close)) {
			return top.close, n
		}
		return "", 0
	}
	for _, b := range blocks {
		if strings.EqualFold(w, unspaced(b.close)) {
			return b.close, n
		}
	}
	if strings.EqualFold(w, "EndText") {
		return "EndText", n
	}
	return "", 0
}

func unspaced(s string) string { return strings.ReplaceAll(s, " ", "") }

// isArm reports whether the line is an arm of the open block.
func isArm(line []token, top *block) bool {
	if top == nil {
		return false
	}
	for _, w := range top.arms {
		if lexer.Is(&line[0].Token, w) {
			return true
		}
	}
	return false
}
