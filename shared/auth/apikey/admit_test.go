package apikey_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"switchyard/internal/names/namestest"
	"switchyard/shared/auth"
	"switchyard/shared/auth/apikey"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/fault"
)

// admit presents the values of the header Authorization.
func admit(t *testing.T, s *apikey.Store, values ...string) (context.Context, error) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	for _, v := range values {
		r.Header.Add("Authorization", v)
	}
	return s.Admit(r)
}

// refused checks that err says what to do, and nothing of what was presented.
func refused(t *testing.T, err error, presented ...string) {
	t.Helper()
	if !fault.Is(err, fault.Unauthorized) || !strings.Contains(fault.Of(err).Message, "Authorization: Bearer sw_…") {
		t.Errorf("got %v, want Unauthorized that says what to send", err)
		return
	}
	for _, p := range presented {
		if _, secret, _ := strings.Cut(p, " "); len(secret) > 8 && strings.Contains(err.Error(), secret[4:]) {
			t.Errorf("the error repeats what was sent: %v", err)
		}
	}
}

func TestAdmit(t *testing.T) {
	t.Parallel()
	s := newSafe(t)
	made, secret := s.create(t, "a")
	for _, header := range []string{"Bearer " + secret, "bearer " + secret, "BEARER   " + secret} {
		ctx, err := admit(t, s.Store, header)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s.owner, auth.UserFrom(ctx)); diff != "" {
			t.Errorf("the owner: %s", diff)
		}
		if auth.SessionFrom(ctx) != (auth.Session{}) {
			t.Error("a machine has a session")
		}
		k, ok := apikey.From(ctx)
		if !ok || k.LastUsedAt == nil || k.LastUsedAt.Location() != time.UTC {
			t.Errorf("From = %+v, %t", k, ok)
		}
		k.LastUsedAt = nil
		if diff := cmp.Diff(made, k); diff != "" {
			t.Errorf("the key: %s", diff)
		}
	}
	if k, ok := apikey.From(t.Context()); ok {
		t.Errorf("a context without a key has %+v", k)
	}
}

// What cannot be a key is refused without a look at the database: there is none.
func TestMalformed(t *testing.T) {
	t.Parallel()
	down, err := db.Open(t.Context(), config.Database{URL: "postgres://nobody@127.0.0.1:1/none"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = down.Close() })
	s, err := apikey.Open(t.Context(), config.AuthNames{}, down)
	if err != nil {
		t.Fatal(err)
	}
	const random = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123"
	for name, values := range map[string][]string{
		"none":            nil,
		"empty":           {""},
		"scheme alone":    {"Bearer"},
		"no key":          {"Bearer "},
		"no scheme":       {"sw_" + random},
		"another scheme":  {"Basic sw_" + random},
		"no space":        {"Bearersw_" + random},
		"a tab":           {"Bearer\tsw_" + random},
		"two headers":     {"Bearer sw_" + random, "Bearer sw_" + random},
		"two in one":      {"Bearer sw_" + random + ", Bearer sw_" + random},
		"truncated":       {"Bearer sw_" + random[1:]},
		"too long":        {"Bearer sw_" + random + "x"},
		"another prefix":  {"Bearer sk_" + random},
		"capital prefix":  {"Bearer SW_" + random},
		"no prefix":       {"Bearer " + random + "xyz"},
		"other character": {"Bearer sw_" + random[1:] + "-"},
		"zero byte":       {"Bearer sw_" + random[1:] + "\x00"},
		"not ASCII":       {"Bearer sw_" + random[2:] + "ä"},
		"only the prefix": {"Bearer sw_"},
	} {
		_, err := admit(t, s, values...)
		refused(t, err, values...)
		if t.Failed() {
			t.Fatal(name)
		}
	}
	_, err = admit(t, s, "Bearer sw_"+random)
	if !fault.Is(err, fault.Unavailable) || strings.Contains(err.Error(), random[4:]) {
		t.Errorf("a well-formed one: %v, want Unavailable, and nothing of the key", err)
	}
}

func TestKeysThatDoNotWork(t *testing.T) {
	t.Parallel()
	ctx, s := t.Context(), newSafe(t)
	_, works := s.create(t, "works")

	wrong := works[:len(works)-1] + "a"
	if wrong == works {
		wrong = works[:len(works)-1] + "b"
	}
	_, err := admit(t, s.Store, "Bearer "+wrong)
	refused(t, err, "Bearer "+wrong)

	expired, secret, err := s.Create(ctx, s.owner.ID, "expired", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admit(t, s.Store, "Bearer "+secret); err != nil {
		t.Errorf("before it expires: %v", err)
	}
	if _, err := s.db.Exec(ctx, `UPDATE api_key SET expires_at = now() WHERE id = $1`, expired.ID); err != nil {
		t.Fatal(err)
	}
	_, err = admit(t, s.Store, "Bearer "+secret)
	refused(t, err, "Bearer "+secret)

	revoked, secret := s.create(t, "revoked")
	if err := s.Revoke(ctx, s.owner.ID, revoked.ID); err != nil {
		t.Fatal(err)
	}
	_, err = admit(t, s.Store, "Bearer "+secret)
	refused(t, err, "Bearer "+secret)

	if _, err := admit(t, s.Store, "Bearer "+works); err != nil {
		t.Errorf("the one that works: %v", err)
	}
	// As Better Auth's plugin "admin" bans, while this runs.
	if _, err := s.db.Exec(ctx, `ALTER TABLE "user" ADD banned boolean, ADD "banExpires" timestamptz; UPDATE "user" SET banned = true`); err != nil {
		t.Fatal(err)
	}
	_, err = admit(t, s.Store, "Bearer "+works)
	refused(t, err, "Bearer "+works)
	if _, err := s.db.Exec(ctx, `UPDATE "user" SET "banExpires" = now()`); err != nil {
		t.Fatal(err)
	}
	if _, err := admit(t, s.Store, "Bearer "+works); err != nil {
		t.Errorf("after the ban: %v", err)
	}
	authtest.Delete(t, s.db, s.owner)
	_, err = admit(t, s.Store, "Bearer "+works)
	refused(t, err, "Bearer "+works)
}

// lastUsed returns when the key was last used, to the microsecond, and the version
// of its row, which every write changes.
func (s safe) lastUsed(t *testing.T, id uuid.UUID) (at time.Time, version string) {
	t.Helper()
	if err := s.db.QueryRow(t.Context(), `SELECT last_used_at, ctid::text FROM api_key WHERE id = $1`, id).Scan(&at, &version); err != nil {
		t.Fatal(err)
	}
	return at, version
}

func TestUseIsNotedOnceAMinute(t *testing.T) {
	t.Parallel()
	ctx, s := t.Context(), newSafe(t)
	k, secret := s.create(t, "a")
	set := func(age string) {
		t.Helper()
		if _, err := s.db.Exec(ctx, `UPDATE api_key SET last_used_at = now() - $2::text::interval WHERE id = $1`, k.ID, age); err != nil {
			t.Fatal(err)
		}
	}
	parallel := func() {
		t.Helper()
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				if _, err := admit(t, s.Store, "Bearer "+secret); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}

	set("30 seconds")
	_, before := s.lastUsed(t, k.ID)
	if _, err := admit(t, s.Store, "Bearer "+secret); err != nil {
		t.Fatal(err)
	}
	if _, after := s.lastUsed(t, k.ID); after != before {
		t.Error("a use is noted that is not due")
	}

	set("61 seconds")
	old, _ := s.lastUsed(t, k.ID)
	parallel()
	noted, first := s.lastUsed(t, k.ID)
	if !noted.After(old.Add(time.Minute)) {
		t.Errorf("the use is not noted: %s, was %s", noted, old)
	}
	parallel()
	if _, again := s.lastUsed(t, k.ID); again != first {
		t.Error("it is noted twice within a minute")
	}
}

// TestNames keeps and admits keys where the users' table and columns have other names.
func TestNames(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	owner := authtest.User(t, d)
	n := namestest.Parse(t, namestest.Everything)
	namestest.Rename(t, d, n)
	s, err := apikey.Open(t.Context(), config.AuthNames{Names: n}, d)
	if err != nil {
		t.Fatal(err)
	}
	_, secret, err := s.Create(t.Context(), owner.ID, "a key", 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, err := admit(t, s, "Bearer "+secret)
	if err != nil || auth.UserFrom(ctx).Email != owner.Email {
		t.Errorf("got %+v, %v, want the owner", auth.UserFrom(ctx), err)
	}
}
