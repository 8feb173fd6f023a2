package uses

import "strings"

// The kinds of tokens.
const (
	word      = 'w' // a name or keyword, in small letters
	quoted    = 'q' // a name in quotation marks, as it stands
	literal   = 'l' // a string or a number: its text is left out
	parameter = '$' // $1
	hole      = '%' // where fmt puts something
	symbol    = 's' // one character
)

// token is a part of an SQL text.
type token struct {
	kind byte
	text string
	// upper says that a word stands in capital letters.
	upper bool
}

// tokens divides SQL, or a piece of it, into its tokens, as PostgreSQL does. Comments and
// the content of strings are left out, but for that of strings in dollars, which mostly is
// SQL itself. What is not closed goes on to the end.
//
// See https://www.postgresql.org/docs/current/sql-syntax-lexical.html.
func tokens(sql string) (all []token) {
	s := scanner{rest: sql}
	for s.rest != "" {
		if t, ok := s.next(); ok {
			all = append(all, t)
		}
	}
	return all
}

type scanner struct{ rest string }

// next reads a token, or space or a comment, which are none.
func (s *scanner) next() (token, bool) {
	c := s.rest[0]
	switch {
	case strings.HasPrefix(s.rest, "--"):
		s.until(2, "\n")
	case strings.HasPrefix(s.rest, "/*"):
		s.comment()
	case strings.IndexByte(" \t\r\n\f", c) >= 0:
		s.take(1)
	case c == '\'':
		s.text(false)
		return token{kind: literal}, true
	case (c == 'e' || c == 'E') && strings.HasPrefix(s.rest[1:], "'"):
		s.take(1)
		s.text(true)
		return token{kind: literal}, true
	case c == '"':
		return token{kind: quoted, text: s.name()}, true
	case c == '$':
		return s.dollar(), true
	case c == '%' && len(s.rest) > 1 && strings.IndexByte("svqd[", s.rest[1]) >= 0:
		s.take(2)
		return token{kind: hole}, true
	case letter(c):
		text := s.take(s.length(func(c byte) bool { return letter(c) || digit(c) || c == '$' }))
		return token{kind: word, text: strings.ToLower(text), upper: text == strings.ToUpper(text)}, true
	case digit(c):
		s.take(s.length(func(c byte) bool { return letter(c) || digit(c) || c == '.' }))
		return token{kind: literal}, true
	default:
		return token{kind: symbol, text: s.take(1)}, true
	}
	return token{}, false
}

func letter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}
func digit(c byte) bool { return c >= '0' && c <= '9' }

func (s *scanner) take(n int) string {
	text := s.rest[:n]
	s.rest = s.rest[n:]
	return text
}

// length returns how many of the next characters are in the set.
func (s *scanner) length(set func(byte) bool) int {
	n := 0
	for n < len(s.rest) && set(s.rest[n]) {
		n++
	}
	return n
}

// until leaves out the next characters up to and with end, which is looked for after the
// first skip of them. It returns what stands before end.
func (s *scanner) until(skip int, end string) string {
	s.take(skip)
	text, rest, _ := strings.Cut(s.rest, end)
	s.rest = rest
	return text
}

// comment leaves out a comment, in which there may be others.
func (s *scanner) comment() {
	depth := 0
	for s.rest != "" {
		switch {
		case strings.HasPrefix(s.rest, "/*"):
			depth++
			s.take(2)
		case strings.HasPrefix(s.rest, "*/"):
			s.take(2)
			if depth--; depth == 0 {
				return
			}
		default:
			s.take(1)
		}
	}
}

// text leaves out a string. A quotation mark in it stands twice; after a backslash, in one
// that begins with E.
func (s *scanner) text(escapes bool) {
	s.take(1)
	for s.rest != "" {
		switch {
		case escapes && s.rest[0] == '\\' && len(s.rest) > 1, strings.HasPrefix(s.rest, "''"):
			s.take(2)
		case s.take(1) == "'":
			return
		}
	}
}

// name reads a name in quotation marks, of which one in it stands twice.
func (s *scanner) name() string {
	parts := []string{s.until(1, `"`)}
	for strings.HasPrefix(s.rest, `"`) {
		parts = append(parts, s.until(1, `"`))
	}
	return strings.Join(parts, `"`)
}

// dollar reads a parameter, or the mark at an end of a string in dollars, whose content is
// read as SQL: $1, $$, $body$.
func (s *scanner) dollar() token {
	if len(s.rest) > 1 && digit(s.rest[1]) {
		s.take(1)
		s.take(s.length(digit))
		return token{kind: parameter}
	}
	tag, _, closed := strings.Cut(s.rest[1:], "$")
	if !closed || strings.ContainsFunc(tag, func(r rune) bool { return r < 0x80 && !letter(byte(r)) && !digit(byte(r)) }) {
		return token{kind: symbol, text: s.take(1)}
	}
	s.take(len(tag) + 2)
	return token{kind: literal}
}
