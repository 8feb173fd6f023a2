package bind

import (
	"unicode/utf16"
	"unicode/utf8"
)

// String reads a text.
func (d *Decoder) String() (string, bool) {
	text, plain, ok := d.text()
	if !ok || !plain {
		return string(text), ok
	}
	return d.keep(len(text)), true
}

// Text reads a text. It is valid until the next call.
func (d *Decoder) Text() ([]byte, bool) {
	text, _, ok := d.text()
	return text, ok
}

// room is how many bytes are copied at once: a string keeps so many alive, at most, beside
// its own.
const room = 512

// keep returns the text of n bytes that was read last, which has no escapes, as a string.
// Texts that stand near each other share their memory.
func (d *Decoder) keep(n int) string {
	from := d.at - 1 - n
	if n == 0 {
		return ""
	}
	if d.window == "" || d.at > d.start+len(d.window) {
		d.start = from
		d.window = string(d.data[from:min(from+max(n+1, room), len(d.data))])
	}
	return d.window[from-d.start:][:n]
}

// ordinary tells the bytes that stand for themselves in a text and are ASCII.
var ordinary = func() (table [256]bool) { //nolint:gochecknoglobals // a constant, as far as Go can say it
	for c := ' '; c < utf8.RuneSelf; c++ {
		table[c] = c != '"' && c != '\\'
	}
	return table
}()

// text reads a text. It is plain if it stands in data as it is.
func (d *Decoder) text() (text []byte, plain, ok bool) {
	if d.next() != '"' {
		return nil, false, false
	}
	d.at++
	start, ascii := d.at, true
	for i := start; i < len(d.data); i++ {
		switch c := d.data[i]; {
		case ordinary[c]:
		case c == '"':
			d.at = i + 1
			text = d.data[start:i]
			return text, true, ascii || utf8.Valid(text)
		case c >= utf8.RuneSelf:
			ascii = false
		case c == '\\':
			text, ok = d.escaped(i)
			return text, false, ok
		default:
			return nil, false, false
		}
	}
	return nil, false, false
}

// escaped reads the rest of a text, of which the first escape is at the place at.
func (d *Decoder) escaped(at int) ([]byte, bool) {
	text := d.scratch[:0]
	text = append(text, d.data[d.at:at]...)
	d.at = at
	for d.at < len(d.data) {
		c := d.data[d.at]
		d.at++
		switch {
		case c == '"':
			d.scratch = text
			return text, utf8.Valid(text)
		case c < ' ':
			return nil, false
		case c != '\\':
			text = append(text, c)
		default:
			r, ok := d.escape()
			if !ok {
				return nil, false
			}
			text = utf8.AppendRune(text, r)
		}
	}
	return nil, false
}

// escape reads what stands behind a backslash. A zero byte is not accepted, nor half of a
// surrogate pair.
func (d *Decoder) escape() (rune, bool) {
	if d.at == len(d.data) {
		return 0, false
	}
	c := d.data[d.at]
	d.at++
	switch c {
	case '"', '\\', '/':
		return rune(c), true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'u':
		return d.unicode()
	}
	return 0, false
}

// unicode reads what stands behind \u, and the other half of a surrogate pair.
func (d *Decoder) unicode() (rune, bool) {
	r, ok := d.hex()
	if !utf16.IsSurrogate(r) {
		return r, ok && r != 0
	}
	if !ok || !d.word(`\u`) {
		return 0, false
	}
	second, ok := d.hex()
	r = utf16.DecodeRune(r, second)
	return r, ok && r != utf8.RuneError
}

// hex reads four hexadecimal digits.
func (d *Decoder) hex() (rune, bool) {
	const digits, bits = 4, 4
	if d.at+digits > len(d.data) {
		return 0, false
	}
	var r rune
	for _, c := range d.data[d.at : d.at+digits] {
		switch {
		case '0' <= c && c <= '9':
			r = r<<bits | rune(c-'0')
		case 'a' <= c|' ' && c|' ' <= 'f':
			r = r<<bits | rune(c|' '-'a'+10)
		default:
			return 0, false
		}
	}
	d.at += digits
	return r, true
}
