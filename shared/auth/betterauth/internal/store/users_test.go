package store_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth/internal/store"
	"switchyard/shared/fault"
)

func TestUsers(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	given := user("ada")
	given.Image, given.EmailVerified = new("https://x.example/a.png"), true
	given.CreatedAt, given.UpdatedAt = now(), now()
	if ok, err := s.CreateUser(t.Context(), given); err != nil || !ok {
		t.Fatal(ok, err)
	}
	addUser(t, s, "bob")
	want := given
	want.CreatedAt, want.UpdatedAt = stored(), stored()
	got, ok, err := s.UserByID(t.Context(), "ada")
	same(t, "by id", want, got, ok, err)
	got, ok, err = s.UserByEmail(t.Context(), "ada@example.com")
	same(t, "by address", want, got, ok, err)
	for _, email := range []string{"Ada@example.com", "", "nobody@example.com"} {
		if _, ok, err := s.UserByEmail(t.Context(), email); ok || err != nil {
			t.Errorf("%q: got %v, %v, want false", email, ok, err)
		}
	}
	if _, ok, err := s.UserByID(t.Context(), "nobody"); ok || err != nil {
		t.Errorf("no such id: got %v, %v, want false", ok, err)
	}
}

func TestCreateUserTaken(t *testing.T) {
	t.Parallel()
	s, d := open(t)
	addUser(t, s, "ada")
	again := user("other")
	again.Email = "ada@example.com"
	if ok, err := s.CreateUser(t.Context(), again); ok || err != nil {
		t.Errorf("got %v, %v, want false", ok, err)
	}
	// The transaction lives on.
	err := s.InTx(t.Context(), func(q store.Queries, _ pgx.Tx) error {
		if ok, err := q.CreateUser(t.Context(), again); ok || err != nil {
			return fmt.Errorf("got %v, %w, want false", ok, err)
		}
		_, err := q.CreateUser(t.Context(), user("bob"))
		return err
	})
	if err != nil || count(t, d, "user") != 2 {
		t.Errorf("got %v and %d users, want 2", err, count(t, d, "user"))
	}
	if _, err := s.CreateUser(t.Context(), auth.User{ID: "ada", Email: "new@example.com"}); err == nil {
		t.Error("an id that is taken was reported as an address that is")
	}
}

func TestCreateUserRace(t *testing.T) {
	t.Parallel()
	s, d := open(t)
	var wg sync.WaitGroup
	var won atomic.Int32
	for i := range 40 {
		wg.Go(func() {
			u := user(fmt.Sprint(i))
			u.Email = "ada@example.com"
			err := s.InTx(t.Context(), func(q store.Queries, _ pgx.Tx) error {
				ok, err := q.CreateUser(t.Context(), u)
				if ok {
					won.Add(1)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || count(t, d, "user") != 1 {
		t.Errorf("%d won and %d users are there, want 1", won.Load(), count(t, d, "user"))
	}
}

func TestUpdateUser(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	want := addUser(t, s, "ada")
	bob := addUser(t, s, "bob")
	var none *string
	image := new("https://x.example/a.png")
	type step struct {
		name   string
		change store.UserChange
		edit   func(u *auth.User)
	}
	steps := []step{
		{"nothing", store.UserChange{}, func(*auth.User) {}},
		{"name", store.UserChange{Name: new("")}, func(u *auth.User) { u.Name = "" }},
		{"image", store.UserChange{Image: &image}, func(u *auth.User) { u.Image = image }},
		{"address", store.UserChange{Email: new("new@example.com")}, func(u *auth.User) { u.Email = "new@example.com" }},
		{"verified", store.UserChange{EmailVerified: new(true)}, func(u *auth.User) { u.EmailVerified = true }},
		{"no image", store.UserChange{Image: &none}, func(u *auth.User) { u.Image = nil }},
		{"not verified", store.UserChange{EmailVerified: new(false)}, func(u *auth.User) { u.EmailVerified = false }},
	}
	for i, step := range steps {
		after := time.Duration(i+1) * time.Second
		want.UpdatedAt = stored().Add(after)
		step.edit(&want)
		got, ok, err := s.UpdateUser(t.Context(), "ada", step.change, now().Add(after))
		same(t, step.name+": what it returned", want, got, ok, err)
		got, ok, err = s.UserByID(t.Context(), "ada")
		same(t, step.name+": what it stored", want, got, ok, err)
	}
	got, ok, err := s.UserByID(t.Context(), "bob")
	same(t, "another user", bob, got, ok, err)

	if _, ok, err := s.UpdateUser(t.Context(), "gone", store.UserChange{Name: new("x")}, now()); ok || err != nil {
		t.Errorf("a user who is gone: got %v, %v, want false", ok, err)
	}
	_, ok, err = s.UpdateUser(t.Context(), "ada", store.UserChange{Email: new("bob@example.com")}, now())
	if ok || !fault.Is(err, fault.Conflict) {
		t.Errorf("a taken address: got %v, %v, want fault.Conflict", ok, err)
	}
}

func TestDeleteUser(t *testing.T) {
	t.Parallel()
	s, d := open(t)
	for _, id := range []string{"ada", "bob"} {
		addUser(t, s, id)
		addSession(t, s, "session of "+id, id)
		if err := s.SetPassword(t.Context(), id, "hash", now()); err != nil {
			t.Fatal(err)
		}
	}
	if ok, err := s.DeleteUser(t.Context(), "ada"); err != nil || !ok {
		t.Errorf("got %v, %v, want true", ok, err)
	}
	if ok, err := s.DeleteUser(t.Context(), "ada"); err != nil || ok {
		t.Errorf("again: got %v, %v, want false", ok, err)
	}
	for _, table := range []string{"user", "session", "account"} {
		if n := count(t, d, table); n != 1 {
			t.Errorf("%d rows in %s, want the other user's", n, table)
		}
	}
}
