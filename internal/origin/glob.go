package origin

import (
	"regexp"
	"strings"
)

// glob returns whether a whole text matches entry, in which "*" is any text
// without a slash, "?" any character but a slash, what follows a "\" as it stands,
// and "**" between slashes any path. Slashes count as one if there are several.
func glob(entry string) func(text string) bool {
	var b strings.Builder
	segments := strings.Split(entry, "/")
	for i, segment := range segments {
		if segment == "" && i > 0 {
			continue
		}
		slash := "/+"
		switch {
		case i == len(segments)-1:
			slash = "/*"
		case segments[i+1] == "**":
			slash = ""
		}
		switch {
		case segment != "**":
			b.WriteString(globSegment(segment) + slash)
		case slash != "":
			if i > 0 {
				b.WriteString(slash)
			}
			b.WriteString("(?:[^/]*" + slash + ")*")
		}
	}
	return regexp.MustCompile(`\A` + b.String() + `\z`).MatchString
}

// globSegment translates what stands between two slashes.
func globSegment(segment string) string {
	var b strings.Builder
	escaped := false
	for _, r := range segment {
		switch {
		case !escaped && r == '\\':
			escaped = true
			continue
		case !escaped && r == '*':
			b.WriteString("[^/]*")
		case !escaped && r == '?':
			b.WriteString("[^/]")
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
		escaped = false
	}
	return b.String()
}
