package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"switchyard/bench/product/contract"
	"switchyard/bench/product/data"
	"switchyard/bench/product/load"
	"switchyard/bench/product/result"
)

// work is what contestants are asked for.
type work struct {
	name, title string
	// cached is for those that have the cookie cache; the reference looks the session up.
	cached   bool
	requests func(ctx context.Context, p *process) ([][]byte, error)
	// few is for those in few alone, if it is set.
	few []string
	// perSecond is the pace; 0 for as fast as can be.
	perSecond float64
	// run does the work in place of requests.
	run func(ctx context.Context, p *process, each time.Duration) (load.Result, error)
	// after waits until what the requests have begun is done, which costs processor time, too.
	after func(ctx context.Context) error
}

// calm is a pace, in requests a second, below the 2,000 at which the product leaves lines of
// its log out.
const calm = 1500

// hear is how many listen in the work sse.
const hear = 200

// do does the work for a time.
func (w *work) do(ctx context.Context, p *process, requests [][]byte, connections int, each time.Duration) (load.Result, error) {
	switch {
	case w.run != nil:
		return w.run(ctx, p, each)
	case w.perSecond > 0:
		return load.RunAt(ctx, w.perSecond, p.addr, requests, connections, each)
	}
	return load.Run(ctx, p.addr, requests, connections, each)
}

// different is how many different rows and people are asked for.
const different = 64

// works returns what is measured, or what of it was asked for.
func (b *bench) works(ctx context.Context) ([]work, error) {
	all, err := works(ctx, b.database)
	if len(b.onlyWorks) == 0 {
		return all, err
	}
	return slices.DeleteFunc(all, func(w work) bool { return !slices.Contains(b.onlyWorks, w.name) }), err
}

func works(ctx context.Context, d *data.Database) ([]work, error) {
	ids, err := d.Items(ctx, different)
	if err != nil {
		return nil, err
	}
	cookies, err := d.Cookies(ctx, different)
	if err != nil {
		return nil, err
	}
	rows, lists := make([][]byte, len(ids)), make([][]byte, len(cookies))
	for i, id := range ids {
		rows[i] = load.Request(http.MethodGet, "/api/items/"+id, "")
	}
	for i, cookie := range cookies {
		lists[i] = load.Request(http.MethodGet, "/api/mine?limit=20", "", "Cookie: "+sessionToken+"="+cookie)
	}
	uploads, orders := make([][]byte, len(cookies)), make([][]byte, len(cookies))
	for i, cookie := range cookies {
		header := "Cookie: " + sessionToken + "=" + cookie
		uploads[i] = load.Request(http.MethodPost, "/api/uploads", `{"name":"holiday.jpg","size":3400000,"type":"image/jpeg"}`, header)
		orders[i] = load.Request(http.MethodPost, "/api/orders", `{"name":"A-1","size":3}`, header)
	}
	few := []string{result.Product, result.Reference}
	return []work{
		{name: "ping", title: "Ping", requests: always(load.Request(http.MethodGet, "/api/ping", ""))},
		{name: "echo", title: "Typed JSON", requests: always(load.Request(http.MethodPost, "/api/echo", contract.Order))},
		{name: "row", title: "One row", requests: always(rows...)},
		{name: "list", title: "Signed-in list of 20", requests: always(lists...)},
		{name: "cached", title: "The same, cookie cache", cached: true, requests: func(ctx context.Context, p *process) ([][]byte, error) {
			if p.Name == result.Reference {
				return lists, nil
			}
			return withCache(ctx, p, cookies[:8])
		}},
		{name: "page", title: "Page of 20 rows", requests: always(load.Request(http.MethodGet, "/items", ""))},
		{name: "calm", title: "Ping, 1,500 a second", perSecond: calm, requests: always(load.Request(http.MethodGet, "/api/ping", ""))},
		{name: "sse", title: "Server-sent events to 200", few: few, requests: always(), run: func(ctx context.Context, p *process, each time.Duration) (load.Result, error) {
			return fanOut(ctx, p.addr, hear, each)
		}},
		{name: "upload", title: "Registering an upload", few: few, requests: always(uploads...), after: d.Clean},
		{name: "publish", title: "An order and its event", few: few, requests: always(orders...), after: d.Clean},
	}, nil
}

func always(requests ...[]byte) func(context.Context, *process) ([][]byte, error) {
	return func(context.Context, *process) ([][]byte, error) { return requests, nil }
}

// The cookies of Better Auth.
const (
	sessionToken = "better-auth.session_token"
	sessionData  = "better-auth.session_data"
)

// withCache returns requests of people who have the session's copy in a cookie, too. It is
// good for 5 minutes, so that they are made anew for each measurement.
func withCache(ctx context.Context, p *process, cookies []string) (requests [][]byte, err error) {
	for _, cookie := range cookies {
		header := "Cookie: " + sessionToken + "=" + cookie
		copied, err := cacheCookie(ctx, p.addr, cookie)
		if err != nil {
			return nil, fmt.Errorf("the cookie cache of %s: %w", p.Name, err)
		}
		requests = append(requests, load.Request(http.MethodGet, "/api/mine?limit=20", "", header+copied))
	}
	return requests, nil
}

// cacheCookie returns "; name=value" of each cookie with the session's copy.
func cacheCookie(ctx context.Context, addr, cookie string) (copied string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/api/auth/get-session", nil)
	if err != nil {
		return "", err
	}
	r.Header.Set("Cookie", sessionToken+"="+cookie)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	if err := answer.Body.Close(); err != nil {
		return "", err
	}
	for _, line := range answer.Header.Values("Set-Cookie") {
		if strings.HasPrefix(line, sessionData) {
			pair, _, _ := strings.Cut(line, ";")
			copied += "; " + pair
		}
	}
	if copied == "" {
		return "", errors.New("GET /api/auth/get-session gives no " + sessionData)
	}
	return copied, nil
}
