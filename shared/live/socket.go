package live

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/coder/websocket"

	"switchyard/shared/fn"
)

// maxReceived bounds a message of a client, in bytes.
const maxReceived = 64 << 10

// ServeSocket is ServeEvents over a WebSocket (RFC 6455), for clients that send as well: receive is
// called with each of their messages, one after another; an error or a panic of it ends the stream.
// A page of another origin gets no socket.
//
// Each message is one text message, {"id", "topic", "name", "data"}. {"last": …} says what to send
// as the query's last when the client comes again, and {"again": true} to load all anew.
func (h *Hub) ServeSocket(w http.ResponseWriter, r *http.Request, receive func(ctx context.Context, message []byte) error, topics ...Topic) {
	s := h.open(w, r, topics)
	if s == nil {
		return
	}
	defer h.leave(s)
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // it has answered
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(maxReceived)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer cancel()
		if err := read(ctx, conn, s, receive); err != nil {
			fn.Report(ctx, err)
		}
	}()
	send(ctx, s, &socketWriter{ctx, conn})
	code, why := websocket.StatusGoingAway, "come again"
	if s.signedOut() {
		code, why = websocket.StatusPolicyViolation, "signed out"
	}
	_ = conn.Close(code, why) // one that is gone cannot be told
	cancel()
	<-done
}

// read hands what the client sends to receive, until the client goes, its session ends, or receive
// fails: then it returns that error.
func read(ctx context.Context, conn *websocket.Conn, s *stream, receive func(context.Context, []byte) error) error {
	for {
		_, message, err := conn.Read(ctx)
		if err != nil || s.signedOut() {
			return nil //nolint:nilerr // it is gone, or has to go
		}
		if err := safely(func() error { return receive(ctx, message) }); err != nil {
			return err
		}
	}
}

// safely calls do, whose panic is an error: this goroutine is not the host's, which would stop it.
func safely(do func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("live: a receiver has panicked: %v\n%s", v, debug.Stack())
		}
	}()
	return do()
}

// socketWriter writes text messages.
type socketWriter struct {
	ctx  context.Context //nolint:containedctx // of the one connection
	conn *websocket.Conn
}

func (o *socketWriter) write(p part) error {
	if p.ended == errEnded { //nolint:errorlint // it is never wrapped
		return nil // the code by which the socket is closed says so
	}
	ctx, cancel := context.WithTimeout(o.ctx, slowest)
	defer cancel()
	if p.again {
		if err := o.conn.Write(ctx, websocket.MessageText, []byte(`{"again":true}`)); err != nil {
			return err
		}
	}
	for _, g := range p.segments {
		for _, m := range g.messages {
			if err := o.conn.Write(ctx, websocket.MessageText, m.text); err != nil {
				return err
			}
		}
	}
	last := append(p.at.appendTo([]byte(`{"last":"`)), `"}`...) // a cursor has nothing that JSON escapes
	return o.conn.Write(ctx, websocket.MessageText, last)
}
