package uses

import "strings"

// reserved are the words that are a name only in quotation marks or after a dot.
//
// See https://www.postgresql.org/docs/current/sql-keywords-appendix.html.
//
//nolint:gochecknoglobals // a table
var reserved = set(`
	all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate
	collation column concurrently constraint create cross current_catalog current_date current_role current_schema
	current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch for
	foreign freeze from full grant group having ilike in initially inner intersect into is isnull join lateral
	leading left like limit localtime localtimestamp natural not notnull null offset on only or order outer overlaps
	placing primary references returning right select session_user similar some symmetric system_user table
	tablesample then to trailing true union unique user using variadic verbose when where window with`)

// verbs are words with which a statement begins.
//
//nolint:gochecknoglobals // a table
var verbs = set(`
	alter analyze call copy create declare delete do drop explain insert lock merge refresh select table truncate
	update values vacuum with`)

// heads are words after which a table is named.
//
//nolint:gochecknoglobals // a table
var heads = set(`from into join update only table`)

// notAliases are words, beside those that are reserved, that may follow the name of a table
// and are no other name of it.
//
//nolint:gochecknoglobals // a table
var notAliases = set(`set values skip nowait add drop rename alter`)

func set(words string) map[string]bool {
	all := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		all[w] = true
	}
	return all
}
