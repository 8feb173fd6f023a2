package main

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// path is a module's path, to be found in text.
type path struct {
	from    string
	folders map[string]bool // at the top of the module
}

// replace returns the text with the path to wherever this path is meant.
func (p path) replace(text, to string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		bare := strings.Contains(p.from, ".") || p.governs(line)
		done := 0
		for at := 0; ; {
			i := strings.Index(line[at:], p.from)
			if i < 0 {
				break
			}
			start, end := at+i, at+i+len(p.from)
			at = end
			if p.begins(line[:start]) && p.ends(line[end:], bare) {
				b.WriteString(line[done:start] + to)
				done = end
			}
		}
		b.WriteString(line[done:])
	}
	return b.String()
}

// governs reports whether the line tells a tool the module's own path: it is a
// directive of a go.mod, or a setting of a linter.
func (p path) governs(line string) bool {
	words := strings.Fields(line)
	if len(words) > 1 && words[0] == p.from { // in the parentheses of require or replace
		return words[1] == "=>" || strings.HasPrefix(words[1], "v")
	}
	if len(words) < 2 {
		return false
	}
	switch words[0] {
	case "module", "require", "replace", "module-path:", "local-prefixes:":
		return strings.Trim(words[1], "[],") == p.from
	}
	return false
}

// begins reports whether the path may begin behind what is before it: it is no part
// of a longer word or path.
func (p path) begins(before string) bool {
	if strings.HasSuffix(before, "pkg.go.dev/") || strings.HasSuffix(before, "://") {
		return true
	}
	r, _ := utf8.DecodeLastRuneInString(before)
	return before == "" || !inPath(r) && r != '/'
}

// ends reports whether the path may end before what is after it: a folder of the
// module, a version, or, if it may stand bare, anything that does not make it longer.
func (p path) ends(after string, bare bool) bool {
	word := func(s string) string { // that s begins with
		if i := strings.IndexFunc(s, func(r rune) bool { return !inPath(r) }); i >= 0 {
			return s[:i]
		}
		return s
	}
	if version, ok := strings.CutPrefix(after, "@"); ok {
		return strings.HasPrefix(version, "v") || strings.TrimRight(word(version), ".") == "latest"
	}
	if below, ok := strings.CutPrefix(after, "/"); ok {
		folder := strings.TrimRight(word(below), ".")
		return bare || p.folders[folder] || strings.HasPrefix(below, `"`) || strings.HasPrefix(below, "`")
	}
	longer := strings.TrimRight(word(after), ".") // not the end of a sentence
	return bare && (longer == "" || longer == ".git")
}

// inPath reports whether the rune can be in an element of a module's path.
func inPath(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._~-", r)
}
