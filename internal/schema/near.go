package schema

import "switchyard/internal/spelling"

// near returns "; did you mean null?" if one of known is like word; else "".
func near(word string, known []string) string {
	if best := spelling.Near(word, known); best != "" {
		return "; did you mean " + best + "?"
	}
	return ""
}
