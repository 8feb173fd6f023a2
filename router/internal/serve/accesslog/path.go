package accesslog

import (
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"switchyard/router/internal/logger"
)

// path says what the log may show of the paths of a route. A parameter is shown as the
// pattern has it, for its value may be a secret: a link that was mailed, a share, a key.
// Its value is shown if the parameter is called an id and the value is a UUID or a number,
// or if the function's Spec says so.
type path struct {
	always string // what is shown; "" if it varies
	parts  []part // what it consists of, if it varies
	open   bool   // more may follow: the pattern ends with a slash
}

// part is the text between two slashes of a pattern.
type part struct {
	text  string // as it is in the pattern
	param string // whose value may be shown; "" if there is none
	plain bool   // any value may be shown that looks like a name
}

// newPath returns the path of a pattern of http.ServeMux that begins with no method; ""
// stands for paths that no route takes.
func newPath(pattern string, logged []string) path {
	pattern = pattern[max(0, strings.IndexByte(pattern, '/')):] // without a host
	p := path{open: pattern == "" || strings.HasSuffix(pattern, "/")}
	varies := p.open
	for text := range strings.SplitSeq(strings.TrimSuffix(pattern, "{$}"), "/") {
		one := part{text: text}
		if name, ok := strings.CutPrefix(text, "{"); ok {
			name = strings.TrimSuffix(strings.TrimSuffix(name, "}"), "...")
			one.plain = slices.Contains(logged, name)
			if one.plain || isID(name) {
				one.param, varies = name, true
			}
		}
		p.parts = append(p.parts, one)
	}
	if !varies {
		p.always = strings.TrimSuffix(pattern, "{$}")
	}
	return p
}

// isID reports whether a parameter of this name is an id: "id", "fileId", "file_id".
func isID(name string) bool {
	return name == "id" || strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "ID") || strings.HasSuffix(name, "_id")
}

// of returns what the log may show of the path of r, whose route it is.
func (p *path) of(r *http.Request) string {
	if !p.open && p.whole(r) {
		return r.URL.Path
	}
	var b strings.Builder
	for i, part := range p.parts {
		if i > 0 {
			b.WriteByte('/')
		}
		text, _ := part.shown(r)
		b.WriteString(text)
	}
	if p.open {
		b.WriteString(logger.Path(strings.Join(strings.Split(r.URL.Path, "/")[len(p.parts)-1:], "/")))
	}
	return b.String()
}

// whole reports whether all of the path of r may be shown.
func (p *path) whole(r *http.Request) bool {
	for _, part := range p.parts {
		if _, ok := part.shown(r); !ok {
			return false
		}
	}
	return true
}

// shown returns the part in the path of r; false if a value is hidden.
func (p part) shown(r *http.Request) (string, bool) {
	if p.param == "" {
		return p.text, !strings.HasPrefix(p.text, "{")
	}
	value := r.PathValue(p.param)
	if isKey(value) || p.plain && logger.Path(value) == value {
		return value, true
	}
	return p.text, false
}

// isKey reports whether value is what tables have for keys: a UUID or a number.
func isKey(value string) bool {
	const length, digits = 36, 19 // of a UUID, of an int64
	if len(value) == length {
		return uuid.Validate(value) == nil
	}
	return value != "" && len(value) <= digits && strings.Trim(value, "0123456789") == ""
}
