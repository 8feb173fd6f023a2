package apply

import (
	"strings"
	"unicode/utf8"

	"switchyard/internal/lazy"
)

// queryLength bounds the text of somebody's query, in bytes.
const queryLength = 200

// token is a part of SQL that matters here, at the beginning of a text. What is not closed
// goes to the end: PostgreSQL cuts long queries.
var token = lazy.Regexp{Source: `(?s)^(?:` +
	`(--[^\n]*|/\*.*?(?:\*/|$))` + // a comment
	`|([eE]'(?:[^'\\]|\\.|'')*(?:'|\\?$)|(?:[uU]&)?[bBxXnN]?'(?:[^']|'')*(?:'|$))` + // a string
	`|(\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$)` + // the beginning of a string in dollars
	`|("(?:[^"]|"")*(?:"|$)|\$\d+|[A-Za-z_\x80-\xff][\w$\x80-\xff]*)` + // a name, or a parameter
	`|(\.?\d[\d._]*(?:[eE][+-]?\d+)?\w*)` + // a number
	`|(\s+))`}

// redact returns somebody's query without values: strings and numbers are "?", and what may
// be one too is left out.
func redact(query string) string {
	var b strings.Builder
	for query != "" {
		m := token.Get().FindStringSubmatch(query)
		if m == nil {
			_, size := utf8.DecodeRuneInString(query)
			b.WriteString(query[:size])
			query = query[size:]
			continue
		}
		query = query[len(m[0]):]
		switch {
		case m[2] != "" && ambiguous(m[2]), strings.LastIndex(m[1], "/*") > 0: // comments can be nested
			return bounded(b.String(), queryLength) + "?…"
		case m[3] != "":
			_, query, _ = strings.Cut(query, m[3])
			b.WriteString("?")
		case m[2] != "", m[5] != "":
			b.WriteString("?")
		case m[4] != "":
			b.WriteString(m[4])
		default:
			b.WriteString(" ")
		}
	}
	return bounded(strings.Join(strings.Fields(b.String()), " "), queryLength)
}

// ambiguous reports whether it depends on a setting where a string ends: whether a
// backslash in it hides the quote after it.
func ambiguous(text string) bool {
	return !strings.HasPrefix(strings.ToLower(text), "e") && strings.Contains(text, `\'`)
}

// bounded cuts a text that is longer than so many bytes.
func bounded(text string, length int) string {
	if len(text) <= length {
		return text
	}
	return strings.ToValidUTF8(text[:length], "") + "…"
}

// summary is a statement of ours, short enough for a sentence.
func summary(sql string) string { return bounded(strings.Join(strings.Fields(sql), " "), queryLength) }
