package apply

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/internal/lazy"
	"switchyard/shared/fault"
)

var quoted = lazy.Regexp{Source: `(?s)".*"`}

// clean returns err without what may hold values of rows: of PostgreSQL's error the details,
// and of its message what it quotes if it is about data.
func clean(err error) error {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return err
	}
	c := &pgconn.PgError{
		Severity: refused.Severity, Code: refused.Code, Message: refused.Message,
		SchemaName: refused.SchemaName, TableName: refused.TableName, ColumnName: refused.ColumnName, ConstraintName: refused.ConstraintName,
	}
	switch {
	case strings.HasPrefix(c.Code, "22"):
		c.Message = quoted.Get().ReplaceAllString(c.Message, `"…"`)
	case c.Code == "P0001":
		c.Message = "the SQL raised an exception; its text is not shown, because it may hold values: run it by hand to see it"
	}
	return c
}

// explain returns the error of something that was attempted.
func explain(attempt string, err error) error {
	var refused *pgconn.PgError
	var known *fault.Error
	switch {
	case errors.As(err, &known), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case !errors.As(err, &refused), strings.HasPrefix(refused.Code, "57P"), strings.HasPrefix(refused.Code, "08"):
		return fault.New(fault.Unavailable, "%s: the connection to the database was lost. Migrate again: it goes on where it was", attempt).Because(clean(err))
	case refused.Code == "57014":
		return fault.New(fault.Unavailable, "%s: somebody has cancelled it. Migrate again: it goes on where it was", attempt).Because(clean(err))
	}
	return fault.New(fault.Conflict, "%s", attempt).Because(clean(err))
}
