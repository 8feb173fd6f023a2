package password

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"switchyard/shared/fault"
)

const (
	// again is when who was turned away may come back: the queue of a busy server is
	// then another one.
	again = 2 * time.Second
	// longest is how long anybody waits: less than the page for signing in may take.
	longest = 8 * time.Second
	// patience is how long somebody waits before those who came later go first: who has
	// waited for long may be gone, and would not be the last one to be.
	patience = 2 * time.Second
)

// Why somebody is turned away.
var (
	errFull = errors.New("too many passwords are being hashed")
	errLong = errors.New("many passwords are being hashed, and others went first")
)

// queue lets so many callers in at once, and so many wait: those first whose passwords are
// more likely right, and among equals by networks in turn.
type queue struct {
	parallel, room int

	mu      sync.Mutex
	inside  int
	arrived int64
	waiting []*waiter
	history *history
}

// waiter is a caller who waits.
type waiter struct {
	identity

	number int64 // how many came before
	since  time.Time
	told   chan error // nil: it is inside
}

func newQueue(parallel, waiting int) *queue {
	return &queue{parallel: parallel, room: waiting, history: newHistory()}
}

// enter waits for a place. The caller then calls leave, once. It fails with
// fault.Unavailable if too many wait who should go first, if that takes too long, or when
// ctx ends.
func (q *queue) enter(ctx context.Context, c Client) (leave func(), err error) {
	if ctx.Err() != nil {
		return nil, busy(context.Cause(ctx))
	}
	ctx, cancel := context.WithTimeoutCause(ctx, longest, errLong)
	defer cancel()
	w := q.arrive(c)
	select {
	case err = <-w.told:
	case <-ctx.Done():
		q.giveUp(w)
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, busy(err)
	}
	return q.leave, nil
}

// arrive lets somebody in, or wait, or turns somebody away.
func (q *queue) arrive(c Client) *waiter {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.arrived++
	w := &waiter{identity: q.history.identify(c), number: q.arrived, since: time.Now(), told: make(chan error, 1)}
	q.waiting = append(q.waiting, w)
	q.admit()
	if len(q.waiting) > q.room {
		q.tell(q.last(), errFull)
	}
	return w
}

func (q *queue) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.inside--
	q.admit()
}

// giveUp is for w to go, who may be inside by now.
func (q *queue) giveUp(w *waiter) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.remove(w) && <-w.told == nil {
		q.inside--
		q.admit()
	}
}

// admit lets those in for whom there is a place.
func (q *queue) admit() {
	for q.inside < q.parallel && len(q.waiting) > 0 {
		w := q.next()
		q.inside++
		q.history.take(w.identity)
		q.tell(w, nil)
	}
}

// tell ends the waiting of w.
func (q *queue) tell(w *waiter, err error) {
	q.remove(w)
	w.told <- err
}

// remove reports whether w was waiting.
func (q *queue) remove(w *waiter) bool {
	i := slices.Index(q.waiting, w)
	if i >= 0 {
		q.waiting = slices.Delete(q.waiting, i, i+1)
	}
	return i >= 0
}

// next returns who goes first. There is somebody, and they are few: a hash takes far longer.
func (q *queue) next() *waiter {
	now := time.Now()
	return slices.MinFunc(q.waiting, func(a, b *waiter) int {
		broadA, narrowA := q.history.last(a.identity)
		broadB, narrowB := q.history.last(b.identity)
		return cmp.Or(
			q.compare(a, b, now),
			cmp.Compare(broadA, broadB),
			cmp.Compare(narrowA, narrowB),
			cmp.Compare(a.late(now), b.late(now)),
			cmp.Compare(a.number, b.number),
		)
	})
}

// last returns who is turned away: of those whose passwords are most likely wrong, the last
// of the network that has most.
func (q *queue) last() *waiter {
	now, crowd := time.Now(), map[uint64]int{}
	for _, w := range q.waiting {
		crowd[w.broad]++
		crowd[w.narrow]++
	}
	return slices.MaxFunc(q.waiting, func(a, b *waiter) int {
		return cmp.Or(
			q.compare(a, b, now),
			cmp.Compare(crowd[a.broad], crowd[b.broad]),
			cmp.Compare(crowd[a.narrow], crowd[b.narrow]),
			cmp.Compare(a.number, b.number),
		)
	})
}

// compare compares by how likely it is that the passwords are wrong.
func (q *queue) compare(a, b *waiter, now time.Time) int {
	return cmp.Compare(q.history.suspicion(a.identity, now), q.history.suspicion(b.identity, now))
}

// late is 1 if w has waited for longer than patience, else 0.
func (w *waiter) late(now time.Time) int { return int(min(now.Sub(w.since)/patience, 1)) }

// learn notes whether the hash of c proved that it owns its account.
func (q *queue) learn(c Client, proof bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.history.learn(c, proof, time.Now())
}

func busy(cause error) error {
	return fault.New(fault.Unavailable, "Too many people are signing in right now. Try again in a moment.").
		Because(fault.RetryAfter(again, cause))
}
