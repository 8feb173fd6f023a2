// Package rate keeps the rate at which each client may call a function: see fn.Rate.
package rate

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"switchyard/internal/recent"
	"switchyard/shared/fn"
)

// Store keeps rates for all replicas. See package shared/callrate.
type Store interface {
	// Take takes a call of a client of a function. used says how much of the window its
	// calls use up, if ok with this one, which is refused otherwise.
	Take(ctx context.Context, function, client string, interval, window time.Duration) (used time.Duration, ok bool, err error)
}

const (
	// remembered bounds how many clients a limiter knows at least, of about 100 bytes each;
	// at most it knows twice as many. Who is forgotten may begin anew, unless a store knows.
	remembered = 10_000
	// answers is the time that the store has, and pause the one for which it is not asked
	// again if it does not answer.
	answers = 500 * time.Millisecond
	pause   = time.Second
)

// Client is whose calls are counted together: who is signed in, or else an address.
type Client struct {
	Caller string
	IP     netip.Addr
}

// String returns an id of the client.
func (c Client) String() string {
	if c.Caller != "" {
		return c.Caller
	}
	return "ip/" + c.IP.String()
}

// Verdict says what becomes of a call.
type Verdict struct {
	OK   bool
	Left int           // calls that the client may make at once after this one
	Wait time.Duration // until there is one more
}

// Limiter keeps the rate of one function. It is safe for concurrent use. Make one with [New].
type Limiter struct {
	Policy []string // the header RateLimit-Policy of all answers; nobody may change it

	function         string
	interval, window time.Duration
	limit            int
	store            Store // nil: this process alone
	logger           *slog.Logger

	mu      sync.Mutex
	until   *recent.Map[Client, time.Time] // when a client's calls use up nothing any more
	resting time.Time                      // before this the store is not asked
}

// New returns what keeps the rate r of a function, which has a Limit, in store if that is
// not nil.
func New(function string, r fn.Rate, store Store, logger *slog.Logger) *Limiter {
	interval := r.Interval()
	return &Limiter{
		Policy:   []string{fmt.Sprintf(`"default";q=%d;w=%d`, r.Limit, int(r.Per.Seconds()))},
		function: function, interval: interval, window: interval * time.Duration(r.Limit), limit: r.Limit,
		store: store, logger: logger,
		until: recent.New[Client, time.Time](remembered),
	}
}

// Take takes a call of c. A client that is known to call too often is refused without a question
// to the store; if that does not answer, what this process knows counts.
func (l *Limiter) Take(ctx context.Context, c Client) Verdict {
	used, ok, ask := l.take(c)
	if !ask {
		return l.verdict(used, ok)
	}
	limited, cancel := context.WithTimeout(ctx, answers)
	defer cancel()
	known, ok, err := l.store.Take(limited, l.function, c.String(), l.interval, l.window)
	if err != nil {
		l.rest(ctx, err)
		return l.verdict(used, true)
	}
	l.learn(c, known, ok)
	return l.verdict(known, ok)
}

// take takes a call as far as this process knows, and says how much of the window is used up
// then, and whether the store is to be asked as well.
func (l *Limiter) take(c Client) (used time.Duration, ok, ask bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	until, _ := l.until.Get(c)
	used = max(0, until.Sub(now))
	if used+l.interval > l.window {
		return used, false, false
	}
	used += l.interval
	l.until.Put(c, now.Add(used))
	return used, true, l.store != nil && !now.Before(l.resting)
}

// learn notes what the store has said. Of calls at once it may have said more already.
func (l *Limiter) learn(c Client, used time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	until := time.Now().Add(used)
	if known, _ := l.until.Get(c); !ok || until.After(known) {
		l.until.Put(c, until)
	}
}

// rest leaves the store alone for a while, unless it was the caller that gave up.
func (l *Limiter) rest(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	l.mu.Lock()
	l.resting = time.Now().Add(pause)
	l.mu.Unlock()
	l.logger.WarnContext(ctx, "a rate of calls is kept by this process alone for now, since the database does not answer",
		slog.String("function", l.function), slog.Any("error", err))
}

func (l *Limiter) verdict(used time.Duration, ok bool) Verdict {
	if !ok {
		return Verdict{Wait: used + l.interval - l.window}
	}
	left := int((l.window - used) / l.interval)
	return Verdict{OK: true, Left: left, Wait: used + time.Duration(left+1)*l.interval - l.window}
}

// Seconds returns the time until there is one more, in whole seconds.
func (v Verdict) Seconds() string { return strconv.FormatInt(v.seconds(), 10) }

// Header returns the header RateLimit that tells v.
func (v Verdict) Header() string {
	var room [48]byte
	b := strconv.AppendInt(append(room[:0], `"default";r=`...), int64(v.Left), 10)
	return string(strconv.AppendInt(append(b, ";t="...), v.seconds(), 10))
}

func (v Verdict) seconds() int64 { return int64((v.Wait + time.Second - 1) / time.Second) }
