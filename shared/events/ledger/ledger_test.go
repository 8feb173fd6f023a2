package ledger_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/db/dbtest"
	"switchyard/shared/events/ledger"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestBegin(t *testing.T) {
	t.Parallel()
	const soon, past = time.Hour, -time.Second
	for name, tt := range map[string]struct {
		first ledger.Claim   // of run "first", which begins
		ended ledger.Outcome // how it has ended, if it has
		next  string         // the run that begins then
		claim ledger.Claim   // of next
		want  bool           // whether the event is its own
	}{
		"the same run, called again":     {first: ledger.Claim{Within: soon}, next: "first", want: true},
		"the same run, after its end":    {first: ledger.Claim{Within: soon}, ended: ledger.Done, next: "first", want: true},
		"another while it goes on":       {first: ledger.Claim{Within: soon}, next: "second", want: false},
		"another when it is overdue":     {first: ledger.Claim{Within: past}, next: "second", want: true},
		"another after a good end":       {first: ledger.Claim{Within: soon}, ended: ledger.Done, next: "second", want: false},
		"another after it was cancelled": {first: ledger.Claim{Within: soon}, ended: ledger.Cancelled, next: "second", want: false},
		"another after it gave up":       {first: ledger.Claim{Within: soon}, ended: ledger.Failed, next: "second", want: true},
		"a rerun after a good end":       {first: ledger.Claim{Within: soon}, ended: ledger.Done, next: "second", claim: ledger.Claim{Rerun: true}, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := ledger.New(dbtest.New(t))
			run := ledger.Run{Function: "app-f", ID: "first", Events: []uuid.UUID{uuid.New()}}
			if own, err := l.Begin(t.Context(), run, tt.first); err != nil || len(own.Events) != 1 {
				t.Fatalf("first: %v, %v", own, err)
			}
			if tt.ended != "" {
				if err := l.End(t.Context(), run, tt.ended); err != nil {
					t.Fatal(err)
				}
			}
			tt.claim.Within = soon
			run.ID = tt.next
			own, err := l.Begin(t.Context(), run, tt.claim)
			if err != nil || (len(own.Events) == 1) != tt.want {
				t.Errorf("got %v, %v; want its own: %t", own, err, tt.want)
			}
			other := ledger.Run{Function: "app-g", ID: "other", Events: run.Events}
			if own, err := l.Begin(t.Context(), other, ledger.Claim{Within: soon}); err != nil || len(own.Events) != 1 {
				t.Errorf("another function: %v, %v", own, err)
			}
		})
	}
}

// A run whose event went to another while it was overdue has lost it for good.
func TestContinueOfALostEvent(t *testing.T) {
	t.Parallel()
	l := ledger.New(dbtest.New(t))
	first := ledger.Run{Function: "app-f", ID: "first", Events: []uuid.UUID{uuid.New()}}
	second := ledger.Run{Function: "app-f", ID: "second", Events: first.Events}
	if _, err := l.Begin(t.Context(), first, ledger.Claim{Within: -time.Second}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Begin(t.Context(), second, ledger.Claim{Within: time.Hour}); err != nil {
		t.Fatal(err)
	}
	if holds, err := l.Continue(t.Context(), first, time.Hour); err != nil || holds {
		t.Errorf("it holds its event: %t, %v", holds, err)
	}
	if err := l.End(t.Context(), first, ledger.Done); err != nil {
		t.Error(err)
	}
	if own, err := l.Begin(t.Context(), first, ledger.Claim{Within: time.Hour}); err != nil || len(own.Events) != 0 {
		t.Errorf("first again: %v, %v", own, err)
	}
	if own, err := l.Begin(t.Context(), second, ledger.Claim{Within: time.Hour}); err != nil || len(own.Events) != 1 {
		t.Errorf("second again: %v, %v", own, err)
	}
}

// A run of parallel steps is called for one of them while another one is waited for.
func TestBesideOtherCalls(t *testing.T) {
	t.Parallel()
	l := ledger.New(dbtest.New(t))
	run := ledger.Run{Function: "app-f", ID: "first", Events: []uuid.UUID{uuid.New()}}
	other := ledger.Run{Function: "app-f", ID: "second", Events: run.Events}
	held := func() time.Duration {
		d, err := l.Held(t.Context(), other)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if d := held(); d != 0 {
		t.Errorf("before it has begun it is held for %s", d)
	}
	for _, do := range []func() error{
		func() error { _, err := l.Begin(t.Context(), run, ledger.Claim{Within: time.Minute}); return err },
		func() error { _, err := l.Continue(t.Context(), run, 5*time.Hour); return err },
		func() error {
			_, err := l.Begin(t.Context(), run, ledger.Claim{Within: time.Minute, Parallel: true})
			return err
		},
		func() error { _, err := l.Extend(t.Context(), run, time.Minute); return err },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	if d := held(); d < 4*time.Hour {
		t.Errorf("beside another call it is held for %s", d)
	}
	if _, err := l.Extend(t.Context(), run, 10*time.Hour); err != nil || held() < 9*time.Hour {
		t.Errorf("extended it is held for %s (%v)", held(), err)
	}
	if _, err := l.Begin(t.Context(), run, ledger.Claim{Within: time.Minute}); err != nil || held() > time.Hour {
		t.Errorf("without others it is held for %s (%v)", held(), err)
	}
	if _, err := l.Begin(t.Context(), run, ledger.Claim{Within: -time.Second}); err != nil || held() == 0 {
		t.Errorf("overdue it is held no more (%v)", err)
	}
	if err := l.End(t.Context(), run, ledger.Done); err != nil || held() != 0 {
		t.Errorf("after its end it is held for %s (%v)", held(), err)
	}
	if _, err := l.Begin(t.Context(), run, ledger.Claim{Within: time.Minute, Parallel: true}); err != nil || held() != 0 {
		t.Errorf("a straggler makes that %s (%v)", held(), err)
	}
}

// A run belongs to the function that it began as.
func TestRunOfAnotherFunction(t *testing.T) {
	t.Parallel()
	l := ledger.New(dbtest.New(t))
	run := ledger.Run{Function: "app-f", ID: "first", Events: []uuid.UUID{uuid.New()}}
	if _, err := l.Begin(t.Context(), run, ledger.Claim{Within: time.Hour}); err != nil {
		t.Fatal(err)
	}
	if has, err := l.Has(t.Context(), run); err != nil || !has {
		t.Errorf("its own: %t, %v", has, err)
	}
	run.Function = "app-g"
	if has, err := l.Has(t.Context(), run); err != nil || has {
		t.Errorf("another function's: %t, %v", has, err)
	}
	if own, err := l.Begin(t.Context(), run, ledger.Claim{Within: time.Hour, Rerun: true}); err != nil || len(own.Events) != 0 {
		t.Errorf("as another function's it begins: %v, %v", own, err)
	}
}
