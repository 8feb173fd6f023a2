// Package program is a project as its catalog describes it to the programs that are made
// of it: the router, and packages of some functions.
package program

import (
	"switchyard/internal/event"
	"switchyard/router/internal/function"
	"switchyard/shared/fn"
)

// Program is everything that a program knows of its project.
type Program struct {
	// Project is what is shown of the project.
	Project fn.Project
	// Functions are those of the catalog, not built yet.
	Functions []function.Function
	// Events are all types of events; nil in a package, in which nothing lists them.
	Events event.Types
	// Schema is the database as it shall be: see package migrate. It is "" in a package,
	// which migrates nothing.
	Schema string
	// Digest is the SHA-256 of the whole project's schema, in hex.
	Digest string
	// Uses is what the SQL of the program names of the database: release.Uses as JSON, "" if
	// that is nothing. It is a text so that programs without a database link nothing for it.
	Uses string
}

// UsageError is what is wrong with how a program was started: it exits with 2.
type UsageError string

// Error returns the text.
func (e UsageError) Error() string { return string(e) }
