//go:build !switchyard_nodb

package parts

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/fault"
)

// ErrBehind says that a database does not have this binary's schema yet.
var ErrBehind = fault.New(fault.Unavailable, "The database has not been migrated: run `router migrate`.")

func inStep() func(ctx context.Context, url, digest string) error { return checkSchema }

// checkSchema returns nil if the schema with this digest has been applied to the database at
// url, [ErrBehind] if it has not, and fault.Unavailable if the database does not answer. It
// asks one question over a connection of its own and plans nothing: package migrate, which
// keeps the record that is asked here, would link Atlas.
//
// A later schema may have been applied since: while a release is rolled out, the
// replicas of the one before it go on serving.
func checkSchema(ctx context.Context, url, digest string) error {
	d, err := db.Open(ctx, config.Database{URL: config.Secret(url)})
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	var applied bool
	err = d.QueryRow(ctx, `SELECT EXISTS (SELECT FROM switchyard_internal.migration WHERE digest = $1)`,
		pgx.QueryExecModeExec, digest).Scan(&applied)
	var missing *pgconn.PgError
	switch {
	case errors.As(err, &missing) && (missing.Code == "42P01" || missing.Code == "3F000"): // no such table, or schema
		return ErrBehind
	case err != nil:
		return fmt.Errorf("look for the applied schema: %w", err)
	case !applied:
		return ErrBehind
	}
	return nil
}
