package binding

import (
	"fmt"
	"strconv"
	"strings"
)

// printer writes Go in the form of gofmt.
type printer struct {
	text   strings.Builder
	indent int
	json   string // what is appended to the answer next, as far as it is known by now
}

// line writes a line. It is indented by what its brackets say.
func (p *printer) line(format string, args ...any) {
	text := format
	if len(args) > 0 {
		text = fmt.Sprintf(format, args...)
	}
	p.flush()
	depth := p.indent
	if strings.HasPrefix(text, "}") {
		p.indent--
		depth--
	}
	if strings.HasPrefix(text, "case ") || text == "default:" {
		depth--
	}
	if text != "" {
		p.text.WriteString(strings.Repeat("\t", depth) + text)
	}
	p.text.WriteByte('\n')
	if strings.HasSuffix(text, "{") {
		p.indent++
	}
}

// refuse writes that the request is not accepted if one of the conditions holds.
func (p *printer) refuse(conditions ...string) {
	if len(conditions) == 0 {
		return
	}
	p.line("if %s {", strings.Join(conditions, " || "))
	p.line("return false")
	p.line("}")
}

// put appends constant text to the answer.
func (p *printer) put(json string) { p.json += json }

// flush writes what put has left.
func (p *printer) flush() {
	json := p.json
	if json == "" {
		return
	}
	p.json = ""
	switch {
	case len(json) == 1:
		p.line("b = append(b, %s)", strconv.QuoteRune(rune(json[0])))
	case strings.Contains(json, "`"):
		p.line("b = append(b, %q...)", json)
	default:
		p.line("b = append(b, `%s`...)", json)
	}
}
