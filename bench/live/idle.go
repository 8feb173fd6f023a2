package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"switchyard/bench/product/data"
	"switchyard/shared/live"
)

// people makes users, each with a session, and returns the tokens of these. Ids are as long as Better
// Auth makes them.
const people = `WITH one AS (
	INSERT INTO "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
		SELECT md5('user' || i), 'User ' || i, 'i' || i || '@example.com', true, now(), CURRENT_TIMESTAMP FROM generate_series(1, $1) AS i
		RETURNING id
), session AS (
	INSERT INTO session (id, "expiresAt", token, "createdAt", "updatedAt", "ipAddress", "userAgent", "userId")
		SELECT md5('session' || id), now() + interval '7 days', md5(id), now(), CURRENT_TIMESTAMP, '127.0.0.1', $2, id FROM one
		RETURNING token
) SELECT array_agg(token) FROM session`

// userAgent is that of a browser, as what follows is.
const userAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"

const asked = "GET " + live.Path + " HTTP/1.1\r\nHost: %[1]s\r\nConnection: keep-alive\r\nCache-Control: no-cache\r\nUser-Agent: " + userAgent + "\r\n" +
	"Accept: text/event-stream\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\nReferer: http://%[1]s/files\r\n" +
	"Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9\r\nCookie: better-auth.session_token=%[2]s\r\n\r\n"

// idle prints the memory of a router with streams that have nothing to send but heartbeats.
func idle(ctx context.Context, w io.Writer, d *deployment, s sizes) (err error) {
	var tokens []string
	if err := d.db.QueryRow(ctx, people, s.idle, userAgent).Scan(&tokens); err != nil {
		return err
	}
	request := func(i int) string { return fmt.Sprintf(asked, d.router, data.Sign(tokens[i])) }
	router, err := d.startRouter(ctx, s.memory, request(0))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, router.Process.Signal(syscall.SIGTERM), router.Wait()) }()
	before := rss(router)
	var events, gone atomic.Int64
	for i := range tokens {
		conn, r, err := connect(ctx, d.router, request(i))
		if err != nil {
			return fmt.Errorf("client %d: %w", i, err)
		}
		defer conn.Close()
		go func() {
			defer gone.Add(1)
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if strings.HasPrefix(line, "id: ") {
					events.Add(1)
				}
			}
		}()
	}
	fmt.Fprintf(w, "%d idle clients, MEMORY_LIMIT=%s: %.0f MB before, %.0f MB when the last has come", s.idle, s.memory, before, rss(router))
	for minute := range int(s.waits.Minutes()) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Minute):
		}
		fmt.Fprintf(w, ", %.0f MB after minute %d", rss(router), minute+1)
	}
	fmt.Fprintf(w, "; %.0f MB at most; %d events came, %d clients went\n", peak(router), events.Load(), gone.Load())
	return nil
}

// startRouter starts the router, and returns when it answers a request: some seconds later, since
// it waits for Inngest before it listens for messages.
func (d *deployment) startRouter(ctx context.Context, memory, request string) (*exec.Cmd, error) {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), d.program, "serve")
	cmd.Env, cmd.Stderr = append(slices.Clip(d.env), "MEMORY_LIMIT="+memory), os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	for ctx.Err() == nil {
		conn, _, err := connect(ctx, d.router, request)
		if err == nil {
			return cmd, conn.Close()
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil, errors.Join(ctx.Err(), cmd.Process.Kill(), cmd.Wait())
}
