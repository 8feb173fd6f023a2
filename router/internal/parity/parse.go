package parity

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"switchyard/router/internal/emulate"
)

// Open reads a file of requests.
func Open(name string) (File, error) {
	return parse(os.DirFS(filepath.Dir(name)), filepath.Base(name))
}

// parse reads a file of requests. What bodies are read from stands beside it.
func parse(dir fs.FS, name string) (File, error) {
	text, err := fs.ReadFile(dir, name)
	if err != nil {
		return File{}, err
	}
	p := &parser{dir: dir, file: File{Name: name, Variables: map[string]string{}}}
	lines := strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
	for i := 0; i < len(lines); {
		end := i + 1
		for end < len(lines) && !strings.HasPrefix(lines[end], "###") {
			end++
		}
		if err := p.block(lines[i:end]); err != nil {
			return File{}, fmt.Errorf("%s, request at line %d: %w", name, i+1, err)
		}
		i = end
	}
	if len(p.file.Requests) == 0 {
		return File{}, fmt.Errorf("%s has no requests; one looks like \"### its name\", then \"GET /path\"", name)
	}
	return p.file, nil
}

type parser struct {
	dir   fs.FS
	file  File
	masks []*regexp.Regexp // of every request: those before the first
}

// block reads a request: its name, directives, the request line, fields, the body.
func (p *parser) block(lines []string) error {
	r := Request{}
	repeat := 1
	at := 0
	if name, ok := strings.CutPrefix(lines[0], "###"); ok {
		r.Name, at = strings.TrimSpace(name), 1
	}
	for ; at < len(lines); at++ {
		line := strings.TrimSpace(lines[at])
		comment, isComment := strings.CutPrefix(line, "#")
		name, value, isVariable := strings.Cut(strings.TrimPrefix(line, "@"), "=")
		switch {
		case isComment:
			if err := r.directive(strings.TrimSpace(comment), &repeat); err != nil {
				return err
			}
		case isVariable && strings.HasPrefix(line, "@"):
			p.file.Variables[strings.TrimSpace(name)] = strings.TrimSpace(value)
		case line != "" && !strings.HasPrefix(line, "//"):
			return p.request(r, lines[at:], repeat)
		}
	}
	p.masks = append(p.masks, r.Masks...) // there were comments alone
	return nil
}

// directive reads a comment that says something to us: "@mask …".
func (r *Request) directive(comment string, repeat *int) (err error) {
	word, rest, _ := strings.Cut(comment, " ")
	rest = strings.TrimSpace(rest)
	switch word {
	case "@mask":
		var m *regexp.Regexp
		m, err = regexp.Compile(rest)
		r.Masks = append(r.Masks, m)
	case "@set":
		name, pattern, _ := strings.Cut(rest, " ")
		var m *regexp.Regexp
		if m, err = regexp.Compile(strings.TrimSpace(pattern)); err == nil && m.NumSubexp() < 1 {
			err = fmt.Errorf("@set %s: the pattern needs a group: what is to be kept", name)
		}
		r.Sets = append(r.Sets, Set{name, m})
	case "@status":
		r.Status, err = strconv.Atoi(rest)
	case "@repeat":
		*repeat, err = strconv.Atoi(rest)
	case "@only":
		r.Only, r.Reason, err = kinds(rest)
	case "@except":
		r.Except, r.Reason, err = kinds(rest)
	default:
		if strings.HasPrefix(word, "@") {
			err = fmt.Errorf("there is no %s; there are @status, @mask, @set, @repeat, @only and @except", word)
		}
	}
	return err
}

// kinds reads "alb http-api: the reason".
func kinds(text string) (all []emulate.Kind, reason string, err error) {
	names, reason, _ := strings.Cut(text, ":")
	for name := range strings.FieldsSeq(names) {
		k, err := emulate.ParseKind(name)
		if err != nil {
			return nil, "", err
		}
		all = append(all, k)
	}
	return all, strings.TrimSpace(reason), nil
}

// request reads what is sent.
func (p *parser) request(r Request, lines []string, repeat int) (err error) {
	words := strings.Fields(lines[0])
	switch {
	case len(words) == 1:
		r.Method, r.Target = "GET", words[0]
	case len(words) == 2 || (len(words) == 3 && words[2] == "HTTP/1.1"):
		r.Method, r.Target = words[0], words[1]
	default:
		return fmt.Errorf("%q is no request line such as GET /path?query", lines[0])
	}
	if !strings.HasPrefix(r.Target, "/") && !strings.HasPrefix(r.Target, "{{") {
		return fmt.Errorf("%q must be a path: where it is sent is not the file's to say", r.Target)
	}
	if r.Name == "" {
		r.Name = r.Method + " " + r.Target
	}
	r.Name = p.file.Name + ": " + r.Name
	r.Masks = slices.Concat(p.masks, r.Masks)
	at := 1
	for ; at < len(lines) && strings.TrimSpace(lines[at]) != ""; at++ {
		name, value, ok := strings.Cut(lines[at], ":")
		if !ok {
			return fmt.Errorf("%q is no header; a body follows an empty line", lines[at])
		}
		r.Fields = append(r.Fields, Field{strings.TrimSpace(name), strings.TrimSpace(value)})
	}
	if at < len(lines) {
		if r.Body, err = p.body(lines[at+1:]); err != nil {
			return err
		}
	}
	r.Body = bytes.Repeat(r.Body, repeat)
	p.file.Requests = append(p.file.Requests, r)
	return nil
}

// body returns the lines, without the empty ones at the end, or the file that they
// name: "< picture.png".
func (p *parser) body(lines []string) ([]byte, error) {
	text := strings.TrimRight(strings.Join(lines, "\n"), "\n")
	if name, ok := strings.CutPrefix(text, "< "); ok {
		return fs.ReadFile(p.dir, path.Clean(strings.TrimSpace(name)))
	}
	return []byte(text), nil
}
