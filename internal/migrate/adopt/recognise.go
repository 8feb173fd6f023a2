package adopt

import (
	"fmt"
	"strings"

	"switchyard/internal/migrate/snapshot"
)

// plugins are those of Better Auth that keep something, each with what it adds: tables, and
// columns of others. The names are those that Better Auth gives unless told otherwise.
var plugins = []struct { //nolint:gochecknoglobals // a constant
	name    string
	tables  []string
	columns []string // "user.banned"
}{
	{"two-factor", []string{"twoFactor"}, []string{"user.twoFactorEnabled"}},
	{"admin", nil, []string{"user.banned", "session.impersonatedBy"}},
	{"organization", []string{"organization", "member", "invitation"}, []string{"session.activeOrganizationId"}},
	{"organization's teams", []string{"team", "teamMember"}, nil},
	{"passkey", []string{"passkey"}, nil},
	{"api-key", []string{"apikey"}, nil},
	{"username", nil, []string{"user.username"}},
	{"phone-number", nil, []string{"user.phoneNumber"}},
	{"anonymous", nil, []string{"user.isAnonymous"}},
	{"jwt", []string{"jwks"}, nil},
	{"device-authorization", []string{"deviceCode"}, nil},
	{"siwe", []string{"walletAddress"}, nil},
	{"sso", []string{"ssoProvider"}, nil},
	{"oidc-provider", []string{"oauthApplication"}, nil},
	{"stripe", nil, []string{"user.stripeCustomerId"}},
	{"last-login-method", nil, []string{"user.lastLoginMethod"}},
}

// tools are the programs that keep a record of their migrations in a table.
var tools = map[string]string{ //nolint:gochecknoglobals // a constant
	"_prisma_migrations":     "Prisma",
	"__drizzle_migrations":   "Drizzle",
	"goose_db_version":       "goose",
	"schema_migrations":      "golang-migrate, Rails or dbmate",
	"flyway_schema_history":  "Flyway",
	"knex_migrations":        "Knex",
	"kysely_migration":       "Kysely",
	"alembic_version":        "Alembic",
	"django_migrations":      "Django",
	"atlas_schema_revisions": "Atlas",
}

// recognise says whose tables those of s are.
func recognise(s snapshot.Snapshot) (said []string) {
	for _, t := range s.Tables {
		if tool, ok := tools[t.Name.Name]; ok {
			said = append(said, fmt.Sprintf("%s is the record of %s: keep it as long as that migrates this database too, which two should not do at once", t.Name, tool))
		}
	}
	return append(said, betterAuth(s)...)
}

// betterAuth says what of s Better Auth has made.
func betterAuth(s snapshot.Snapshot) (said []string) {
	user, session, account := core(s, "email", "emailVerified"), core(s, "token", "expiresAt", "userId"), core(s, "providerId", "accountId", "userId")
	if user == nil || session == nil || account == nil {
		return nil
	}
	said = append(said, fmt.Sprintf("Better Auth's tables: users in %s, sessions in %s, accounts in %s", user.Name, session.Name, account.Name))
	for i, t := range []*snapshot.Table{user, session, account} {
		if want := [...]string{"user", "session", "account"}[i]; t.Name != (snapshot.Name{Schema: "public", Name: want}) {
			said = append(said, fmt.Sprintf("%s stands where Switchyard expects the table %s", t.Name, want))
		}
		if t.Column("email_verified") != nil || t.Column("user_id") != nil {
			said = append(said, fmt.Sprintf("%s has its columns in snake_case, where Switchyard expects Better Auth's own names", t.Name))
		}
	}
	return append(said, extras(s, user, session, account)...)
}

// extras says what plugins and versions of Better Auth have added.
func extras(s snapshot.Snapshot, user, session, account *snapshot.Table) (said []string) {
	of := map[string]*snapshot.Table{"user": user, "session": session}
	var found []string
	for _, p := range plugins {
		is := false
		for _, name := range p.tables {
			is = is || tableNamed(s, name)
		}
		for _, column := range p.columns {
			table, name, _ := strings.Cut(column, ".")
			is = is || has(of[table], name)
		}
		if is {
			found = append(found, p.name)
		}
	}
	if found != nil {
		said = append(said, "Better Auth's plugins "+strings.Join(found, ", ")+": their tables and columns are kept, and served by a Better Auth server alone")
	}
	if has(user, "banned") || has(user, "twoFactorEnabled") {
		said = append(said, "users who are banned, or have a second factor, are refused sign-in by Switchyard as long as user.banned and user.twoFactorEnabled are there (docs/auth.md)")
	}
	if has(account, "issuer") {
		said = append(said, "account.issuer is of Better Auth 1.7.0 to 1.7.2: Switchyard fills it in as they do")
	}
	return said
}

// core returns the first table that has the columns, in camelCase or snake_case.
func core(s snapshot.Snapshot, columns ...string) *snapshot.Table {
	for i := range s.Tables {
		all := true
		for _, c := range columns {
			all = all && has(&s.Tables[i], c)
		}
		if all {
			return &s.Tables[i]
		}
	}
	return nil
}

// has reports whether t has the column, in camelCase or snake_case.
func has(t *snapshot.Table, column string) bool {
	return t.Column(column) != nil || t.Column(snake(column)) != nil
}

func tableNamed(s snapshot.Snapshot, name string) bool {
	for _, t := range s.Tables {
		if singular := strings.TrimSuffix(t.Name.Name, "s"); t.Name.Name == name || singular == name || singular == snake(name) || t.Name.Name == snake(name) {
			return true
		}
	}
	return false
}

// snake returns a name in camelCase as one in snake_case.
func snake(camel string) string {
	var b strings.Builder
	for _, r := range camel {
		if 'A' <= r && r <= 'Z' {
			b.WriteByte('_')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
