package remote

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/internal/backoff"
	"switchyard/shared/auth"
	"switchyard/shared/fault"
)

// checkEvery is how often it is looked whether sessions have ended that have streams.
const checkEvery = 5 * time.Second

// streams are the answers that last until somebody ends them: server-sent events and sockets. Where
// they come from, nobody knows that this router drains, nor its sessions: so it ends them itself, and
// their clients come again.
type streams struct {
	mu     sync.Mutex
	all    map[*stream]struct{}
	drains bool
}

// stream is a call of a page with Stream, whose answer may be such. Others, such as a long download,
// are not ended: nobody could tell that they are not whole.
type stream struct {
	io.ReadCloser // the answer's body

	end      context.CancelFunc // of the call's context
	ended    atomic.Bool
	session  string        // its id
	sessions auth.Sessions // tell whether that has ended; nil if nobody can
}

// call returns the context in which a call is sent on, and what to call when it is over. It fails
// with fault.Unauthorized if the session has ended, which a cookie may hide for some minutes. To
// ask for that is one statement for each call of a page that streams, also if its answer will be
// none: afterwards the work would have begun there.
func (s *streams) call(ctx context.Context) (_ context.Context, one *stream, over func(), err error) {
	ended, err := auth.Ended(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	if ended {
		return nil, nil, nil, fault.New(fault.Unauthorized, "Sign in to use this.")
	}
	one = &stream{session: auth.SessionFrom(ctx).ID, sessions: auth.SessionsFrom(ctx)}
	ctx, one.end = context.WithCancel(ctx)
	return ctx, one, func() {
		one.end()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.all, one)
	}, nil
}

// answered notes what the answer to a call is.
func (s *streams) answered(one *stream, a *http.Response) {
	events := strings.HasPrefix(a.Header.Get("Content-Type"), "text/event-stream")
	if !events && a.StatusCode != http.StatusSwitchingProtocols {
		return
	}
	if events {
		one.ReadCloser, a.Body = a.Body, one
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all[one] = struct{}{}; s.drains {
		one.stop()
	}
}

func (s *stream) stop() {
	s.ended.Store(true)
	s.end()
}

// Read ends a stream that was stopped as one that is whole.
func (s *stream) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	if err != nil && s.ended.Load() {
		err = io.EOF
	}
	return n, err
}

// EndStreams ends all streams, since the router drains.
func (f *Forwarder) EndStreams() {
	s := f.streams
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drains = true
	for one := range s.all {
		one.stop()
	}
}

// Run ends the streams of sessions that have ended, a few seconds later, until ctx ends.
func (f *Forwarder) Run(ctx context.Context, log *slog.Logger) error {
	for backoff.Sleep(ctx, checkEvery) {
		if err := f.streams.check(ctx); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "remote: it cannot be looked which sessions have ended", slog.Any("error", err))
		}
	}
	return nil
}

// check ends the streams of sessions that have ended.
func (s *streams) check(ctx context.Context) error {
	asked := map[auth.Sessions][]*stream{}
	s.mu.Lock()
	for one := range s.all {
		if one.sessions != nil {
			asked[one.sessions] = append(asked[one.sessions], one)
		}
	}
	s.mu.Unlock()
	var errs []error
	for sessions, all := range asked {
		ids := make([]string, len(all))
		for i, one := range all {
			ids[i] = one.session
		}
		ended, err := sessions.Ended(ctx, ids)
		errs = append(errs, err)
		for _, one := range all {
			if slices.Contains(ended, one.session) {
				one.stop()
			}
		}
	}
	return errors.Join(errs...)
}
