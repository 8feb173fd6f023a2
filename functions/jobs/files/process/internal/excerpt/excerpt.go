// Package excerpt reads how a text begins, whatever wrote it.
package excerpt

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Max is how much of a text is looked at, in bytes. An excerpt has at most twice as many.
const Max = 4 << 10

// Of returns the text that begins with head, without what is no text to be read: control
// characters but line breaks and tabs, and those that turn the direction of writing. It is
// "" if nobody can tell what the bytes mean: they are read as UTF-16 if they begin with its
// mark, as UTF-8 if they are that, and as Latin-1 if they are mostly ASCII.
func Of(head []byte) string {
	head = head[:min(len(head), Max)]
	return clean(decode(head))
}

func decode(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		return decodeUTF16(head, binary.LittleEndian)
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return decodeUTF16(head, binary.BigEndian)
	}
	if text := completeRunes(head); utf8.Valid(text) {
		return string(text)
	}
	if isLatin1(head) {
		return decodeLatin1(head)
	}
	return ""
}

// decodeUTF16 reads UTF-16. Half a character at the end is left out.
func decodeUTF16(head []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(head)/2)
	for i := range units {
		units[i] = order.Uint16(head[2*i:])
	}
	if n := len(units); n > 0 && utf16.IsSurrogate(rune(units[n-1])) && units[n-1] < 0xdc00 {
		units = units[:n-1]
	}
	return string(utf16.Decode(units))
}

// completeRunes returns head without the part of a character in UTF-8 that it may end with.
func completeRunes(head []byte) []byte {
	for i := len(head) - 1; i >= 0 && i >= len(head)-utf8.UTFMax; i-- {
		if utf8.RuneStart(head[i]) {
			if !utf8.FullRune(head[i:]) {
				return head[:i]
			}
			break
		}
	}
	return head
}

// isLatin1 reports whether bytes that are no UTF-8 are Latin-1. Of one byte a character are
// many encodings, which look alike; but a text of mostly ASCII is western.
func isLatin1(head []byte) bool {
	letters := 0
	for _, b := range head {
		switch {
		case b >= 0xa0:
			letters++
		case b >= 0x80 || b < ' ' && !strings.ContainsRune("\t\n\v\f\r", rune(b)):
			return false
		}
	}
	return 4*letters < len(head)
}

func decodeLatin1(head []byte) string {
	text := make([]rune, len(head))
	for i, b := range head {
		text[i] = rune(b)
	}
	return string(text)
}

func clean(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\f", "\n").Replace(text)
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		const mark = '\ufeff'
		if r == '\n' || r == '\t' {
			return r
		}
		if r == mark || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, text))
}
