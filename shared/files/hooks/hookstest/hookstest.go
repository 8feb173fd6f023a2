// Package hookstest gives tests webhooks that may lead to this machine, and somebody who
// receives what they are told.
package hookstest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"switchyard/shared/callrate"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/events"
	"switchyard/shared/files/hooks"
	"switchyard/shared/live"
	"switchyard/shared/outgoing"
	"switchyard/shared/seal"
)

// Open returns the webhooks in d, whose events go out by bus.
func Open(tb testing.TB, d *db.DB, bus *events.Bus) *hooks.Store {
	tb.Helper()
	return OpenNamed(tb, d, bus, config.AuthNames{})
}

// OpenNamed is [Open] where the users' table is called as n says.
func OpenNamed(tb testing.TB, d *db.DB, bus *events.Bus, n config.AuthNames) *hooks.Store {
	tb.Helper()
	ctx := tb.Context()
	box, err := seal.Open(ctx, config.Sealing{Secret: config.Secret(strings.Repeat("secret", 6))})
	if err != nil {
		tb.Fatal(err)
	}
	calls, err := outgoing.Open(ctx, config.Outgoing{Allowed: config.Networks{netip.MustParsePrefix("127.0.0.0/8")}})
	if err != nil {
		tb.Fatal(err)
	}
	hub, err := live.Open(ctx, d)
	if err != nil {
		tb.Fatal(err)
	}
	rates, err := callrate.Open(ctx, d)
	if err != nil {
		tb.Fatal(err)
	}
	store, err := hooks.Open(ctx, d, n, rates, bus, box, calls, hub)
	if err != nil {
		tb.Fatal(err)
	}
	return store
}

// Received is a webhook as it came.
type Received struct {
	Header http.Header
	Body   []byte
}

// Verify fails the test unless w is signed with secret, by the official library.
func (w Received) Verify(tb testing.TB, secret string) {
	tb.Helper()
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		tb.Fatal(err)
	}
	if err := verifier.Verify(w.Body, w.Header); err != nil {
		tb.Errorf("%s: %v", w.Body, err)
	}
}

// Receiver takes webhooks.
type Receiver struct {
	URL string

	mu       sync.Mutex
	received []Received
}

// Receive returns a receiver that answers the nth webhook, from 0, with answer.
func Receive(tb testing.TB, answer func(n int, w http.ResponseWriter)) *Receiver {
	tb.Helper()
	r := &Receiver{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, in *http.Request) {
		body, _ := io.ReadAll(in.Body)
		r.mu.Lock()
		n := len(r.received)
		r.received = append(r.received, Received{in.Header, body})
		r.mu.Unlock()
		answer(n, w)
	}))
	tb.Cleanup(server.Close)
	r.URL = server.URL
	return r
}

// Received returns what has come, in order.
func (r *Receiver) Received() []Received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Received(nil), r.received...)
}
