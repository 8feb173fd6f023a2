// Package api calls Inngest's HTTP API as the holder of a signing key.
package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/inngest/inngestgo"

	"switchyard/router/internal/durable/signing"
)

const (
	timeout   = 15 * time.Second // one request
	maxAnswer = 16 << 20         // bytes
)

// Client calls one server. It is safe for concurrent use.
type Client struct {
	server string
	keys   []string
	http   *http.Client
}

// New returns a client of the server at this base URL, such as "https://api.inngest.com".
func New(server string, keys signing.Keys) *Client {
	return &Client{server: server, keys: keys.All(), http: &http.Client{Timeout: timeout}}
}

// Server returns the server's base URL.
func (c *Client) Server() string { return c.server }

// RefusedError is Inngest's answer that it will not take what it is told, however often.
type RefusedError struct{ error }

// Do sends a request. An answer that is no success is an error, a [RefusedError] if the
// status is 400 or 422; without an answer there is no status.
func (c *Client) Do(ctx context.Context, method, path string, body []byte) (status int, answer []byte, err error) {
	for _, key := range c.keys {
		var bearer string
		if bearer, err = signing.Bearer(key); err != nil {
			return status, nil, err
		}
		// While the key is being replaced, Inngest may still know the other one only.
		if status, answer, err = c.do(ctx, bearer, method, path, body); status != http.StatusUnauthorized {
			break
		}
	}
	return status, answer, err
}

func (c *Client) do(ctx context.Context, bearer, method, path string, body []byte) (status int, answer []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, c.server+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	inngestgo.SetBasicRequestHeaders(req)
	req.Header.Set(inngestgo.HeaderKeyAuthorization, "Bearer "+bearer)
	path, _, _ = strings.Cut(path, "?") // for errors, which are told apart
	res, err := c.http.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("%s %s%s: %w", method, c.server, path, withoutURL(err))
	}
	defer func() { _ = res.Body.Close() }()
	answer, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if res.StatusCode >= http.StatusMultipleChoices {
		err = fmt.Errorf("%s: Inngest answered %s: %s", path, res.Status, bytes.TrimSpace(answer[:min(len(answer), 4<<10)]))
	}
	if res.StatusCode == http.StatusBadRequest || res.StatusCode == http.StatusUnprocessableEntity {
		err = RefusedError{err}
	}
	return res.StatusCode, answer, err
}

// withoutURL returns err without the URL, which [url.Error] repeats.
func withoutURL(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}
