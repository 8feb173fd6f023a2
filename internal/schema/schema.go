// Package schema reads the description of a database: tables in Atlas's HCL, and SQL files
// for what HCL cannot say. What it does not understand, it refuses with file and line. It
// needs no database.
package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Source is the database as it shall be, in Atlas's HCL for PostgreSQL and in SQL files:
// one file after another, each after a line that names it, as [Join] writes it.
//
//	// ==> shared/mail/schema.hcl
//	-- ==> schema/sql/010_views.sql
//
// A block schema may stand in several files. A table has one place; a block table that
// does not say its schema adds columns, indexes and rules to the table of another file:
//
//	table "user" {
//	  column "nickname" {
//	    type = text
//	    null = true
//	  }
//	}
type Source string

// What begins the line that names a file: a comment in HCL, and one in SQL.
const (
	mark    = "// ==> "
	sqlMark = "-- ==> "
)

// File is a part of a schema.
type File struct {
	Name string // in the module it comes from: "shared/mail/schema.hcl"
	Text string
}

// IsSQL reports whether f is an SQL file; else it is HCL.
func (f File) IsSQL() bool { return strings.HasSuffix(f.Name, ".sql") }

// marked returns the name of the file that a line begins.
func marked(line string) (name string, ok bool) {
	for _, m := range []string{mark, sqlMark} {
		if name, ok := strings.CutPrefix(line, m); ok {
			return strings.TrimSpace(name), true
		}
	}
	return "", false
}

// Join returns the schema that consists of files.
func Join(files []File) Source {
	var b strings.Builder
	for i, f := range files {
		if i > 0 {
			b.WriteString("\n")
		}
		m := mark
		if f.IsSQL() {
			m = sqlMark
		}
		b.WriteString(m + f.Name + "\n")
		for line := range strings.Lines(strings.TrimRight(f.Text, "\n") + "\n") {
			if _, ok := marked(line); ok {
				line = " " + line // a comment that is no mark
			}
			b.WriteString(line)
		}
	}
	return Source(b.String())
}

// Files returns the files that s consists of. What stands before the first mark is
// called "schema.hcl".
func (s Source) Files() []File {
	files := []File{{Name: "schema.hcl"}}
	begins, at := 0, 0
	for line := range strings.Lines(string(s)) {
		if name, ok := marked(line); ok {
			files[len(files)-1].Text = string(s[begins:at])
			files = append(files, File{Name: name})
			begins = at + len(line)
		}
		at += len(line)
	}
	files[len(files)-1].Text = string(s[begins:])
	if strings.TrimSpace(files[0].Text) == "" {
		return files[1:]
	}
	return files
}

// Digest returns the SHA-256 of s in hexadecimal digits. The record of migrations names s by it.
func (s Source) Digest() string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// Check returns a *[Error] if s cannot be read, or makes no sense. It uses no database, and so
// cannot tell whether an SQL expression is right.
func (s Source) Check() error {
	_, hclErr := s.Realm()
	_, sqlErr := s.Scripts()
	return wrong(append(problemsOf(hclErr), problemsOf(sqlErr)...))
}
