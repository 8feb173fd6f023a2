package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"slices"
	"strings"

	"ariga.io/atlas/sql/migrate"

	"switchyard/internal/lazy"
)

// Script is an SQL file, for what HCL cannot say: schema/sql/010_views.sql. It runs once.
type Script struct {
	File string // as [File.Name]
	// Name is File without its folder, by which the record of migrations knows it.
	Name       string
	Number     string // what Name begins with, without zeros before it
	Text       string
	Digest     string // SHA-256 of Text, in hex
	Statements []Statement
	// Checks are SQL expressions that are true once the file is in place.
	Checks []string
	// Replaces are the names of earlier files in whose place this one stands: where they have not
	// run yet, they do not run any more, and this file makes what is still needed of them.
	Replaces []string
	// Before says that the file runs before the tables are made. Defaults to after that.
	Before bool
	// Repeat says that each statement is run until it changes no row.
	Repeat bool
}

// Statement is a statement of a [Script].
type Statement struct {
	SQL  string
	Line int // in the file, from 1
}

// scriptName is how the file of a [Script] is called.
var scriptName = lazy.Regexp{Source: `^0*(\d+)_[A-Za-z0-9_-]+\.sql$`}

// Scripts returns the SQL files of s, in order of their numbers. Its error is a
// *[Error].
func (s Source) Scripts() ([]Script, error) {
	var scripts []Script
	var problems []Problem
	files, names := map[string]string{}, map[string]bool{} // by number; of those before
	for _, f := range s.Files() {
		if !f.IsSQL() {
			continue
		}
		r := &reader{Script: Script{File: f.Name, Name: path.Base(f.Name), Text: strings.TrimRight(f.Text, " \t\r\n") + "\n"}}
		r.read()
		if other, ok := files[r.Number]; ok && r.Number != "" {
			r.report(1, "has the number of %s: the files run in the order of their numbers, so give it another one", other)
		}
		files[r.Number] = f.Name
		scripts, problems = append(scripts, r.Script), append(problems, r.problems...)
	}
	slices.SortFunc(scripts, func(a, b Script) int { return compareNumbers(a.Number, b.Number) })
	for _, script := range scripts {
		for _, name := range script.Replaces {
			if !names[name] {
				problems = append(problems, problemIn(script.File, 1, "-- +replaces %s: no SQL file before this one is called so", name))
			}
		}
		names[script.Name] = true
	}
	return scripts, wrong(problems)
}

// compareNumbers compares two numbers without zeros before them.
func compareNumbers(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// Statements returns the statements of an SQL file that is no [Script]: it may have any
// name. Its error is a *[Error].
func (f File) Statements() ([]Statement, error) {
	r := &reader{Script: Script{File: f.Name, Text: f.Text}}
	if r.split() {
		for _, s := range r.Statements {
			r.checkStatement(s)
		}
	}
	return r.Statements, wrong(r.problems)
}

// reader reads a script, and collects what is wrong with it.
type reader struct {
	Script
	problems        []Problem
	before, after   bool // are said
	commentsBetween []comment
}

func (r *reader) read() {
	sum := sha256.Sum256([]byte(r.Text))
	r.Digest = hex.EncodeToString(sum[:])
	m := scriptName.Get().FindStringSubmatch(r.Name)
	if m == nil {
		r.report(1, "an SQL file begins with its number: call it NNN_name.sql, as 010_%s", strings.TrimLeft(r.Name, "0123456789_-"))
	} else {
		r.Number = m[1]
	}
	if !r.split() {
		return
	}
	r.directives()
	if len(r.Statements) == 0 {
		r.report(1, "there is no statement in this file: write one, or remove the file")
	}
	for _, s := range r.Statements {
		r.checkStatement(s)
	}
	if !r.before && !r.after {
		r.Before = !r.Repeat && !slices.ContainsFunc(r.Statements, func(s Statement) bool { return !forTables(s.SQL) })
	}
}

func (r *reader) report(line int, format string, args ...any) {
	r.problems = append(r.problems, problemIn(r.File, line, format, args...))
}

// split finds the statements, and the comments between them. It reports whether it could.
func (r *reader) split() bool {
	// As Atlas's driver for PostgreSQL does it.
	scanner := migrate.Scanner{ScannerOptions: migrate.ScannerOptions{
		MatchBegin: true, MatchBeginAtomic: true, MatchDollarQuote: true, EscapedStringExt: true,
	}}
	found, err := scanner.Scan(r.Text)
	if err != nil {
		r.unreadable(err)
		return false
	}
	end := 0
	for _, s := range found {
		r.commentsBetween = append(r.commentsBetween, r.commentsIn(end, s.Pos)...)
		end = s.Pos + len(s.Text)
		if s.Text == ";" {
			continue
		}
		r.Statements = append(r.Statements, Statement{SQL: s.Text, Line: r.lineAt(s.Pos)})
	}
	r.commentsBetween = append(r.commentsBetween, r.commentsIn(end, len(r.Text))...)
	return true
}

// lineAt returns the number of the line in which a byte of the text stands.
func (r *reader) lineAt(pos int) int { return 1 + strings.Count(r.Text[:pos], "\n") }
