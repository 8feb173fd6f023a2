package parity

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"switchyard/router/internal/emulate"
)

// compare returns how the answer of a Lambda behind k differs from the host's.
func compare(k emulate.Kind, r Request, host, lambda Answer) []Difference {
	differ := func(where, host, lambda string) Difference {
		return Difference{Kind: k, Request: r.Name + " (" + r.Method + " " + r.Target + ")", Where: where, Host: host, Lambda: lambda}
	}
	if excused(k, host, lambda) {
		return nil
	}
	if host.Broken != lambda.Broken {
		return []Difference{differ("the end", end(host), end(lambda))}
	}
	var all []Difference
	if host.Status != lambda.Status {
		all = append(all, differ("status", fmt.Sprint(host.Status), fmt.Sprintf("%d, %s", lambda.Status, shorten(lambda.Body))))
	}
	want, got := seen(k, host), seen(k, lambda)
	for _, name := range slices.Sorted(maps.Keys(want)) {
		all = append(all, unequal(differ, "header "+name, r.mask(host, want[name]), r.mask(lambda, got[name]))...)
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[name]; !ok {
			all = append(all, differ("header "+name, "none", r.mask(lambda, got[name])))
		}
	}
	if host.Status == lambda.Status { // else the bodies say what the statuses do
		all = append(all, unequal(differ, "body", r.mask(host, string(host.Body)), r.mask(lambda, string(lambda.Body)))...)
	}
	return all
}

func end(a Answer) string {
	if a.Broken {
		return "broke off"
	}
	return fmt.Sprintf("whole: %d, %s", a.Status, shorten(a.Body))
}

// unequal returns the difference between two texts, if there is one, from shortly
// before where it begins.
func unequal(differ func(where, host, lambda string) Difference, where, host, lambda string) []Difference {
	if host == lambda {
		return nil
	}
	at := 0
	for at < len(host) && at < len(lambda) && host[at] == lambda[at] {
		at++
	}
	if from := max(0, at-20); at > 60 {
		where = fmt.Sprintf("%s, from byte %d", where, from)
		host, lambda = host[from:], lambda[from:]
	}
	return []Difference{differ(where, shorten([]byte(host)), shorten([]byte(lambda)))}
}

// shorten quotes the beginning of text.
func shorten(text []byte) string {
	const most = 200
	if len(text) > most {
		return fmt.Sprintf("%q… (%d bytes)", text[:most], len(text))
	}
	return fmt.Sprintf("%q", text)
}

// mask returns text with what may differ blotted out: the variables that were set by
// answers, and what the masks match.
func (r Request) mask(a Answer, text string) string {
	for name, value := range a.variables {
		if len(value) > 3 { // shorter ones are everywhere
			text = strings.ReplaceAll(text, value, "{{"+name+"}}")
		}
	}
	for _, m := range r.Masks {
		text = blot(m, text)
	}
	return text
}

// blot replaces what m matches, or if it has a group what that matches.
func blot(m *regexp.Regexp, text string) string {
	if m.NumSubexp() == 0 {
		return m.ReplaceAllLiteralString(text, "…")
	}
	var b strings.Builder
	from := 0
	for _, at := range m.FindAllStringSubmatchIndex(text, -1) {
		if at[2] >= 0 {
			b.WriteString(text[from:at[2]] + "…")
			from = at[3]
		}
	}
	return b.String() + text[from:]
}

// seen returns the header fields that count, in a form in which what k cannot tell
// apart is the same.
func seen(k emulate.Kind, a Answer) map[string]string {
	all := map[string]string{}
	for name, values := range a.Header {
		name = strings.TrimPrefix(name, remapped)
		switch {
		case ignored(name):
		case name == "Content-Type" && len(a.Body) == 0: // see forced.go
		case name == "Set-Cookie" && k == emulate.ALB, k == emulate.ALBMultiValue: // which keep no order
			all[name] = strings.Join(slices.Sorted(slices.Values(values)), "\n")
		case name == "Set-Cookie":
			all[name] = strings.Join(values, "\n")
		case joins(k):
			all[name] = joined(values)
		default:
			all[name] = strings.Join(values, "\n")
		}
	}
	return all
}

// joined is a list of values in one line.
func joined(values []string) string {
	return strings.Join(values, ", ")
}

const remapped = "X-Amzn-Remapped-"

// ignored reports whether a field tells of the way and not of the answer.
func ignored(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Date", "Connection", "Content-Length", "Transfer-Encoding",
		"Apigw-Requestid", "X-Amzn-Requestid", "X-Amzn-Trace-Id", "X-Amz-Apigw-Id":
		return true
	}
	return false
}
