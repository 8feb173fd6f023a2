package names_test

import (
	"strings"
	"testing"

	"switchyard/internal/names"
)

func parse(t *testing.T, text string) names.Names {
	t.Helper()
	var n names.Names
	if err := n.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSQL(t *testing.T) {
	t.Parallel()
	const (
		snake    = "snake_case"
		plural   = "snake_case,plural"
		explicit = `{"user": {"modelName": "people", "fields": {"email": "mail", "createdAt": "made"}}, "session": {"fields": {"createdAt": "began"}}}`
	)
	for _, tt := range []struct{ names, sql, want string }{
		{snake, `SELECT u.id, u."emailVerified" FROM "user" u WHERE u.email = $1`, `SELECT u.id, u."email_verified" FROM "user" u WHERE u.email = $1`},
		{snake, `DELETE FROM session WHERE "userId" = $1 -- "userId"`, `DELETE FROM session WHERE "user_id" = $1 -- "userId"`},
		{snake, `INSERT INTO "rateLimit" AS r (key, count) VALUES (r."lastRequest")`, `INSERT INTO "rate_limit" AS r (key, count) VALUES (r."last_request")`},
		{plural, `SELECT s."userId" FROM session s JOIN "user" u ON true`, `SELECT s."user_id" FROM "sessions" s JOIN "users" u ON true`},
		{plural, `SELECT 'session, "user"' FROM account`, `SELECT 'session, "user"' FROM "accounts"`},
		{explicit, `UPDATE "user" u SET email = $1, "updatedAt" = u."createdAt"`, `UPDATE "people" u SET "mail" = $1, "updatedAt" = u."made"`},
		{explicit, `SELECT s."createdAt", u."createdAt" FROM session s JOIN "user" u ON true`, `SELECT s."began", u."made" FROM session s JOIN "people" u ON true`},
		{explicit, `INSERT INTO "user" (email) VALUES ($1) ON CONFLICT (email) DO UPDATE SET email = excluded.email`, `INSERT INTO "people" ("mail") VALUES ($1) ON CONFLICT ("mail") DO UPDATE SET "mail" = excluded."mail"`},
		{explicit, `SELECT key.email, $1::email FROM api_key AS key JOIN "user" AS owner ON owner.email = key.name`, `SELECT key.email, $1::email FROM api_key AS key JOIN "people" AS owner ON owner."mail" = key.name`},
	} {
		n := parse(t, tt.names)
		for range 2 {
			if got := n.SQL(tt.sql); got != tt.want {
				t.Errorf("%s\ngot  %s\nwant %s", tt.sql, got, tt.want)
			}
		}
		if got := (names.Names{}).SQL(tt.sql); got != tt.sql {
			t.Errorf("without names: got %s", got)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"camelCase":                    {"want snake_case"},
		"snake_case plural":            {"want snake_case"},
		`{"user": "users"}`:            {"want JSON"},
		`{"user": {"table": "x"}}`:     {"want JSON"},
		`{} {}`:                        {"want JSON"},
		`{"member": {}, "invite": {}}`: {`no model "member"`, `no model "invite"`},
		`{"user": {"modelName": "auth.users", "fields": {"role": "r", "email": "e mail"}}}`: {
			`user.modelName is "auth.users"`, `no field "role"`, `user.fields.email is "e mail"`,
		},
		`{"user": {"modelName": "session"}}`:                         {"the tables of session and user have one name, session"},
		`{"user": {"fields": {"email": "name"}}}`:                    {"the columns of user.email and user.name have one name, name"},
		`{"account": {"fields": {"scope": "id"}}}`:                   {"the columns of account.id and account.scope have one name, id"},
		`{"user": {"modelName": "` + strings.Repeat("x", 64) + `"}}`: {"63 at most"},
	} {
		var n names.Names
		err := n.UnmarshalText([]byte(text))
		for _, w := range want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%s: got %v, want %q in it", text, err, w)
			}
		}
		if n != (names.Names{}) {
			t.Errorf("%s: got names besides the error", text)
		}
	}
}
