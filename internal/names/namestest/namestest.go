// Package namestest gives tests databases that call Better Auth's tables and columns
// otherwise.
package namestest

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/names"
	"switchyard/shared/db"
)

// Parse returns the names that text says.
func Parse(tb testing.TB, text string) names.Names {
	tb.Helper()
	var n names.Names
	if err := n.UnmarshalText([]byte(text)); err != nil {
		tb.Fatal(err)
	}
	return n
}

// Rename gives the tables of d, which has Better Auth's own names, and their columns the
// names of n.
func Rename(tb testing.TB, d *db.DB, n names.Names) {
	tb.Helper()
	rows, err := d.Query(tb.Context(), `SELECT table_name, column_name FROM information_schema.columns
		WHERE table_schema = 'public' ORDER BY table_name`)
	if err != nil {
		tb.Fatal(err)
	}
	type place struct{ Table, Column string }
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[place])
	if err != nil {
		tb.Fatal(err)
	}
	run := func(table, what, from, to string) {
		if from == to {
			return
		}
		quoted := func(name string) string { return pgx.Identifier{name}.Sanitize() }
		if what != "" {
			what += " " + quoted(from)
		}
		if _, err := d.Exec(tb.Context(), "ALTER TABLE "+quoted(table)+" RENAME "+what+" TO "+quoted(to)); err != nil {
			tb.Fatal(err)
		}
	}
	tables := map[string]string{}
	for _, p := range all {
		if table, ok := n.Table(p.Table); ok {
			run(p.Table, "COLUMN", p.Column, n.Column(p.Table, p.Column))
			tables[p.Table] = table
		}
	}
	for from, to := range tables {
		run(from, "", from, to)
	}
}

// Everything renames all that can be renamed, with a name of its own for each.
const Everything = `{
	"user": {"modelName": "people", "fields": {"name": "u_name", "email": "u_email", "emailVerified": "u_verified", "image": "u_image",
		"createdAt": "u_made", "updatedAt": "u_changed", "twoFactorEnabled": "u_two", "banned": "u_banned", "banExpires": "u_until"}},
	"session": {"modelName": "logins", "fields": {"expiresAt": "s_ends", "token": "s_token", "createdAt": "s_made", "updatedAt": "s_changed",
		"ipAddress": "s_ip", "userAgent": "s_agent", "userId": "s_user"}},
	"account": {"modelName": "ways", "fields": {"accountId": "a_account", "providerId": "a_provider", "userId": "a_user", "accessToken": "a_access",
		"refreshToken": "a_refresh", "idToken": "a_id", "accessTokenExpiresAt": "a_access_ends", "refreshTokenExpiresAt": "a_refresh_ends",
		"scope": "a_scope", "password": "a_hash", "createdAt": "a_made", "updatedAt": "a_changed", "issuer": "a_issuer"}},
	"verification": {"modelName": "proofs", "fields": {"identifier": "v_of", "value": "v_value", "expiresAt": "v_ends", "createdAt": "v_made", "updatedAt": "v_changed"}},
	"rateLimit": {"modelName": "rates", "fields": {"key": "r_key", "count": "r_count", "lastRequest": "r_last"}}
}`
