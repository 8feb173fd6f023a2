// Package schema is the database as it shall be: schema.hcl, embedded in the
// binary. Package migrate makes a database so; this one only tells whether that
// has been done, without what planning takes.
package schema

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/fault"
)

//go:embed schema.hcl
var hcl []byte

// HCL returns schema.hcl.
func HCL() []byte { return hcl }

// Digest returns the SHA-256 of schema.hcl in hex.
func Digest() string {
	sum := sha256.Sum256(hcl)
	return hex.EncodeToString(sum[:])
}

// ErrBehind says that a database does not have this binary's schema yet.
var ErrBehind = fault.New(fault.Unavailable, "The database has not been migrated: run `router migrate`.")

// InStep returns nil if this binary's schema has been applied to the database at
// url, [ErrBehind] if it has not, and fault.Unavailable if the database does not
// answer. It asks one question over a connection of its own and plans nothing.
// See [InStepOn] for what to ask often.
//
// A later schema may have been applied since: while a release is rolled out, the
// replicas of the one before it go on serving.
func InStep(ctx context.Context, url string) error {
	d, err := db.Open(ctx, config.Database{URL: config.Secret(url)})
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	return InStepOn(ctx, d)
}

// InStepOn is [InStep] for a database that is open already.
func InStepOn(ctx context.Context, d *db.DB) error {
	var applied bool
	err := d.QueryRow(ctx, `SELECT EXISTS (SELECT FROM switchyard_internal.migration WHERE digest = $1)`,
		pgx.QueryExecModeExec, Digest()).Scan(&applied)
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
