package adopt

import (
	"strings"
	"testing"

	"switchyard/internal/migrate/snapshot"
)

// table returns a table of the schema public.
func table(name string, columns ...string) snapshot.Table {
	t := snapshot.Table{Name: snapshot.Name{Schema: "public", Name: name}}
	for _, c := range columns {
		t.Columns = append(t.Columns, snapshot.Column{Name: c, Type: "text"})
	}
	return t
}

// Better Auth's tables are known by their columns, whatever their names.
func TestRecogniseOtherNames(t *testing.T) {
	t.Parallel()
	said := strings.Join(recognise(snapshot.Snapshot{Tables: []snapshot.Table{
		table("_prisma_migrations", "id"),
		table("accounts", "id", "provider_id", "account_id", "user_id", "issuer"),
		table("sessions", "id", "token", "expires_at", "user_id", "active_organization_id"),
		table("two_factors", "id"),
		table("users", "id", "email", "email_verified", "banned"),
	}}), "\n")
	for _, want := range []string{
		"_prisma_migrations is the record of Prisma",
		"users in users, sessions in sessions, accounts in accounts",
		"users stands where Switchyard expects the table user",
		"users has its columns in snake_case",
		"plugins two-factor, admin, organization:",
		"are refused sign-in by Switchyard",
		"1.7.0 to 1.7.2",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
	if said := recognise(snapshot.Snapshot{Tables: []snapshot.Table{table("user", "id", "email")}}); said != nil {
		t.Errorf("another program's users: %q", said)
	}
}
