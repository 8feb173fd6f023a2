package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/internal/names/namestest"
	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth/internal/store"
	"switchyard/shared/auth/standing"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
)

// same fails the test unless want was found.
func same[T any](t *testing.T, what string, want, got T, ok bool, err error) {
	t.Helper()
	if diff := cmp.Diff(want, got); err != nil || !ok || diff != "" {
		t.Errorf("%s: %v, %v\n%s", what, ok, err, diff)
	}
}

// session returns a session of a user as it is stored. Its token is its id.
func session(id, userID string) auth.Session {
	return auth.Session{
		ID: id, Token: id, UserID: userID, IPAddress: new(""), UserAgent: new("Lynx"),
		ExpiresAt: stored().Add(time.Hour), CreatedAt: stored(), UpdatedAt: stored(),
	}
}

// addSession adds session(id, userID).
func addSession(t *testing.T, s *store.Store, id, userID string) auth.Session {
	t.Helper()
	v := session(id, userID)
	if _, err := s.CreateSession(t.Context(), v, standing.Good); err != nil {
		t.Fatal(err)
	}
	return v
}

// However statements are sent, and whatever ids are made of.
func TestEndedSessions(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	for i, mode := range []string{"cache_statement", "cache_describe", "exec", "simple_protocol"} {
		d, err := db.Open(t.Context(), config.Database{URL: config.Secret(url + "&default_query_exec_mode=" + mode), MaxConns: 2})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		if i == 0 {
			namestest.Rename(t, d, called)
		}
		s := store.New(d, called)
		user := addUser(t, s, mode)
		lives := addSession(t, s, `{"a", b}`+mode, user.ID)
		gone := `gone, "\'}` + mode
		got, err := s.EndedSessions(t.Context(), []string{lives.ID, gone}, now())
		same(t, mode, []string{gone}, got, true, err)
	}
}

func TestLive(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	ada := addUser(t, s, "ada")
	addUser(t, s, "bob")
	addSession(t, s, "bobs", "bob")

	given := session("adas", "ada")
	given.ExpiresAt, given.CreatedAt, given.UpdatedAt = now().Add(-time.Hour), now(), now()
	given.IPAddress = nil
	if _, err := s.CreateSession(t.Context(), given, standing.Good); err != nil {
		t.Fatal(err)
	}
	want := session("adas", "ada")
	want.ExpiresAt, want.IPAddress = stored().Add(-time.Hour), nil
	got, user, ok, err := s.Live(t.Context(), "adas")
	same(t, "an expired session", want, got, ok, err)
	same(t, "its user", ada, user, ok, err)

	if _, _, ok, err := s.Live(t.Context(), "ADAS"); ok || err != nil {
		t.Errorf("another token: got %v, %v, want false", ok, err)
	}
}

// TestNodeRows reads rows as Node and its predecessors leave them: with
// microseconds, and with nulls.
func TestNodeRows(t *testing.T) {
	t.Parallel()
	s, d := open(t)
	const at = `2026-11-23 11:30:38.578999+01`
	exec(t, d, `INSERT INTO "user" VALUES ('ada', 'Ada', 'ada@example.com', true, NULL, $1, $1)`, at)
	exec(t, d, `INSERT INTO session (id, token, "userId", "expiresAt", "createdAt", "updatedAt") VALUES ('s', 't', 'ada', $1, $1, $1)`, at)
	exec(t, d, `INSERT INTO account (id, "accountId", "providerId", "userId", "accessTokenExpiresAt", "createdAt", "updatedAt")
		VALUES ('a', '7', 'github', 'ada', $1, $1, $1)`, at)

	user := auth.User{ID: "ada", Name: "Ada", Email: "ada@example.com", EmailVerified: true, CreatedAt: stored(), UpdatedAt: stored()}
	gotSession, gotUser, ok, err := s.Live(t.Context(), "t")
	same(t, "user", user, gotUser, ok, err)
	same(t, "session", auth.Session{ID: "s", Token: "t", UserID: "ada", ExpiresAt: stored(), CreatedAt: stored(), UpdatedAt: stored()}, gotSession, ok, err)
	gotAccount, ok, err := s.AccountOf(t.Context(), "github", "7")
	same(t, "account", store.Account{
		ID: "a", AccountID: "7", ProviderID: "github", UserID: "ada",
		AccessTokenExpiresAt: new(stored()), CreatedAt: stored(), UpdatedAt: stored(),
	}, gotAccount, ok, err)
	gotUser, hash, ok, err := s.SignIn(t.Context(), "ada@example.com")
	same(t, "user without a password", user, gotUser, ok, err)
	if hash != "" {
		t.Errorf("got the password %q of a user without one", hash)
	}
}

func TestExtendSession(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	addUser(t, s, "ada")
	want := addSession(t, s, "one", "ada")
	other := addSession(t, s, "two", "ada")

	want.ExpiresAt, want.UpdatedAt = stored().Add(9*time.Hour), stored().Add(time.Minute)
	got, ok, err := s.ExtendSession(t.Context(), "one", now().Add(9*time.Hour), now().Add(time.Minute))
	same(t, "what it returned", want, got, ok, err)
	got, _, ok, err = s.Live(t.Context(), "one")
	same(t, "what it stored", want, got, ok, err)
	got, _, ok, err = s.Live(t.Context(), "two")
	same(t, "another session", other, got, ok, err)
	if _, ok, err := s.ExtendSession(t.Context(), "gone", now(), now()); ok || err != nil {
		t.Errorf("a session that is gone: got %v, %v, want false", ok, err)
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	addUser(t, s, "ada")
	addUser(t, s, "bob")
	one := addSession(t, s, "one", "ada")
	two := addSession(t, s, "two", "ada")
	addSession(t, s, "bobs", "bob")
	ends := session("ends", "ada")
	ends.ExpiresAt = stored()
	if _, err := s.CreateSession(t.Context(), ends, standing.Good); err != nil {
		t.Fatal(err)
	}

	tokens := func() (list []string) {
		for _, user := range []string{"ada", "bob"} {
			sessions, err := s.Sessions(t.Context(), user, now().Add(-time.Second))
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range sessions {
				list = append(list, v.Token)
			}
		}
		return list
	}
	got, err := s.Sessions(t.Context(), "ada", now())
	same(t, "those that have not expired", []auth.Session{one, two}, got, true, err)
	got, err = s.Sessions(t.Context(), "nobody", now())
	same(t, "nobody's", []auth.Session{}, got, true, err)

	steps := []struct {
		name string
		do   func() error
		want []string
	}{
		{"another's session", func() error { return s.DeleteSession(t.Context(), "bob", "one") }, []string{"ends", "one", "two", "bobs"}},
		{"one's own", func() error { return s.DeleteSession(t.Context(), "ada", "ends") }, []string{"one", "two", "bobs"}},
		{"it again", func() error { return s.DeleteSession(t.Context(), "ada", "ends") }, []string{"one", "two", "bobs"}},
		{"all but one", func() error { return s.DeleteSessions(t.Context(), "ada", "two") }, []string{"two", "bobs"}},
		{"all", func() error { return s.DeleteSessions(t.Context(), "ada", "") }, []string{"bobs"}},
		{"anybody's", func() error { return s.DeleteSession(t.Context(), "", "bobs") }, nil},
	}
	for _, step := range steps {
		if err := step.do(); err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
		if diff := cmp.Diff(step.want, tokens()); diff != "" {
			t.Errorf("%s: %s", step.name, diff)
		}
	}
}
