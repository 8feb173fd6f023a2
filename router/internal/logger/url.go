package logger

import (
	"bytes"
	"strings"
)

const (
	// hidden stands for a part of a path that may be a secret.
	hidden = "{…}"
	// maxPath bounds the part of a path that is shown, in bytes.
	maxPath = 256
	// mark stands in each URL, behind its scheme.
	mark = "://"
)

// Path returns what may be shown of a path that no route describes: the parts that look
// like words, of those that people give to files and routes. A part that may have been
// made by a machine, as secrets are, is hidden, and so is all that is far too long.
func Path(path string) string {
	var b strings.Builder
	for i, part := range strings.Split(path, "/") {
		if i > 0 {
			b.WriteByte('/')
		}
		if b.Len()+len(part) > maxPath {
			b.WriteString(more)
			break
		}
		if !isName(part) {
			part = hidden
		}
		b.WriteString(part)
	}
	return b.String()
}

// isName reports whether part consists of short words in small letters, or is too short
// for a secret: "sign-in", ".well-known", "v1".
func isName(part string) bool {
	const longest, longestWord, tooShort = 32, 14, 4
	word, digits := 0, false
	for _, c := range []byte(part) {
		switch {
		case 'a' <= c && c <= 'z':
			word++
		case c == '-' || c == '_' || c == '.':
			word = 0
		case '0' <= c && c <= '9':
			digits = true
		default:
			return false
		}
		if word > longestWord {
			return false
		}
	}
	return len(part) <= tooShort || (!digits && len(part) <= longest)
}

// hasURL reports whether there may be a URL in a line.
func hasURL(line []byte) bool { return bytes.Contains(line, []byte(mark)) }

// withoutSecrets returns line with no more of each URL in it than its scheme, its host
// and what [Path] shows: a password, a path or a query may be a key.
func withoutSecrets(line []byte) []byte {
	clean := make([]byte, 0, len(line))
	for {
		i := bytes.Index(line, []byte(mark))
		if i < 0 {
			return append(clean, line...)
		}
		i += len(mark)
		clean = append(clean, line[:i]...)
		end := i + urlEnd(line[i:])
		clean = append(clean, shown(string(line[i:end]))...)
		line = line[end:]
	}
}

// urlEnd returns where a URL ends in a line that may be JSON.
func urlEnd(line []byte) int {
	end := bytes.IndexAny(line, "\" \t\r\n\x1b")
	if end < 0 {
		end = len(line)
	}
	for end > 0 && line[end-1] == '\\' { // it belongs to the quotation mark
		end--
	}
	return end
}

// shown returns what may be shown of a URL behind its scheme.
func shown(rest string) string {
	if i := strings.LastIndexByte(rest, '@'); i >= 0 { // also of a password with a slash in it
		return hidden + "@" + shown(rest[i+1:])
	}
	host, path := rest, ""
	if i := strings.IndexAny(rest, `/?#\`); i >= 0 {
		host, path = rest[:i], rest[i:]
	}
	query := ""
	if i := strings.IndexAny(path, `?#\`); i >= 0 {
		path, query = path[:i], path[i:i+1]+more
		if query[0] == '\\' {
			query = more
		}
	}
	return host + Path(path) + query
}
