package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/auth"
	"switchyard/shared/fault"
)

// UserChange is what to change of a user. Nil fields stay as they are.
type UserChange struct {
	Name          *string
	Email         *string
	EmailVerified *bool
	Image         **string // a pointer to nil clears it
}

const userColumns = `u.id, u.name, u.email, u."emailVerified", u.image, u."createdAt", u."updatedAt"`

// userFields are where userColumns go.
func userFields(u *auth.User) []any {
	return []any{&u.ID, &u.Name, &u.Email, &u.EmailVerified, &u.Image, &u.CreatedAt, &u.UpdatedAt}
}

func userMillis(u auth.User) auth.User {
	u.CreatedAt, u.UpdatedAt = millis(u.CreatedAt), millis(u.UpdatedAt)
	return u
}

func scanUser(row pgx.CollectableRow) (auth.User, error) {
	var u auth.User
	err := row.Scan(userFields(&u)...)
	return userMillis(u), err
}

// UserByEmail returns the user with this address, which must be in lower case.
func (q Queries) UserByEmail(ctx context.Context, email string) (auth.User, bool, error) {
	return one(ctx, q, "find a user by address", scanUser,
		`SELECT `+userColumns+` FROM "user" u WHERE u.email = $1`, email)
}

// UserByID returns a user.
func (q Queries) UserByID(ctx context.Context, id string) (auth.User, bool, error) {
	return one(ctx, q, "find a user", scanUser, `SELECT `+userColumns+` FROM "user" u WHERE u.id = $1`, id)
}

// LockUser is UserByID, and keeps others from changing or deleting the user until
// the transaction ends.
func (q Queries) LockUser(ctx context.Context, id string) (auth.User, bool, error) {
	return one(ctx, q, "lock a user", scanUser, `SELECT `+userColumns+` FROM "user" u WHERE u.id = $1 FOR NO KEY UPDATE`, id)
}

// SignIn returns the user with this address, in lower case, and the hash of the
// password, "" if there is none.
func (q Queries) SignIn(ctx context.Context, email string) (u auth.User, hash string, ok bool, err error) {
	type credentials struct {
		user auth.User
		hash string
	}
	scan := func(row pgx.CollectableRow) (credentials, error) {
		var c credentials
		err := row.Scan(append(userFields(&c.user), &c.hash)...)
		return credentials{userMillis(c.user), c.hash}, err
	}
	// One row, even if somebody else's tables hold two passwords of a user.
	c, ok, err := one(ctx, q, "find a user's password", scan,
		`SELECT `+userColumns+`, coalesce(a.password, '') FROM "user" u
		LEFT JOIN account a ON a."userId" = u.id AND a."providerId" = $2 AND a."accountId" = u.id
		WHERE u.email = $1 ORDER BY a."createdAt", a.id LIMIT 1`, email, Credential)
	return c.user, c.hash, ok, err
}

// CreateUser adds u as it is. It is false if the address is taken.
func (q Queries) CreateUser(ctx context.Context, u auth.User) (bool, error) {
	u = userMillis(u)
	n, err := q.exec(ctx, "add a user",
		`INSERT INTO "user" (id, name, email, "emailVerified", image, "createdAt", "updatedAt")
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (email) DO NOTHING`,
		u.ID, u.Name, u.Email, u.EmailVerified, u.Image, u.CreatedAt, u.UpdatedAt)
	return n == 1, err
}

// UpdateUser changes a user and returns the result; false if the user is gone. An
// address that is taken fails with fault.Conflict, which ends a transaction.
func (q Queries) UpdateUser(ctx context.Context, id string, c UserChange, now time.Time) (auth.User, bool, error) {
	var image *string
	if c.Image != nil {
		image = *c.Image
	}
	u, ok, err := one(ctx, q, "change a user", scanUser,
		`UPDATE "user" u SET name = coalesce($2, u.name), email = coalesce($3, u.email),
			"emailVerified" = coalesce($4, u."emailVerified"),
			image = CASE WHEN $5::boolean THEN $6 ELSE u.image END, "updatedAt" = $7
		WHERE u.id = $1 RETURNING `+userColumns,
		id, c.Name, c.Email, c.EmailVerified, c.Image != nil, image, millis(now))
	if refused(err, uniqueViolation) {
		err = fault.New(fault.Conflict, "This e-mail address is taken.").Because(err)
	}
	return u, ok, err
}

// DeleteUser deletes a user, and with it sessions, accounts and keys. It is false
// if there was none.
func (q Queries) DeleteUser(ctx context.Context, id string) (bool, error) {
	n, err := q.exec(ctx, "delete a user", `DELETE FROM "user" WHERE id = $1`, id)
	return n == 1, err
}
