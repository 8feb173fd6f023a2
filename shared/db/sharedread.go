package db

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"switchyard/shared/fn"
)

// SharedRead is a read that many calls make at the same time with the same key: of a page's newest rows, say.
// One read of a key is under way at a time. Who asks meanwhile shares the next one.
//
//	newest := db.NewSharedRead(d, "newest items", func(ctx context.Context, limit int) ([]Item, error) { … })
//	items, err := newest.Get(ctx, 20)
//
// Nothing is kept: a read begins after all have asked who share it, and so sees what was committed
// before. It is outside of any transaction. Since it is for all, it knows nothing of the calls but the key, and
// goes on if they end. For the database it is like a call of a function of its own: all keys together have as
// many connections as the calls of a function, what a read leaves open is closed, and it ends after 10 seconds,
// with fault.Unavailable.
//
// A SharedRead is safe for concurrent use.
type SharedRead[K comparable, V any] struct {
	db     *DB
	reader *fn.Named // whose share of the connections is that of the reads
	read   func(ctx context.Context, key K) (V, error)

	mu   sync.Mutex
	next map[K]*reading[V] // of a key that is being read: what begins after that; nil if nobody waits
}

// reading is one for all who have asked before it began.
type reading[V any] struct {
	done  chan struct{} // closed when what follows is known
	value V
	err   error
}

// NewSharedRead returns a SharedRead in d, which errors and metrics call name. What read returns is for several
// calls: nobody may change it. It is called once more if its connection turns out to be broken.
func NewSharedRead[K comparable, V any](d *DB, name string, read func(ctx context.Context, key K) (V, error)) *SharedRead[K, V] {
	reader := &fn.Named{Name: name, Info: fn.Info{Timeout: tripTimeout}}
	return &SharedRead[K, V]{db: d, reader: reader, read: read, next: map[K]*reading[V]{}}
}

// Get returns what is read for key. Its errors are those of the read, and of ctx, with which it ends as well.
func (s *SharedRead[K, V]) Get(ctx context.Context, key K) (value V, err error) {
	r, leads := s.join(key)
	if leads {
		runtime.Gosched() // who is about to ask joins
		go s.run(key)     //nolint:contextcheck // it reads for others, too
	}
	var watched watched
	ended := s.db.watch.begin(&watched, ctx).Done()
	select {
	case <-r.done:
	case <-ended:
	}
	s.db.watch.end(&watched)
	switch {
	case ctx.Err() != nil:
		return value, failure(ctx.Err())
	case errors.Is(r.err, errLeft):
		return s.read(ctx, key) // panics here, where it is known who asked
	}
	return r.value, r.err
}

// join returns the next reading of key. If none is under way, the caller has to begin it.
func (s *SharedRead[K, V]) join(key K) (r *reading[V], leads bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, known := s.next[key]
	if r == nil {
		r = &reading[V]{done: make(chan struct{})}
		s.next[key] = r
	}
	return r, !known
}

// run reads key for those who wait, and then for those who have come meanwhile.
func (s *SharedRead[K, V]) run(key K) {
	r := s.take(key)
	if r == nil {
		return
	}
	defer func() { go s.run(key) }() // also if read calls runtime.Goexit
	r.err = errLeft
	defer close(r.done)
	defer func() { _ = recover() }() // it panics again in the calls that asked
	var call fn.Call
	call.Begin(s.reader)
	defer call.End()
	ctx := &tripContext{fn.WithCall(s.db.base, &call), time.Now().Add(tripTimeout)}
	value, err := s.read(ctx, key)
	if err != nil && stale(err) && ctx.Err() == nil {
		s.db.Reset()
		value, err = s.read(ctx, key)
	}
	if err != nil && ctx.Err() != nil {
		err = noConnection(err)
	}
	r.value, r.err = value, err
}

// take returns the reading of key that begins now; nil if nobody waits.
func (s *SharedRead[K, V]) take(key K) *reading[V] {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.next[key]
	if r == nil {
		delete(s.next, key)
	} else {
		s.next[key] = nil
	}
	return r
}
