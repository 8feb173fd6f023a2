// Package visible tells whether people can see a text. A name that cannot be seen cannot be
// clicked, read out, or told from another one.
package visible

import (
	"strings"
	"unicode"
)

// Any reports whether text has a character that people can see: one that is no space, control,
// mark of direction, joiner or filler.
func Any(text string) bool { return strings.ContainsFunc(text, shaped) }

func shaped(r rune) bool {
	switch r {
	case '\u2800', '\U0001d159': // a pattern of Braille without dots, a note without a head
		return false
	}
	if unicode.Is(unicode.Prepended_Concatenation_Mark, r) {
		return true // the one sort of format characters that is drawn
	}
	return !unicode.In(r, unicode.Z, unicode.Cc, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
