package schema

import (
	"slices"
	"strconv"
	"strings"

	"switchyard/internal/lazy"
)

// comment is a line of a script that is a comment and not in a statement.
type comment struct {
	text string
	line int
}

// directive is how a comment begins that says something to the router: "-- +check".
var directive = lazy.Regexp{Source: `^--\s*\+\s*([A-Za-z]\w*)(.*)$`}

// commentsIn returns the lines of the text from one byte to another that are comments.
func (r *reader) commentsIn(from, to int) (found []comment) {
	line := r.lineAt(from)
	for text := range strings.Lines(r.Text[from:to]) {
		if text = strings.TrimSpace(text); strings.HasPrefix(text, "--") {
			found = append(found, comment{text, line})
		}
		line++
	}
	return found
}

// directives reads what the comments say to the router.
func (r *reader) directives() {
	for _, c := range r.commentsBetween {
		if strings.HasPrefix(c.text, "-- atlas:") {
			r.report(c.line, "%s is of Atlas, and does nothing here: remove it", c.text)
		}
		if m := directive.Get().FindStringSubmatch(c.text); m != nil {
			r.directive(c.line, m[1], strings.TrimSpace(m[2]))
		}
	}
	if r.before && r.after {
		r.report(1, "this file says both -- +before and -- +after: it can run before the tables are made or after, so remove one")
	}
}

func (r *reader) directive(line int, word, rest string) {
	if slices.Contains([]string{"batches", "before", "after"}, word) && rest != "" {
		r.report(line, "-- +%s has nothing after it: remove %q", word, rest)
	}
	switch word {
	case "check":
		if rest = strings.TrimSuffix(rest, ";"); rest == "" {
			r.report(line, "-- +check has an SQL expression after it, which is true once the file is in place: -- +check to_regclass('public.name') IS NOT NULL")
			return
		}
		r.Checks = append(r.Checks, rest)
	case "replaces":
		if rest == "" {
			r.report(line, "-- +replaces has the name of a file after it that need not run any more where it has not: -- +replaces 010_name.sql")
			return
		}
		r.Replaces = append(r.Replaces, rest)
	case "batches":
		r.Repeat = true
	case "before":
		r.before, r.Before = true, true
	case "after":
		r.after = true
	case "goose":
		r.report(line, "this is a file of goose: keep the statements of its part Up alone, and remove the lines -- +goose; a statement with semicolons in it needs no StatementBegin, and there is no way down: write another file")
	default:
		r.report(line, "-- +%s is not understood: want one of check, replaces, batches, before, after%s", word, near(word, []string{"check", "replaces", "batches", "before", "after"}))
	}
}

// scanPlace is how the scanner says where it failed.
var scanPlace = lazy.Regexp{Source: `^(\d+):\d+: (.*)$`}

// unreadable reports a text that cannot be split into statements.
func (r *reader) unreadable(err error) {
	for i, text := range strings.Split(r.Text, "\n") {
		if copyIn.Get().MatchString(text) {
			r.report(i+1, "%s", copyAdvice)
			return
		}
	}
	line, text := 1, err.Error()
	if m := scanPlace.Get().FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1])
		text = m[2]
	}
	r.report(line, "the statements cannot be told apart: %s", text)
}
