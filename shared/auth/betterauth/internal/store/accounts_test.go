package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"switchyard/shared/auth/betterauth/internal/store"
)

// account returns an account with GitHub as it is stored.
func account(id, userID string) store.Account {
	return store.Account{
		ID: id, AccountID: "at GitHub " + id, ProviderID: "github", UserID: userID,
		AccessToken: new("access"), RefreshToken: new("refresh"), IDToken: new("id"),
		AccessTokenExpiresAt: new(stored().Add(time.Hour)), RefreshTokenExpiresAt: new(stored().Add(2 * time.Hour)),
		Scope: new("read:user,user:email"), CreatedAt: stored(), UpdatedAt: stored(),
	}
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	addUser(t, s, "ada")
	addUser(t, s, "bob")
	second := account("a", "ada")
	second.CreatedAt = stored().Add(time.Millisecond)
	first := account("b", "ada")
	given := first
	given.AccessTokenExpiresAt, given.RefreshTokenExpiresAt = new(now().Add(time.Hour)), new(now().Add(2*time.Hour))
	given.CreatedAt, given.UpdatedAt = now(), now()
	for _, a := range []store.Account{second, given, account("c", "bob")} {
		if err := s.CreateAccount(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.Accounts(t.Context(), "ada")
	same(t, "ada's", []store.Account{first, second}, list, true, err)
	got, ok, err := s.AccountOf(t.Context(), "github", "at GitHub b")
	same(t, "by what it is there", first, got, ok, err)
	for _, key := range [][2]string{{"github", "b"}, {"google", "at GitHub b"}} {
		if _, ok, err := s.AccountOf(t.Context(), key[0], key[1]); ok || err != nil {
			t.Errorf("%v: got %v, %v, want false", key, ok, err)
		}
	}

	if err := s.DeleteAccount(t.Context(), "b"); err != nil {
		t.Error(err)
	}
	list, err = s.Accounts(t.Context(), "ada")
	same(t, "after one was deleted", []store.Account{second}, list, true, err)
	list, err = s.Accounts(t.Context(), "nobody")
	same(t, "nobody's", []store.Account{}, list, true, err)
}

func TestAccountOfTwo(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	addUser(t, s, "ada")
	for _, id := range []string{"a", "b"} {
		a := account(id, "ada")
		a.AccountID = "7"
		if err := s.CreateAccount(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok, err := s.AccountOf(t.Context(), "github", "7"); ok || err == nil {
		t.Errorf("got %v, %v, want an error: it cannot be told whose it is", ok, err)
	}
}

func TestUpdateTokens(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	addUser(t, s, "ada")
	want, other := account("a", "ada"), account("b", "ada")
	for _, a := range []store.Account{want, other} {
		if err := s.CreateAccount(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	// Whose account it is, is not for it to change.
	change := store.Account{
		ID: "a", UserID: "bob", AccountID: "8", Scope: new("more"),
		AccessToken: new("fresh"), AccessTokenExpiresAt: new(now().Add(3 * time.Hour)),
	}
	want.AccessToken, want.AccessTokenExpiresAt, want.UpdatedAt = new("fresh"), new(stored().Add(3*time.Hour)), stored().Add(time.Minute)
	want.Scope = new("more")
	got, ok, err := s.UpdateTokens(t.Context(), change, now().Add(time.Minute))
	same(t, "the account", want, got, ok, err)
	list, err := s.Accounts(t.Context(), "ada")
	same(t, "the accounts", []store.Account{want, other}, list, true, err)
	change.ID = "c"
	if _, ok, err := s.UpdateTokens(t.Context(), change, now()); ok || err != nil {
		t.Errorf("an account that is gone: got %v, %v, want false", ok, err)
	}
}

func TestPassword(t *testing.T) {
	t.Parallel()
	s, d := open(t)
	ada := addUser(t, s, "ada")
	addUser(t, s, "bob")
	const email = "ada@example.com"
	check := func(when, want string) {
		t.Helper()
		u, hash, ok, err := s.SignIn(t.Context(), email)
		same(t, when+": the user", ada, u, ok, err)
		if hash != want {
			t.Errorf("%s: got the hash %q, want %q", when, hash, want)
		}
	}
	set := func(userID, hash string, at time.Time) {
		t.Helper()
		if err := s.SetPassword(t.Context(), userID, hash, at); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, ok, err := s.SignIn(t.Context(), "nobody@example.com"); ok || err != nil {
		t.Errorf("nobody: got %v, %v, want false", ok, err)
	}
	check("no account", "")

	foreign := account("foreign", "ada") // its id there is not the user's
	foreign.ProviderID, foreign.Password = store.Credential, new("not this one")
	if err := s.CreateAccount(t.Context(), foreign); err != nil {
		t.Fatal(err)
	}
	check("an account that is not the user's password", "")

	set("bob", "bob's", now())
	set("ada", "first", now())
	check("first", "first")
	list, err := s.Accounts(t.Context(), "ada")
	want := store.Account{
		ID: "ada", AccountID: "ada", ProviderID: store.Credential, UserID: "ada", Password: new("first"),
		CreatedAt: stored(), UpdatedAt: stored(),
	}
	same(t, "the accounts", []store.Account{want, foreign}, list, true, err)

	set("ada", "second", now().Add(time.Minute))
	check("changed", "second")
	want.Password, want.UpdatedAt = new("second"), stored().Add(time.Minute)
	list, err = s.Accounts(t.Context(), "ada")
	same(t, "the accounts", []store.Account{want, foreign}, list, true, err)

	exec(t, d, `UPDATE account SET id = 'made by sign-up' WHERE id = 'ada'`)
	set("ada", "third", now())
	check("in a row of another id", "third")
	if n := count(t, d, "account"); n != 3 {
		t.Errorf("%d accounts, want 3", n)
	}
	exec(t, d, `INSERT INTO account (id, "accountId", "providerId", "userId", password, "createdAt", "updatedAt")
		VALUES ('second', 'ada', 'credential', 'ada', 'too many', $1, $1)`, now().Add(time.Hour))
	check("two of them, which only somebody else can have made", "third")
	exec(t, d, `UPDATE account SET password = NULL WHERE "accountId" = 'ada'`)
	check("no password", "")
	if err := s.SetPassword(t.Context(), "nobody", "hash", now()); err == nil {
		t.Error("nobody was given a password")
	}
}

func TestFirstPasswordRace(t *testing.T) {
	t.Parallel()
	s, d := open(t)
	addUser(t, s, "ada")
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			if err := s.SetPassword(t.Context(), "ada", fmt.Sprint(i), now()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := count(t, d, "account"); n != 1 {
		t.Errorf("the user has %d passwords", n)
	}
}
