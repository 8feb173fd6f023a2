package live

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// The bounds of streams. A caller that has too many is refused, and no other.
const (
	maxOfCaller = 64
	maxStreams  = 20_000 // in this process
	patience    = 5 * time.Second
)

// errFrozen says what a host cannot do that freezes the process between two calls.
var errFrozen = fault.New(fault.NotFound, "There are no live messages on this host: it sleeps between two calls. Ask again from time to time.")

// errStopping answers what comes while this process stops: another one takes over.
var errStopping = fault.New(fault.Unavailable, "This server is stopping. Try again in a few seconds.")

// open returns a new stream of these topics for the client that sent r, with what it has missed. If
// there is none to be had, open answers r and returns nil.
func (h *Hub) open(w http.ResponseWriter, r *http.Request, topics []Topic) *stream {
	s, err := h.subscribe(r.Context(), topics)
	if err != nil {
		refuse(w, r, err)
		return nil
	}
	opened := false
	defer func() {
		if !opened {
			h.leave(s)
		}
	}()
	if err := h.begins(r.Context(), s, lastID(r)); err != nil {
		refuse(w, r, err)
		return nil
	}
	opened = true
	return s
}

// begins has s begin with what the client has missed since it had the id last. If its session has
// ended, which a cookie may hide for some minutes, s ends instead.
func (h *Hub) begins(ctx context.Context, s *stream, last string) error {
	ended, err := auth.Ended(ctx)
	if err != nil {
		return err
	}
	if ended {
		s.stop(errEnded)
		return nil
	}
	return h.resume(ctx, s, last)
}

// refuse answers a client that gets no stream.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	fn.Report(r.Context(), err)
	f := fault.Of(err)
	status := f.Kind.Status()
	if errors.Is(err, errFrozen) {
		status = http.StatusNotImplemented
	}
	if f.Kind == fault.TooMany || f.Kind == fault.Unavailable {
		w.Header().Set("Retry-After", strconv.Itoa(5+rand.IntN(10))) //nolint:gosec // no secret
	}
	http.Error(w, f.Message, status)
}

// subscribe adds a stream of these topics, and of who calls in ctx. It fails with fault.TooMany,
// fault.Unavailable, or errFrozen.
func (h *Hub) subscribe(ctx context.Context, topics []Topic) (*stream, error) {
	if err := h.ready(ctx); err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	s := newStream(ctx, topics, h.at)
	switch {
	case h.stopping.Load(): // since ready has asked
		return nil, errStopping
	case h.callers[s.caller] >= maxOfCaller:
		h.counts.refused.Add(1)
		return nil, fault.New(fault.TooMany, "You have %d live connections open already. Close some of your windows.", maxOfCaller)
	case len(h.streams) >= maxStreams:
		h.counts.refused.Add(1)
		return nil, fault.New(fault.Unavailable, "There are too many live connections at the moment. Try again in a minute.")
	}
	h.fresh++
	h.streams[s] = struct{}{}
	h.callers[s.caller]++
	for _, t := range topics {
		if h.topics[t] == nil {
			h.topics[t] = map[*stream]struct{}{}
		}
		h.topics[t][s] = struct{}{}
	}
	return s, nil
}

// ready waits until there is a position for streams to begin from.
func (h *Hub) ready(ctx context.Context) error {
	switch {
	case h.frozen.Load():
		return errFrozen
	case h.stopping.Load():
		return errStopping
	}
	select {
	case h.wanted <- struct{}{}:
	default:
	}
	select {
	case <-h.begun: // without a timer, which a context keeps the room for
		return nil
	default:
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-h.begun:
		return nil
	case <-ctx.Done():
		return fault.New(fault.Unavailable, "There are no live messages at the moment. Try again in a few seconds.").Because(ctx.Err())
	}
}

// leave takes s away.
func (h *Hub) leave(s *stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.streams, s)
	if h.callers[s.caller]--; h.callers[s.caller] == 0 {
		delete(h.callers, s.caller)
	}
	for _, t := range s.topics {
		if delete(h.topics[t], s); len(h.topics[t]) == 0 {
			delete(h.topics, t)
		}
	}
}

// EndStreams ends all streams, since the process stops. Their clients come again, and find another
// one.
func (h *Hub) EndStreams() {
	h.stopping.Store(true)
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.streams {
		s.stop(errStopping)
	}
}

// Each stream sends something after this time, which is shorter than what proxies wait for. There
// are so many turns, so that not all streams do so at once.
const (
	heartbeat = 25 * time.Second
	turns     = 25
)

// beat wakes the streams whose turn it is. Those for which nothing waits have got all that there
// was for them.
func (h *Hub) beat(context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.turn = (h.turn + 1) % turns
	for s := range h.streams {
		if s.turn == h.turn {
			s.beat(h.at)
		}
	}
	return nil
}

// check ends the streams of those who are signed out by now. It is most of what an idle process
// does, and so makes little that is to be collected.
func (h *Hub) check(ctx context.Context) error {
	for sessions, ids := range h.asked {
		h.asked[sessions] = ids[:0]
	}
	h.mu.Lock()
	for s := range h.streams {
		if s.sessions != nil {
			h.asked[s.sessions] = append(h.asked[s.sessions], s.session)
		}
	}
	h.mu.Unlock()
	maps.DeleteFunc(h.asked, func(_ auth.Sessions, ids []string) bool { return len(ids) == 0 })
	var errs []error
	for sessions, ids := range h.asked {
		slices.Sort(ids)
		ended, err := sessions.Ended(ctx, slices.Compact(ids))
		errs = append(errs, err)
		if len(ended) > 0 {
			h.signOut(sessions, ended)
		}
	}
	return errors.Join(errs...)
}

// signOut ends the streams of these sessions.
func (h *Hub) signOut(sessions auth.Sessions, ended []string) {
	slices.Sort(ended)
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.streams {
		if _, found := slices.BinarySearch(ended, s.session); found && s.sessions == sessions {
			s.stop(errEnded)
		}
	}
}

// When garbage is collected.
const (
	manyStreams  = 1000 // which leave some 20 MB behind when they have begun
	collectEvery = 30 * time.Second
)

// collect collects garbage once many streams have begun, and now and then while there are many. To
// begin takes more memory than a stream then keeps, and the stack that has grown for it is made
// smaller by a collection alone. Go would wait for one until the heap has doubled, or for two minutes.
func (h *Hub) collect(context.Context) error {
	h.mu.Lock()
	due := h.fresh >= manyStreams || len(h.streams) >= manyStreams && time.Since(h.collected) >= collectEvery
	if due {
		h.fresh, h.collected = 0, time.Now()
	}
	h.mu.Unlock()
	if due {
		runtime.GC()
	}
	return nil
}
