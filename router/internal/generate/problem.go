package generate

import (
	"cmp"
	"fmt"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
)

// Problem is one thing that keeps the catalog from being written, or a warning.
type Problem struct {
	File    string `json:"file"`    // relative to the root of the module, with slashes
	Line    int    `json:"line"`    // 1 or more
	Message string `json:"message"` // what is wrong and what to do; may have several lines
}

// String returns "file:line: message".
func (p Problem) String() string {
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, strings.ReplaceAll(p.Message, "\n", "\n\t"))
}

// Error is everything that is wrong with the functions and services, in order of
// file and line. It has at least one problem.
type Error struct{ Problems []Problem }

// Error lists the problems, one after the other.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// report keeps a problem for [module.err].
func (m *module) report(at token.Position, format string, args ...any) {
	m.problems = append(m.problems, m.problem(at, fmt.Sprintf(format, args...)))
}

// warn keeps something that is odd but in nobody's way.
func (m *module) warn(at token.Position, format string, args ...any) {
	m.warnings = append(m.warnings, m.problem(at, fmt.Sprintf(format, args...)))
}

func (m *module) problem(at token.Position, message string) Problem {
	if f := m.lentAt(at.Filename); f != nil {
		_, pos := f.lender()
		message += " (" + m.where(at) + ", which " + f.dir + " lends)"
		at = m.at(pos)
	}
	return Problem{File: m.relative(at.Filename), Line: max(at.Line, 1), Message: message}
}

// err returns all problems, each once, or nil.
func (m *module) err() error {
	if len(m.problems) == 0 {
		m.problems = m.doubts
	}
	if len(m.problems) == 0 {
		return nil
	}
	return &Error{Problems: inOrder(m.problems)}
}

// inOrder returns the problems by file and line, each once.
func inOrder(problems []Problem) []Problem {
	slices.SortFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(problems)
}

// at returns the position of pos in a file that was parsed here.
func (m *module) at(pos token.Pos) token.Position { return m.fset.Position(pos) }

// where returns a position as messages show it: "functions/a/a.go:7".
func (m *module) where(at token.Position) string {
	return fmt.Sprintf("%s:%d", m.relative(at.Filename), max(at.Line, 1))
}

func (m *module) relative(file string) string {
	if filepath.IsAbs(file) {
		if o := m.originAt(file); o != nil {
			rel, _ := o.within(file)
			return m.shown(o, rel)
		}
		if rel, err := filepath.Rel(m.root, file); err == nil {
			file = rel
		}
	}
	// The compiler's export data, if it was told to trim paths.
	return strings.TrimPrefix(filepath.ToSlash(file), m.path+"/")
}

// originAt returns the module that a file is of, or nil. One may stand in a folder of
// another, as in vendor/.
func (m *module) originAt(file string) (at *origin) {
	for _, o := range m.origins {
		if _, ok := o.within(file); ok && (at == nil || len(o.root) > len(at.root)) {
			at = o
		}
	}
	return at
}
