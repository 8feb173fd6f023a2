package apikey_test

import (
	"bytes"
	"crypto/sha256"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"switchyard/shared/auth"
	"switchyard/shared/auth/apikey"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/fault"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// safe is a store with its database, and a user who owns its keys.
type safe struct {
	*apikey.Store
	db    *db.DB
	owner auth.User
}

func newSafe(t *testing.T) safe {
	t.Helper()
	d := dbtest.New(t)
	store, err := apikey.Open(t.Context(), config.AuthNames{}, d)
	if err != nil {
		t.Fatal(err)
	}
	return safe{store, d, authtest.User(t, d)}
}

// create makes a key of the owner that works for ever.
func (s safe) create(t *testing.T, name string) (apikey.Key, string) {
	t.Helper()
	k, secret, err := s.Create(t.Context(), s.owner.ID, name, 0)
	if err != nil {
		t.Fatal(err)
	}
	return k, secret
}

func (s safe) list(t *testing.T, owner string) []apikey.Key {
	t.Helper()
	keys, err := s.List(t.Context(), owner)
	if err != nil || keys == nil {
		t.Fatalf("List = %v, %v", keys, err)
	}
	return keys
}

func TestCreate(t *testing.T) {
	t.Parallel()
	s := newSafe(t)
	form := regexp.MustCompile(`^sw_[A-Za-z0-9]{40}$`)
	seen := map[string]bool{}
	for range 10 {
		k, secret := s.create(t, "  backup, every night ")
		if !form.MatchString(secret) || seen[secret] {
			t.Errorf("the key has the wrong form, or is there twice")
		}
		seen[secret] = true
		if k.Name != "backup, every night" || k.Hint != secret[:7] || k.ExpiresAt != nil || k.LastUsedAt != nil ||
			k.ID.Version() != 7 || k.CreatedAt.Location() != time.UTC {
			t.Errorf("got %+v", k)
		}
		var stored []byte
		var text string
		if err := s.db.QueryRow(t.Context(), `SELECT hash, k::text FROM api_key k WHERE id = $1`, k.ID).Scan(&stored, &text); err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256([]byte(secret)); !bytes.Equal(stored, sum[:]) || strings.Contains(text, secret[7:]) {
			t.Error("what is stored is not the key's SHA-256, or more than that")
		}
	}
}

func TestCreateChecks(t *testing.T) {
	t.Parallel()
	s := newSafe(t)
	const day = 24 * time.Hour
	tests := []struct {
		name, in string
		life     time.Duration
		ok       bool
	}{
		{"a day", "a", day, true},
		{"ten years", "a", 3650 * day, true},
		{"100 characters", strings.Repeat("𝔘", 100), 0, true},
		{"quotes", `'; DROP TABLE api_key; --"<b>`, 0, true},
		{"more than ten years", "a", 3650*day + 1, false},
		{"the past", "a", -1, false},
		{"no name", "", 0, false},
		{"spaces", " \u00a0", 0, false},
		{"101 characters", strings.Repeat("𝔘", 101), 0, false},
		{"line break", "a\nb", 0, false},
		{"zero byte", "a\x00b", 0, false},
		{"not UTF-8", "a\xffb", 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			k, secret, err := s.Create(t.Context(), s.owner.ID, tt.in, tt.life)
			if !tt.ok {
				if !fault.Is(err, fault.Invalid) || secret != "" {
					t.Errorf("got %v, want Invalid", err)
				}
				return
			}
			if err != nil || k.Name != tt.in {
				t.Fatalf("got %+v, %v", k, err)
			}
			if (k.ExpiresAt == nil) != (tt.life == 0) || (k.ExpiresAt != nil && k.ExpiresAt.Sub(k.CreatedAt) != tt.life) {
				t.Errorf("expires %v, was made %v", k.ExpiresAt, k.CreatedAt)
			}
		})
	}
}

func TestNobodyCreates(t *testing.T) {
	t.Parallel()
	s := newSafe(t)
	authtest.Delete(t, s.db, s.owner)
	for _, owner := range []string{"", "nobody", s.owner.ID} {
		if _, secret, err := s.Create(t.Context(), owner, "a", 0); !fault.Is(err, fault.Unauthorized) || secret != "" {
			t.Errorf("%q: %v, want Unauthorized", owner, err)
		}
	}
}

func TestMaxKeys(t *testing.T) {
	t.Parallel()
	s := newSafe(t)
	for range apikey.MaxKeys - 5 {
		s.create(t, "a")
	}
	var wg sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		wg.Go(func() { _, _, errs[i] = s.Create(t.Context(), s.owner.ID, "b", 0) })
	}
	wg.Wait()
	made := 0
	for _, err := range errs {
		switch {
		case err == nil:
			made++
		case !fault.Is(err, fault.Conflict):
			t.Errorf("got %v, want Conflict", err)
		}
	}
	keys := s.list(t, s.owner.ID)
	if made != 5 || len(keys) != apikey.MaxKeys {
		t.Errorf("made %d more, want 5; there are %d", made, len(keys))
	}
	if _, _, err := s.Create(t.Context(), authtest.User(t, s.db).ID, "c", 0); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	if err := s.Revoke(t.Context(), s.owner.ID, keys[0].ID); err != nil {
		t.Fatal(err)
	}
	s.create(t, "d")
}

func TestListAndRevoke(t *testing.T) {
	t.Parallel()
	ctx, s := t.Context(), newSafe(t)
	a, _ := s.create(t, "a")
	b, _ := s.create(t, "b")
	if diff := cmp.Diff([]apikey.Key{b, a}, s.list(t, s.owner.ID)); diff != "" {
		t.Error(diff)
	}
	for _, other := range []string{authtest.User(t, s.db).ID, "nobody", ""} {
		if keys := s.list(t, other); len(keys) != 0 {
			t.Errorf("%q has %v", other, keys)
		}
		if err := s.Revoke(ctx, other, a.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q revokes: %v, want NotFound", other, err)
		}
	}
	if err := s.Revoke(ctx, s.owner.ID, a.ID); err != nil {
		t.Error(err)
	}
	for _, id := range []uuid.UUID{a.ID, uuid.Must(uuid.NewV7())} {
		if err := s.Revoke(ctx, s.owner.ID, id); !fault.Is(err, fault.NotFound) {
			t.Errorf("got %v, want NotFound", err)
		}
	}
	if diff := cmp.Diff([]apikey.Key{b}, s.list(t, s.owner.ID)); diff != "" {
		t.Error(diff)
	}
}
