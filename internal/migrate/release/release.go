// Package release keeps which releases of a program live on a database and what of it each
// of them reads and writes, in the table switchyard_internal.release, so that a migration
// can be checked against them.
package release

import (
	"time"

	"switchyard/internal/migrate/snapshot"
)

// Release is a version of a program that runs.
type Release struct {
	ID     string // of the version: what stays the same over its replicas
	Digest string // of its schema, as schema.Source.Digest returns it
	Uses   Uses
	// SeenAt is when a replica of it last said that it lives, by the database's clock.
	SeenAt time.Time
}

// Uses is what a program's own SQL names of the database, as far as it stands in the
// source: SQL that is put together when it runs, out of other things than constants, is
// not known. It is written by the generator.
type Uses []Use

// Use is what a program does with a table.
type Use struct {
	Table   snapshot.Name `json:"table"`
	Columns []string      `json:"columns,omitempty"` // that it names anywhere beside the table, in order
	All     bool          `json:"all,omitempty"`     // some statement reads all columns: SELECT *, RETURNING *
	Inserts bool          `json:"inserts,omitempty"` // rows
	Updates bool          `json:"updates,omitempty"`
}

// Reads reports whether the program cannot go on without the column, or with another type
// of it.
func (u Uses) Reads(table snapshot.Name, column string) bool {
	for _, use := range u {
		if use.Table != table {
			continue
		}
		for _, c := range use.Columns {
			if c == column {
				return true
			}
		}
	}
	return false
}

// Writes reports whether the program inserts or updates rows of the table.
func (u Uses) Writes(table snapshot.Name) bool {
	for _, use := range u {
		if use.Table == table && (use.Inserts || use.Updates) {
			return true
		}
	}
	return false
}

// Names reports whether the program uses the table at all.
func (u Uses) Names(table snapshot.Name) bool {
	for _, use := range u {
		if use.Table == table {
			return true
		}
	}
	return false
}
