// Package visible tells whether people see anything of a text: a name that shows as nothing cannot
// be clicked, read out, or told from another.
package visible

import (
	"strings"
	"unicode"
)

// Any reports whether something of text has a shape: it is not made of spaces, controls, marks of
// direction, joiners and fillers alone.
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
