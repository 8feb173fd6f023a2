package db

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/shared/fault"
)

// unfit returns err as fault.Invalid if it says that PostgreSQL cannot hold a value, which
// then has to be one that somebody sent; nil if it says something else. What reads input refuses such
// values where they can recognize them, and name the place; unfit is for the others.
//
// See https://www.postgresql.org/docs/current/errcodes-appendix.html.
func unfit(err error) error {
	message := ""
	var refused *pgconn.PgError
	switch {
	case errors.As(err, &refused) && refused.Routine == cutShort:
		message = unfitCodes["22021"]
	case errors.As(err, &refused):
		message = unfitCodes[refused.Code]
	case outOfRange(err):
		message = unfitCodes["22003"]
	}
	if message == "" {
		return nil
	}
	return fault.New(fault.Invalid, "%s", message).Because(err)
}

// cutShort is where PostgreSQL finds that a message goes on behind its end. With
// default_query_exec_mode=simple_protocol values stand in the text of a statement, which ends
// at the first zero byte.
const cutShort = "pq_getmsgend"

// unfitCodes maps PostgreSQL's codes of such errors to messages for the sender of the value.
var unfitCodes = map[string]string{ //nolint:gochecknoglobals // a table
	"22001": "A text is longer than can be kept.",
	"22003": "A number is out of range.",
	"22007": "A date or time is not one that can be kept.",
	"22008": "A date or time is out of range.",
	"22021": "A text is not UTF-8, or has a zero byte.",
	"22P02": "A value is not of the form that it has to be.",
	"22P05": "A text has a character that cannot be kept, such as a zero byte.",
	"54000": "A value is longer than can be kept.", // an index has no room for it
}

// outOfRange reports whether err is pgx's for an integer that a column has no room for,
// which has no type.
func outOfRange(err error) bool {
	text := err.Error()
	return strings.Contains(text, "failed to encode args[") &&
		(strings.Contains(text, " is greater than maximum value for ") || strings.Contains(text, " is less than minimum value for "))
}
