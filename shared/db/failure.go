package db

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/shared/fault"
)

// failure returns err, which comes from pgx, as fault.Unavailable if it says that
// the server could not be reached or went away, as fault.Invalid if it says that a
// value cannot be held, and as it is otherwise.
func failure(err error) error {
	if err == nil {
		return nil
	}
	if invalid := unfit(err); invalid != nil {
		return invalid
	}
	if unreachable(err) {
		return unavailable(err)
	}
	return err
}

// noConnection is failure for the attempt to get a connection, where running out
// of time means that there was none to be had. A fault is one already.
func noConnection(err error) error {
	if _, said := errors.AsType[*fault.Error](err); said {
		return err
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, pgconn.ErrReadOnlyConnection) {
		return unavailable(err)
	}
	return failure(err)
}

func unavailable(err error) error {
	if isReadOnly(err) {
		return fault.New(fault.Unavailable, "The database takes no writes at the moment.").Because(err)
	}
	return fault.New(fault.Unavailable, "The database does not answer.").Because(err)
}

func unreachable(err error) bool {
	var connecting *pgconn.ConnectError
	var refused *pgconn.PgError
	var network net.Error
	switch {
	case errors.Is(err, context.Canceled): // the caller hung up
		return false
	case errors.As(err, &connecting):
		return true
	case errors.Is(err, context.DeadlineExceeded): // a query that took too long
		return false
	case errors.As(err, &refused):
		// Connection trouble; shut down or starting; all its connections taken.
		// Or nothing can be written any more, in a transaction that was not begun so.
		return strings.HasPrefix(refused.Code, "08") || strings.HasPrefix(refused.Code, "57P") ||
			refused.Code == "53300" || refused.Code == readOnlyCode
	}
	return errors.As(err, &network) || errors.Is(err, pgconn.ErrConnClosed) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}
