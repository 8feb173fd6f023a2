package live

import (
	"context"
	"net/http"
)

// ManyStreams is how many begin until their garbage is collected.
const ManyStreams = manyStreams

// Subscribe begins a stream.
func Subscribe(ctx context.Context, h *Hub) error {
	_, err := h.subscribe(ctx, nil)
	return err
}

// What Run does every 20 s, and every second.
var (
	SayAgain = (*Hub).sayAgain
	Beat     = (*Hub).beat
)

// Turns is how many beats there are between two heartbeats of a stream.
const Turns = turns

// The queries of the log, for tests of their plans.
const (
	ReadNew     = readNew
	ReadBetween = readBetween
)

// Heart returns what sends a heartbeat to w, of a stream that has nothing else to send.
func Heart(w http.ResponseWriter) func() error {
	s, to := &stream{wake: make(chan struct{}, 1)}, &eventWriter{w: w}
	return func() error {
		s.beat(cursor{snapshot: "4294967296:4294967299:"})
		<-s.wake
		return to.write(s.take())
	}
}
