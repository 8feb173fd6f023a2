// Package plan works out the statements that make a database as a schema says, what each
// of them means for the rows and for the releases that run, and in which order and how
// they run so that nobody waits for them. It needs no database: its input says what the
// database holds, what it shall hold, and which releases run.
package plan

// Class says what a statement means for those who use the database.
type Class string

// The classes, the worst last.
const (
	Safe        Class = "safe"        // nobody notices
	Slow        Class = "slow"        // it holds others up for longer than a moment
	Breaking    Class = "breaking"    // a release that lives cannot go on with it
	Losing      Class = "losing"      // data, or what somebody made by hand, is lost
	Unsupported Class = "unsupported" // it is not done: Why says what to do instead
)

// Step is one statement of a plan.
type Step struct {
	SQL    string
	Class  Class
	Object string // "orders", "orders.note"; with the PostgreSQL schema if that is not public
	Why    string // a sentence, without a full stop; "" if there is nothing to say
	// Allow is the consent without which the step does not run: "drop:orders.note"; "" if it
	// needs none.
	Allow string
	// Given says that the consent was given.
	Given bool
	File  string // that says so, as schema.File has it; "" if none does
	Way   Way
	// Group is the transaction in which the step runs, together with its neighbours of the
	// same number; 0 is one of its own. Only steps of Way Once have groups.
	Group int
	// Undo is run if the step fails, so that half of it does not stay: it drops an invalid
	// index, say. "" if there is nothing to undo.
	Undo string
	// Batch says how a step of Way Batches goes through its table; nil for other steps.
	Batch *Batch
	// Script is the SQL file that the step runs, whose name is File; nil for other steps.
	Script *Script
}

// Way is how a statement runs.
type Way int

const (
	// Once runs it in a transaction that waits for locks for a moment only, and is tried again.
	Once Way = iota
	// Alone runs it outside of a transaction, as CREATE INDEX CONCURRENTLY must run. It waits
	// for others, and nobody waits for it.
	Alone
	// Batches runs it many times, each time on a part of the table.
	Batches
)

// Batch fills a column, a range of pages at a time.
type Batch struct {
	Table string // quoted
	Set   string // "\"code\" = gen_random_uuid()"
	Where string // which rows still need it: "\"code\" IS NULL"
}

// Script is an SQL file, to be run once.
type Script struct {
	Name   string // by which the record of migrations knows it: "010_views.sql"
	Digest string
	Before bool // the tables
	// Statements are those of the file, in order.
	Statements []string
	// Checks are SQL expressions that are true once the file is in place.
	Checks []string
	// Repeat says that each statement is run until it changes no row: a data step.
	Repeat bool
}
