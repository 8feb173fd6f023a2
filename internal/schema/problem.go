package schema

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Error is everything that is found wrong with a [Source], in order of file and
// line. It has at least one problem.
type Error struct{ Problems []Problem }

// Problem is one thing that is wrong with a [Source].
type Problem struct {
	File    string // as [File.Name]
	Line    int    // from 1 in that file; 0 if it is not known, and File "" then
	Message string
}

// Error lists the problems, a line each.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// String returns "file:line: message".
func (p Problem) String() string {
	if p.File == "" {
		return "the schema: " + p.Message
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message)
}

// problemAt returns a problem that stands where r begins.
func problemAt(r hcl.Range, format string, args ...any) Problem {
	return Problem{File: r.Filename, Line: r.Start.Line, Message: fmt.Sprintf(format, args...)}
}

// wrong returns problems as an error; nil if there are none.
func wrong(problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return &Error{Problems: slices.Compact(problems)}
}

// problemsOf returns the problems of err; an error that is none of ours becomes one.
func problemsOf(err error) []Problem {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Problems
	}
	if err != nil {
		return []Problem{{Message: err.Error()}}
	}
	return nil
}

// diagnosed returns what HCL says is wrong, if it is HCL that says so.
func diagnosed(err error) []Problem {
	diags, ok := errors.AsType[hcl.Diagnostics](err)
	if !ok {
		return nil
	}
	var problems []Problem
	for _, d := range diags {
		if d.Severity == hcl.DiagError && d.Subject != nil {
			problems = append(problems, problemAt(*d.Subject, "%s: %s", d.Summary, d.Detail))
		}
	}
	return problems
}

// problemIn returns a problem in a line of a file.
func problemIn(file string, line int, format string, args ...any) Problem {
	return Problem{File: file, Line: line, Message: fmt.Sprintf(format, args...)}
}
