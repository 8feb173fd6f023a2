package parts_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/migrate"
	"switchyard/router/internal/app/parts"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/fault"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestInStep(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	err := parts.All().InStep(t.Context(), url, dbtest.Schema(t).Digest())
	if !errors.Is(err, parts.ErrBehind) || !strings.Contains(err.Error(), "router migrate") {
		t.Errorf("never migrated: got %v, want ErrBehind, which says what to run", err)
	}
	if _, err := migrate.Apply(t.Context(), url, dbtest.Schema(t), migrate.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := parts.All().InStep(t.Context(), url, dbtest.Schema(t).Digest()); err != nil {
		t.Errorf("migrated: got %v, want nil", err)
	}

	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	later := `INSERT INTO switchyard_internal.migration (duration, digest, statements) VALUES ('0', 'later', '{}')`
	if _, err := conn.Exec(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	if err := parts.All().InStep(t.Context(), url, dbtest.Schema(t).Digest()); err != nil {
		t.Errorf("a later release migrated: got %v, want nil", err)
	}
	if _, err := conn.Exec(t.Context(), `DELETE FROM switchyard_internal.migration WHERE digest <> 'later'`); err != nil {
		t.Fatal(err)
	}
	if err := parts.All().InStep(t.Context(), url, dbtest.Schema(t).Digest()); !errors.Is(err, parts.ErrBehind) {
		t.Errorf("only another schema was applied: got %v, want ErrBehind", err)
	}
}

func TestInStepServerDown(t *testing.T) {
	t.Parallel()
	err := parts.All().InStep(t.Context(), "postgres://nobody:geheim@127.0.0.1:1/none?sslmode=disable", dbtest.Schema(t).Digest())
	if !fault.Is(err, fault.Unavailable) || strings.Contains(err.Error(), "geheim") {
		t.Errorf("got %v, want fault.Unavailable without the password", err)
	}
}
