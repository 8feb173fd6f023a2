package rate_test

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/serve/rate"
	"switchyard/shared/callrate"
	"switchyard/shared/fn"
)

var ada = rate.Client{Caller: "user/ada"} //nolint:gochecknoglobals // is not changed

var _ rate.Store = (*callrate.Rates)(nil)

func limiter(r fn.Rate, store rate.Store) *rate.Limiter {
	return rate.New("api/x", r, store, slog.New(slog.DiscardHandler))
}

func TestTake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := limiter(fn.Rate{Limit: 3, Per: time.Minute}, nil)
		if l.Policy[0] != `"default";q=3;w=60` {
			t.Errorf("the policy is %s", l.Policy)
		}
		for i, want := range []struct {
			sleep  time.Duration
			ok     bool
			header string
		}{
			{0, true, `"default";r=2;t=20`},
			{0, true, `"default";r=1;t=20`},
			{5 * time.Second, true, `"default";r=0;t=15`},
			{0, false, `"default";r=0;t=15`},
			{14 * time.Second, false, `"default";r=0;t=1`},
			{1 * time.Second, true, `"default";r=0;t=20`},
			{time.Hour, true, `"default";r=2;t=20`},
		} {
			time.Sleep(want.sleep)
			if v := l.Take(t.Context(), ada); v.OK != want.ok || v.Header() != want.header {
				t.Errorf("call %d: %+v, %s, want %+v", i+1, v, v.Header(), want)
			}
		}
		l.Take(t.Context(), ada)
		l.Take(t.Context(), ada)
		for _, other := range []rate.Client{{Caller: "user/bob"}, {IP: netip.MustParseAddr("192.0.2.1")}, {}} {
			if !l.Take(t.Context(), other).OK {
				t.Errorf("%v is refused", other)
			}
		}
	})
}

// store is a store whose answers a test decides.
type store struct {
	asked int
	used  time.Duration
	ok    bool
	err   error
}

func (s *store) Take(context.Context, string, string, time.Duration, time.Duration) (time.Duration, bool, error) {
	s.asked++
	return s.used, s.ok, s.err
}

// TestStore has another replica use up what a client may call.
func TestStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &store{used: 40 * time.Second, ok: true}
		l := limiter(fn.Rate{Limit: 3, Per: time.Minute}, s)
		if got, want := l.Take(t.Context(), ada), (rate.Verdict{OK: true, Left: 1, Wait: 20 * time.Second}); got != want {
			t.Error(cmp.Diff(want, got))
		}
		s.used, s.ok = 58*time.Second, false
		for range 10 { // of which the store is asked once
			if got, want := l.Take(t.Context(), ada), (rate.Verdict{Wait: 18 * time.Second}); got != want {
				t.Error(cmp.Diff(want, got))
			}
		}
		if s.asked != 2 {
			t.Errorf("the store was asked %d times, want 2", s.asked)
		}
		time.Sleep(18 * time.Second)
		s.used, s.ok = time.Minute, true
		if !l.Take(t.Context(), ada).OK || s.asked != 3 {
			t.Error("when its time has come, it is refused still")
		}
	})
}

// TestNoStore has the store fail: this process counts alone, and asks once a second.
func TestNoStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &store{err: errors.New("gone")}
		l := limiter(fn.Rate{Limit: 3, Per: time.Minute}, s)
		for i, want := range []bool{true, true, true, false} {
			if got := l.Take(t.Context(), ada).OK; got != want {
				t.Errorf("call %d: %v", i+1, got)
			}
		}
		if s.asked != 1 {
			t.Errorf("the store was asked %d times", s.asked)
		}
		time.Sleep(time.Minute)
		l.Take(t.Context(), ada)
		if s.asked != 2 {
			t.Errorf("later, the store was asked %d times", s.asked)
		}
	})
}

// BenchmarkTake is what a limited function pays for each call.
func BenchmarkTake(b *testing.B) {
	l := limiter(fn.Rate{Limit: 1_000_000, Per: time.Second}, nil)
	b.ReportAllocs()
	for b.Loop() {
		l.Take(b.Context(), ada)
	}
}
