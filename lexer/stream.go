package lexer

// A Stream is all tokens of a fragment, the last of them EOF, and a place among
// them.
type Stream struct {
	tokens []Token
	at     int
}

// A Checkpoint is a place in a Stream to go back to.
type Checkpoint int

// bytesPerToken is how many bytes of a script are one token, blanks and line
// ends among them; scripts that ship have six to nine.
const bytesPerToken = 6

// Stream scans the whole fragment. Bad input never stops it.
func (s *Scanner) Stream() *Stream {
	tokens := make([]Token, 0, len(s.src)/bytesPerToken+2)
	for {
		t := s.next()
		if tokens = append(tokens, t); t.Type == EOF {
			return &Stream{tokens: tokens}
		}
	}
}

// Peek is the token at the stream's place.
func (s *Stream) Peek() *Token { return &s.tokens[s.at] }

// Next takes the token at the stream's place; EOF stays there.
func (s *Stream) Next() *Token {
	t := &s.tokens[s.at]
	if t.Type != EOF {
		s.at++
	}
	return t
}

// MakeCheckpoint is the stream's place.
func (s *Stream) MakeCheckpoint() Checkpoint { return Checkpoint(s.at) }

// LoadCheckpoint goes back to a place.
func (s *Stream) LoadCheckpoint(c Checkpoint) { s.at = int(c) }

// statement is the tokens from the stream's place to the end of its statement:
// of the line, or of the line that ends a Text.
func (s *Stream) statement() []Token {
	end := s.at
	line := func() {
		for s.tokens[end].Type != EOF {
			if end++; s.tokens[end-1].Type == EOL {
				return
			}
		}
	}
	if line(); s.tokens[end].Type == Raw {
		end++
		line()
	}
	return s.tokens[s.at:end]
}
