package faults_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"
)

// client is somebody who uploads small files to the file desk.
type client struct {
	rig    *rig
	http   *http.Client
	cookie string

	acknowledged []string // ids of the files of which the desk has said that it has them
	failures     int
}

// signUp makes an account at the file desk.
func (r *rig) signUp(name string) *client {
	r.t.Helper()
	c := &client{rig: r, http: &http.Client{Timeout: hangs, Transport: &http.Transport{}}}
	r.t.Cleanup(c.http.CloseIdleConnections)
	account := map[string]string{"name": name, "email": name + "@example.com", "password": "correct horse battery"}
	var cookies []*http.Cookie
	must(r.t, c.send(r.t.Context(), "/api/auth/sign-up/email", account, func(res *http.Response) error {
		cookies = res.Cookies()
		return nil
	}))
	for _, cookie := range cookies {
		c.cookie += cookie.Name + "=" + cookie.Value + "; "
	}
	return c
}

// send posts v and has the answer read, if it is a success.
func (c *client) send(ctx context.Context, path string, v any, read func(*http.Response) error) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.rig.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", c.rig.url)
	req.Header.Set("Cookie", c.cookie)
	return c.do(req, read)
}

func (c *client) do(req *http.Request, read func(*http.Response) error) error {
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode >= http.StatusMultipleChoices {
		text, _ := io.ReadAll(res.Body)
		return fmt.Errorf("%s is answered %s: %s", req.URL.Path, res.Status, text)
	}
	if err := read(res); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, res.Body)
	return err
}

// upload uploads one file. It is acknowledged once the desk has said that it has all.
func (c *client) upload(ctx context.Context) error {
	const text = "small"
	var created struct {
		File   struct{ ID string }
		Upload struct {
			Method, URL string
			Headers     map[string]string
		}
	}
	err := c.send(ctx, "/api/files", map[string]any{"name": "small.txt", "size": len(text), "type": "text/plain"}, func(res *http.Response) error {
		return json.NewDecoder(res.Body).Decode(&created)
	})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, created.Upload.Method, created.Upload.URL, bytes.NewReader([]byte(text)))
	if err != nil {
		return err
	}
	for name, value := range created.Upload.Headers {
		req.Header.Set(name, value)
	}
	nothing := func(*http.Response) error { return nil }
	if err := c.do(req, nothing); err != nil {
		return err
	}
	if err := c.send(ctx, "/api/files/"+created.File.ID+"/complete", struct{}{}, nothing); err != nil {
		return err
	}
	c.acknowledged = append(c.acknowledged, created.File.ID)
	return nil
}

// uploads has each of the clients upload until enough say so of their number, or ctx ends. It
// is done when what it returns has been called.
func uploads(ctx context.Context, clients []*client, enough int) (wait func()) {
	var all sync.WaitGroup
	for _, c := range clients {
		all.Go(func() {
			for ctx.Err() == nil && (enough == 0 || len(c.acknowledged) < enough) {
				if c.upload(ctx) != nil && ctx.Err() == nil {
					c.failures++
					time.Sleep(50 * time.Millisecond) // nobody is there
				}
			}
		})
	}
	return all.Wait
}

// ids returns the files that were acknowledged to any of the clients.
func ids(clients []*client) (all []string) {
	for _, c := range clients {
		all = append(all, c.acknowledged...)
	}
	return all
}

// ready counts the files that are ready.
func (r *rig) ready(files []string) int {
	r.t.Helper()
	return r.count(`SELECT count(*) FROM file WHERE id = ANY($1::uuid[]) AND status = 'ready'`, files)
}

// TestDesk holds what the flood relies on: a file that is uploaded is ready in the end.
func TestDesk(t *testing.T) {
	t.Parallel()
	e := startEngine(t, conduct{})
	r := start(t, kind{desk: true, server: e.url})
	clients := []*client{r.signUp("ada"), r.signUp("grace")}
	uploads(t.Context(), clients, 20)()
	until(t, "all files are ready", func() bool { return r.ready(ids(clients)) == 40 })
}
