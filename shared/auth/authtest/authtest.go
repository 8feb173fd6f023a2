// Package authtest gives tests users, and contexts in which they call.
package authtest

import (
	"context"
	"crypto/rand"
	"strconv"
	"strings"
	"testing"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/db"
)

// User adds a user to d, with an address that nobody else has, and returns it.
func User(tb testing.TB, d *db.DB) auth.User {
	tb.Helper()
	id := rand.Text()
	now := time.Now().UTC().Truncate(time.Millisecond)
	u := auth.User{
		ID: id, Name: "Ada", Email: strings.ToLower(id) + "@example.com", EmailVerified: true, CreatedAt: now, UpdatedAt: now,
	}
	_, err := d.Exec(tb.Context(), `INSERT INTO "user" (id, name, email, "emailVerified", "createdAt", "updatedAt") VALUES ($1, $2, $3, $4, $5, $6)`,
		u.ID, u.Name, u.Email, u.EmailVerified, u.CreatedAt, u.UpdatedAt)
	if err != nil {
		tb.Fatal(err)
	}
	return u
}

// Delete removes the user's row from d, as if another program had deleted the account. Anything
// else that goes with it, the database removes.
func Delete(tb testing.TB, d *db.DB, u auth.User) {
	tb.Helper()
	if _, err := d.Exec(tb.Context(), `DELETE FROM "user" WHERE id = $1`, u.ID); err != nil {
		tb.Fatal(err)
	}
}

// Ban bans u, as Better Auth's plugin admin does, or lifts the ban. It adds the plugin's columns
// to d.
func Ban(tb testing.TB, d *db.DB, u auth.User, banned bool) {
	tb.Helper()
	for _, sql := range []string{
		`ALTER TABLE "user" ADD COLUMN IF NOT EXISTS banned boolean, ADD COLUMN IF NOT EXISTS "banExpires" timestamptz`,
		`UPDATE "user" SET banned = ` + strconv.FormatBool(banned) + ` WHERE id = '` + u.ID + `'`,
	} {
		if _, err := d.Exec(tb.Context(), sql); err != nil {
			tb.Fatal(err)
		}
	}
}

// As returns the test's context, in which u is the one who calls.
func As(tb testing.TB, u auth.User) context.Context {
	tb.Helper()
	return auth.With(tb.Context(), u, auth.Session{})
}
