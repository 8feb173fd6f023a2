package store_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/auth/betterauth/internal/store"
)

// add adds a verification that was made at and ends an hour later.
func add(t *testing.T, s *store.Store, identifier, value string, at time.Time) {
	t.Helper()
	if err := s.AddVerification(t.Context(), identifier, value, at, at.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
}

func TestVerification(t *testing.T) {
	t.Parallel()
	for name, read := range map[string]func(*store.Store, context.Context, string, time.Time) (string, bool, error){
		"Verification": func(s *store.Store, ctx context.Context, id string, at time.Time) (string, bool, error) {
			return s.Verification(ctx, id, at)
		},
		"TakeVerification": func(s *store.Store, ctx context.Context, id string, at time.Time) (string, bool, error) {
			return s.TakeVerification(ctx, id, at)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := open(t)
			add(t, s, "three", "second", now())
			add(t, s, "three", "newest", now().Add(time.Millisecond))
			add(t, s, "three", "first", now().Add(-time.Second))
			add(t, s, "expired", "value", now().Add(-time.Hour-time.Millisecond))
			add(t, s, "ends now", "value", now().Add(-time.Hour))
			for identifier, want := range map[string]string{"three": "newest", "ends now": "value", "expired": "", "THREE": "", "": ""} {
				value, ok, err := read(s, t.Context(), identifier, now())
				if value != want || ok != (want != "") || err != nil {
					t.Errorf("%q: got %q, %v, %v, want %q", identifier, value, ok, err, want)
				}
			}
		})
	}
}

func TestTakeVerification(t *testing.T) {
	t.Parallel()
	s, d := open(t)
	add(t, s, "mine", "old", now().Add(-time.Minute))
	add(t, s, "mine", "value", now())
	add(t, s, "expired", "value", now().Add(-2*time.Hour))
	add(t, s, "other", "value", now())

	rolledBack := errors.New("no")
	err := s.InTx(t.Context(), func(q store.Queries, _ pgx.Tx) error {
		value, ok, err := q.TakeVerification(t.Context(), "mine", now())
		if value != "value" || !ok || err != nil {
			t.Errorf("in a transaction: got %q, %v, %v", value, ok, err)
		}
		return rolledBack
	})
	if !errors.Is(err, rolledBack) || count(t, d, "verification") != 4 {
		t.Errorf("got %v and %d rows, want all of them to be back", err, count(t, d, "verification"))
	}
	for _, want := range []bool{true, false} {
		if value, ok, err := s.TakeVerification(t.Context(), "mine", now()); ok != want || err != nil {
			t.Errorf("got %q, %v, %v, want %v", value, ok, err, want)
		}
	}
	if _, ok, err := s.TakeVerification(t.Context(), "expired", now()); ok || err != nil {
		t.Errorf("expired: got %v, %v, want false", ok, err)
	}
	if n := count(t, d, "verification"); n != 1 {
		t.Errorf("%d rows are left, want the other identifier's", n)
	}
}

func TestTakeVerificationRace(t *testing.T) {
	t.Parallel()
	s, d := open(t)
	for round := range 5 {
		add(t, s, "mine", "older", now().Add(-time.Second))
		add(t, s, "mine", "value", now())
		var wg sync.WaitGroup
		var won atomic.Int32
		start := make(chan struct{})
		for i := range 50 {
			take := s.TakeVerification
			if i%2 == 0 {
				take = func(ctx context.Context, identifier string, at time.Time) (value string, ok bool, err error) {
					err = s.InTx(ctx, func(q store.Queries, _ pgx.Tx) (err error) {
						value, ok, err = q.TakeVerification(ctx, identifier, at)
						return err
					})
					return value, ok, err
				}
			}
			wg.Go(func() {
				<-start
				value, ok, err := take(t.Context(), "mine", now())
				if ok {
					won.Add(1)
				}
				if err != nil || (ok && value != "value") {
					t.Errorf("got %q, %v, %v", value, ok, err)
				}
			})
		}
		close(start)
		wg.Wait()
		if n := won.Load(); n != 1 || count(t, d, "verification") != 0 {
			t.Errorf("round %d: %d got the value, want 1", round, n)
		}
	}
}

func TestDeleteExpired(t *testing.T) {
	t.Parallel()
	s, d := open(t)
	add(t, s, "expired", "value", now().Add(-time.Hour-time.Millisecond))
	add(t, s, "ends now", "value", now().Add(-time.Hour))
	add(t, s, "live", "value", now())
	if err := s.DeleteExpired(t.Context(), now()); err != nil {
		t.Fatal(err)
	}
	if n := count(t, d, "verification"); n != 2 {
		t.Errorf("%d rows are left, want 2", n)
	}
}
