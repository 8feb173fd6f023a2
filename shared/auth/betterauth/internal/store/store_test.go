package store_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/names"
	"switchyard/internal/names/namestest"
	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth/internal/store"
	"switchyard/shared/auth/standing"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/fault"
)

// called is what the databases of the tests call their tables and columns.
var called names.Names //nolint:gochecknoglobals // set between the two runs

// TestMain runs all tests twice, the second time with everything renamed.
func TestMain(m *testing.M) {
	os.Exit(dbtest.Run(func() int {
		if code := m.Run(); code != 0 {
			return code
		}
		if err := called.UnmarshalText([]byte(namestest.Everything)); err != nil {
			panic(err)
		}
		return m.Run()
	}))
}

// now is a time with more digits than are kept, and stored is what is kept of it.
func now() time.Time {
	return time.Date(2026, 11, 23, 11, 30, 38, 578_999_999, time.FixedZone("east", 3600))
}

func stored() time.Time { return time.Date(2026, 11, 23, 10, 30, 38, 578_000_000, time.UTC) }

func open(t *testing.T) (*store.Store, *db.DB) {
	t.Helper()
	d := dbtest.New(t)
	namestest.Rename(t, d, called)
	return store.New(d, called), d
}

func exec(t *testing.T, d *db.DB, sql string, args ...any) {
	t.Helper()
	if _, err := d.Exec(t.Context(), called.SQL(sql), args...); err != nil {
		t.Fatal(err)
	}
}

// count returns how many rows a table has.
func count(t *testing.T, d *db.DB, table string) (n int) {
	t.Helper()
	table, _ = called.Table(table)
	if err := d.QueryRow(t.Context(), `SELECT count(*) FROM `+pgx.Identifier{table}.Sanitize()).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// user returns a user as it is stored.
func user(id string) auth.User {
	return auth.User{ID: id, Name: "Name of " + id, Email: id + "@example.com", CreatedAt: stored(), UpdatedAt: stored()}
}

// addUser adds user(id).
func addUser(t *testing.T, s *store.Store, id string) auth.User {
	t.Helper()
	u := user(id)
	if ok, err := s.CreateUser(t.Context(), u); err != nil || !ok {
		t.Fatalf("add %s: %v, %v", id, ok, err)
	}
	return u
}

func TestInTx(t *testing.T) {
	t.Parallel()
	s, d := open(t)
	wrong := errors.New("wrong")
	err := s.InTx(t.Context(), func(q store.Queries, tx pgx.Tx) error {
		_, err := q.CreateUser(t.Context(), user("ada"))
		return errors.Join(err, wrong)
	})
	if !errors.Is(err, wrong) || count(t, d, "user") != 0 {
		t.Errorf("got %v and %d users, want the function's error and nothing written", err, count(t, d, "user"))
	}
}

// TestText tries texts that are not for every database on every method that takes
// some.
func TestText(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	addUser(t, s, "ada")
	calls := map[string]func(ctx context.Context, text string) error{
		"Live": func(ctx context.Context, text string) error { _, _, _, err := s.Live(ctx, text); return err },
		"CreateSession": func(ctx context.Context, text string) error {
			_, err := s.CreateSession(ctx, auth.Session{ID: text, Token: text, UserID: "ada", IPAddress: &text, UserAgent: &text}, standing.Good)
			return err
		},
		"ExtendSession": func(ctx context.Context, text string) error {
			_, _, err := s.ExtendSession(ctx, text, now(), now())
			return err
		},
		"Sessions":       func(ctx context.Context, text string) error { _, err := s.Sessions(ctx, text, now()); return err },
		"DeleteSession":  func(ctx context.Context, text string) error { return s.DeleteSession(ctx, text, text) },
		"DeleteSessions": func(ctx context.Context, text string) error { return s.DeleteSessions(ctx, text, text) },
		"UserByEmail":    func(ctx context.Context, text string) error { _, _, err := s.UserByEmail(ctx, text); return err },
		"UserByID":       func(ctx context.Context, text string) error { _, _, err := s.UserByID(ctx, text); return err },
		"SignIn":         func(ctx context.Context, text string) error { _, _, _, err := s.SignIn(ctx, text); return err },
		"CreateUser": func(ctx context.Context, text string) error {
			_, err := s.CreateUser(ctx, auth.User{ID: text, Name: text, Email: text, Image: &text})
			return err
		},
		"UpdateUser": func(ctx context.Context, text string) error {
			image := &text
			_, _, err := s.UpdateUser(ctx, "ada", store.UserChange{Name: &text, Image: &image}, now())
			return err
		},
		"DeleteUser": func(ctx context.Context, text string) error { _, err := s.DeleteUser(ctx, text); return err },
		"Accounts":   func(ctx context.Context, text string) error { _, err := s.Accounts(ctx, text); return err },
		"AccountOf":  func(ctx context.Context, text string) error { _, _, err := s.AccountOf(ctx, text, text); return err },
		"CreateAccount": func(ctx context.Context, text string) error {
			return s.CreateAccount(ctx, store.Account{ID: text, AccountID: text, ProviderID: text, UserID: "ada", AccessToken: &text, Scope: &text})
		},
		"LockAccount": func(ctx context.Context, text string) error { return s.LockAccount(ctx, "github", text) },
		"UpdateTokens": func(ctx context.Context, text string) error {
			_, _, err := s.UpdateTokens(ctx, store.Account{ID: text, AccessToken: &text}, now())
			return err
		},
		"SetPassword":   func(ctx context.Context, text string) error { return s.SetPassword(ctx, "ada", text, now()) },
		"DeleteAccount": func(ctx context.Context, text string) error { return s.DeleteAccount(ctx, text) },
		"AddVerification": func(ctx context.Context, text string) error {
			return s.AddVerification(ctx, text, text, now(), now())
		},
		"Verification": func(ctx context.Context, text string) error {
			_, _, err := s.Verification(ctx, text, now())
			return err
		},
		"TakeVerification": func(ctx context.Context, text string) error {
			_, _, err := s.TakeVerification(ctx, text, now())
			return err
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, text := range []string{"zero\x00byte", "not UTF-8: \xff", "half a character: \xe2\x82", "a surrogate: \xed\xa0\x80"} {
				err := call(t.Context(), text)
				if !fault.Is(err, fault.Invalid) || strings.Contains(fault.Of(err).Message, "zero\x00") {
					t.Errorf("%q: got %v, want fault.Invalid", text, err)
				}
			}
			// The name makes what must be unique so.
			for _, text := range []string{`'); DROP TABLE "user"; --`, `$1 \ % _ " ' ;`, `🙂 é ﬁ`, strings.Repeat("long ", 400)} {
				if err := call(t.Context(), name+text); err != nil {
					t.Errorf("%q: got %v, want it to be a text like any other", text, err)
				}
			}
		})
	}
}

func TestTextIsKeptAsItIs(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	text := `'); DROP TABLE "user"; -- $1 \ % _ 🙂`
	want := auth.User{ID: text, Name: text, Email: text, Image: &text, CreatedAt: stored(), UpdatedAt: stored()}
	if ok, err := s.CreateUser(t.Context(), want); err != nil || !ok {
		t.Fatal(ok, err)
	}
	got, ok, err := s.UserByEmail(t.Context(), text)
	same(t, "the user", want, got, ok, err)
	for _, pattern := range []string{"%", "_%", strings.ToUpper(text)} {
		if got, ok, err := s.UserByEmail(t.Context(), pattern); ok || err != nil {
			t.Errorf("%q found %v, %v", pattern, got, err)
		}
	}
}
