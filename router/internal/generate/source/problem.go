package source

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

// Report adds a problem, which [Module.Err] then returns.
func (m *Module) Report(at token.Position, format string, args ...any) {
	m.Problems = append(m.Problems, m.problem(at, fmt.Sprintf(format, args...)))
}

// Warn adds a warning: something odd that keeps nothing from being written.
func (m *Module) Warn(at token.Position, format string, args ...any) {
	m.Warnings = append(m.Warnings, m.problem(at, fmt.Sprintf(format, args...)))
}

func (m *Module) problem(at token.Position, message string) Problem {
	if folders := m.lentAt(at.Filename); len(folders) > 0 {
		var dirs []string // it may be wrong as one of them lends it, and right as the others do
		for _, f := range folders {
			dirs = append(dirs, f.Dir)
		}
		message += " (" + m.Where(at) + ", lent by " + strings.Join(dirs, " and ") + ")"
		_, pos := folders[0].lender()
		at = m.At(pos)
	}
	return Problem{File: m.Relative(at.Filename), Line: max(at.Line, 1), Message: message}
}

// Err returns all problems, each once, or nil.
func (m *Module) Err() error {
	if len(m.Problems) == 0 {
		m.Problems = m.doubts
	}
	if len(m.Problems) == 0 {
		return nil
	}
	return &Error{Problems: InOrder(m.Problems)}
}

// InOrder returns the problems by file and line, each once.
func InOrder(problems []Problem) []Problem {
	slices.SortFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(problems)
}

// At returns the position of pos in a file that was parsed here.
func (m *Module) At(pos token.Pos) token.Position { return m.fset.Position(pos) }

// Names returns the names of the files of f.
func (m *Module) Names(f *Folder) []string {
	names := make([]string, len(f.Files))
	for i, file := range f.Files {
		names[i] = m.fset.File(file.Package).Name()
	}
	return names
}

// Where returns a position as messages show it: "functions/a/a.go:7".
func (m *Module) Where(at token.Position) string {
	return fmt.Sprintf("%s:%d", m.Relative(at.Filename), max(at.Line, 1))
}

// Relative returns the name of a file as messages show it: below the root of its module. If that is
// another module than this one, its path stands before the name.
func (m *Module) Relative(file string) string {
	if filepath.IsAbs(file) {
		if o := m.originAt(file); o != nil {
			rel, _ := o.within(file)
			return m.Shown(o, rel)
		}
		if rel, err := filepath.Rel(m.Root, file); err == nil {
			file = rel
		}
	}
	// The compiler's export data, if it was told to trim paths.
	return strings.TrimPrefix(filepath.ToSlash(file), m.Path+"/")
}

// originAt returns the module that a file is of, or nil. One may stand in a folder of
// another, as in vendor/.
func (m *Module) originAt(file string) (at *Origin) {
	for _, o := range m.Origins {
		if _, ok := o.within(file); ok && (at == nil || len(o.Root) > len(at.Root)) {
			at = o
		}
	}
	return at
}
