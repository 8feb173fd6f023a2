package parity

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"switchyard/router/internal/emulate"
)

// File is a file of requests, which are sent one after the other. Cookies that answers
// set are sent with the following requests, as a browser does.
type File struct {
	Name      string
	Variables map[string]string // of "@name = value"
	Requests  []Request
}

// Request is a request as it stands in a file.
type Request struct {
	Name   string // with the file's: "paths.http: an escaped slash"
	Method string
	Target string // path and query, as they are sent
	Fields []Field
	Body   []byte

	Status int              // what the host must answer; 0: anything
	Only   []emulate.Kind   // empty: all
	Except []emulate.Kind   // with the reason in Reason
	Reason string           // of Only or Except
	Masks  []*regexp.Regexp // what may differ in header and body
	Sets   []Set            // what later requests of the file may use
}

// Field is a line of a header.
type Field struct{ Name, Value string }

// Set gives {{Name}} the first group of Pattern in the answer.
type Set struct {
	Name    string
	Pattern *regexp.Regexp
}

// header returns the values of a header.
func (r Request) header(name string) []string {
	var values []string
	for _, f := range r.Fields {
		if strings.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return values
}

// repeats reports whether a header comes more than once.
func (r Request) repeats() bool {
	seen := map[string]bool{}
	for _, f := range r.Fields {
		name := http.CanonicalHeaderKey(f.Name)
		if seen[name] {
			return true
		}
		seen[name] = true
	}
	return false
}

// excluded returns why the file does not want the request sent to k, or "".
func (r Request) excluded(k emulate.Kind) string {
	if slices.Contains(r.Except, k) || (len(r.Only) > 0 && !slices.Contains(r.Only, k)) {
		if r.Reason == "" {
			return "the file says so"
		}
		return r.Reason
	}
	return ""
}
