package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/auth/betterauth/internal/seal"
)

// AddVerification adds a value that can be fetched by its identifier until
// expiresAt.
func (q Queries) AddVerification(ctx context.Context, identifier, value string, now, expiresAt time.Time) error {
	_, err := q.exec(ctx, "add a verification",
		`INSERT INTO verification (id, identifier, value, "expiresAt", "createdAt", "updatedAt") VALUES ($1, $2, $3, $4, $5, $5)`,
		seal.ID(), identifier, value, millis(expiresAt), millis(now))
	return err
}

// Verification returns the newest value with this identifier that has not expired.
func (q Queries) Verification(ctx context.Context, identifier string, now time.Time) (value string, ok bool, err error) {
	return one(ctx, q, "find a verification", pgx.RowTo[string],
		`SELECT value FROM verification WHERE identifier = $1 AND "expiresAt" >= $2 ORDER BY "createdAt" DESC, id LIMIT 1`,
		identifier, millis(now))
}

// TakeVerification is Verification, and deletes the identifier's rows: of several
// callers at once, one gets the value.
func (q Queries) TakeVerification(ctx context.Context, identifier string, now time.Time) (value string, ok bool, err error) {
	return one(ctx, q, "take a verification", pgx.RowTo[string],
		`WITH taken AS (DELETE FROM verification WHERE identifier = $1 RETURNING id, value, "expiresAt", "createdAt")
		SELECT value FROM taken WHERE "expiresAt" >= $2 ORDER BY "createdAt" DESC, id LIMIT 1`,
		identifier, millis(now))
}

// DeleteExpired deletes verifications that have expired.
func (q Queries) DeleteExpired(ctx context.Context, now time.Time) error {
	_, err := q.exec(ctx, "delete expired verifications", `DELETE FROM verification WHERE "expiresAt" < $1`, millis(now))
	return err
}
