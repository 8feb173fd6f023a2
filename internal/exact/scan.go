package exact

import (
	"bytes"
	"errors"
	"strconv"
)

// changes reports whether Inngest would change something in the JSON text, or the text
// has a member that could be taken for [Member].
func changes(text []byte) bool {
	for at := 0; at < len(text); {
		end := token(text, at)
		switch {
		case text[at] == '"':
			if reserved(text[at:end], text[end:]) {
				return true
			}
		case end > at+1 || isDigit(text[at]):
			if !survives(text[at:end]) {
				return true
			}
		}
		at = end
	}
	return false
}

// token returns the end of the text or the number that begins at the given place, or of the
// one byte there if it begins neither.
func token(text []byte, at int) int {
	end := at + 1
	switch c := text[at]; {
	case c == '"':
		for end < len(text) && text[end] != '"' {
			if text[end] == '\\' {
				end++
			}
			end++
		}
		return min(end+1, len(text))
	case c == '-' || isDigit(c):
		for end < len(text) && isNumeral(text[end]) {
			end++
		}
	}
	return end
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isNumeral(c byte) bool {
	return isDigit(c) || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-'
}

// reserved reports whether a quoted text is [Member], or a name that may be another
// spelling of it.
func reserved(text, rest []byte) bool {
	if string(text) == quoted {
		return true
	}
	return bytes.Contains(text, []byte(`\u`)) && bytes.HasPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte(":"))
}

// clamp returns the JSON text with the largest double for each number that is larger.
func clamp(text []byte) []byte {
	var clamped []byte
	done := 0
	for at := 0; at < len(text); {
		end := token(text, at)
		if number := text[at:end]; text[at] != '"' && end > at+1 && tooLarge(number) {
			clamped = append(clamped, text[done:at]...)
			if number[0] == '-' {
				clamped = append(clamped, '-')
			}
			clamped = append(clamped, "1.7976931348623157e308"...)
			done = end
		}
		at = end
	}
	if done == 0 {
		return text
	}
	return append(clamped, text[done:]...)
}

func tooLarge(number []byte) bool {
	_, err := strconv.ParseFloat(string(number), 64)
	return errors.Is(err, strconv.ErrRange)
}
