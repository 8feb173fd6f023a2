package schema

import (
	"strings"

	"switchyard/internal/lazy"
)

// Advice for those who bring files from elsewhere.
const (
	transactionAdvice = "the router runs each file in a transaction of its own: remove this statement"
	copyAdvice        = "rows after COPY … FROM stdin can only be read by psql: write INSERT statements"
	indexAdvice       = "an index that is built beside writers cannot be in an SQL file, which runs in a transaction: write it as a block index of its table in HCL; the router builds it with CONCURRENTLY"
)

var (
	sqlComment  = lazy.Regexp{Source: `(?s)/\*.*?\*/|--[^\n]*`}
	copyIn      = lazy.Regexp{Source: `(?i)^\s*COPY\s.*\sFROM\s+STDIN\b`}
	transaction = lazy.Regexp{Source: `^(BEGIN|START TRANSACTION|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|PREPARE TRANSACTION)\b`}
	concurrent  = lazy.Regexp{Source: `^(CREATE (UNIQUE )?INDEX|DROP INDEX|REINDEX\b.*) CONCURRENTLY\b`}
	detached    = lazy.Regexp{Source: `^ALTER TABLE\b.* DETACH PARTITION\b.* CONCURRENTLY\b`}
	alone       = lazy.Regexp{Source: `^(VACUUM|CREATE DATABASE|DROP DATABASE|ALTER SYSTEM|CREATE TABLESPACE|DROP TABLESPACE|CREATE SUBSCRIPTION|CLUSTER$)`}
	session     = lazy.Regexp{Source: `^(SET (?:SESSION )?|RESET |DISCARD |SELECT (?:PG_CATALOG\.)?SET_CONFIG\()`}
	dataWord    = lazy.Regexp{Source: `^(UPDATE|DELETE|INSERT|WITH)\b`}
	typeWord    = lazy.Regexp{Source: `^(?:(?:CREATE|ALTER)(?: OR REPLACE)?|COMMENT ON) (?:EXTENSION|DOMAIN|TYPE|COLLATION|SCHEMA|SEQUENCE|FUNCTION|PROCEDURE|ROUTINE|CAST|OPERATOR|AGGREGATE)\b`}
)

// plainSQL returns a statement in capitals, without comments and line ends.
func plainSQL(sql string) string {
	text := strings.ToUpper(strings.Join(strings.Fields(sqlComment.Get().ReplaceAllString(sql, " ")), " "))
	return strings.TrimSpace(strings.TrimSuffix(text, ";"))
}

// forTables reports whether a statement makes what tables may need.
func forTables(sql string) bool { return typeWord.Get().MatchString(plainSQL(sql)) }

// checkStatement reports what cannot run in a transaction, or not here at all.
func (r *reader) checkStatement(s Statement) {
	text := plainSQL(s.SQL)
	switch {
	case strings.HasPrefix(text, `\`):
		r.report(s.Line, "%s is a command of psql, not SQL: write what it would do, or what the other file has", firstLine(s.SQL))
	case transaction.Get().MatchString(text):
		r.report(s.Line, "%s: %s", firstLine(s.SQL), transactionAdvice)
	case copyIn.Get().MatchString(text):
		r.report(s.Line, "%s", copyAdvice)
	case concurrent.Get().MatchString(text):
		r.report(s.Line, "%s", indexAdvice)
	case alone.Get().MatchString(text), detached.Get().MatchString(text):
		r.report(s.Line, "%s cannot run in a transaction, in which the router runs a file: run it by hand", firstLine(s.SQL))
	case session.Get().MatchString(text) && !strings.HasPrefix(text, "SET LOCAL "):
		r.report(s.Line, "%s would outlast the file: write SET LOCAL, or the name with its schema", firstLine(s.SQL))
	case r.Repeat && !dataWord.Get().MatchString(text):
		r.report(s.Line, "%s cannot be repeated until it changes no row, as -- +batches says: such a file has UPDATE, DELETE, INSERT and WITH alone; write the rest into another file", firstLine(s.SQL))
	}
}

// firstLine returns what a statement begins with, as a problem quotes it.
func firstLine(sql string) string {
	line, _, _ := strings.Cut(sql, "\n")
	words := strings.Fields(line)
	const most = 4
	if len(words) > most {
		return strings.Join(words[:most], " ") + " …"
	}
	return strings.TrimSuffix(strings.Join(words, " "), ";")
}
