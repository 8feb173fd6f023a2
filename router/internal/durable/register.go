package durable

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/inngest/inngestgo"
)

const (
	firstWait = 250 * time.Millisecond
	maxWait   = 30 * time.Second
	// logEvery is after how many vain tries the reason is logged again: about
	// every ten minutes.
	logEvery = 20
	// reachedWithin bounds the time that a proxy or a load balancer takes to let requests through
	// to a service that has started.
	reachedWithin = 5 * time.Second
)

// Register tells Inngest that the functions of this process are all there are, and
// where. It is for an application without a database; one that has a database has a
// [Registrar]. It tries until Inngest has taken them, waiting ever longer, at most
// 30 s, between tries, and returns an error only when ctx ends.
//
// It does not notice when Inngest forgets. In development, where the server keeps
// nothing, an unsigned PUT to the handler makes it register again.
func (h *Host) Register(ctx context.Context) error {
	var t trouble
	for {
		err := h.register(ctx)
		if err == nil {
			h.log.InfoContext(ctx, "jobs are registered with Inngest",
				slog.String("server", h.server), slog.Int("functions", len(h.names)))
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		h.notRegistered(ctx, &t, err)
		if pause(ctx, t.pause()); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// pause returns after d, or when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// trouble is a row of failures to register.
type trouble struct {
	tries  int
	reason string
	began  time.Time
}

// level adds one, and returns the level at which it is logged: a warning if it is new, or
// lasts, else for debugging. A service that is not reached may not be reached yet, and is
// worth a warning after a few seconds.
func (t *trouble) level(err error) slog.Level {
	if t.tries++; t.tries == 1 {
		t.began = time.Now()
	}
	_, unreached := errors.AsType[unreachedError](err)
	if unreached && time.Since(t.began) < reachedWithin {
		return slog.LevelDebug
	}
	fresh := err.Error() != t.reason
	t.reason = err.Error()
	if fresh || t.tries%logEvery == 0 {
		return slog.LevelWarn
	}
	return slog.LevelDebug
}

// notRegistered logs a failure to register.
func (h *Host) notRegistered(ctx context.Context, t *trouble, err error) {
	level := t.level(err)
	h.log.Log(ctx, level, "jobs are not registered with Inngest yet; trying again",
		slog.String("server", h.server), slog.Int("tries", t.tries), slog.Any("error", err))
}

// pause returns how long to wait before the next try.
func (t *trouble) pause() time.Duration {
	wait := maxWait
	if doubled := t.tries - 1; doubled < 7 {
		wait = min(firstWait<<max(doubled, 0), maxWait)
	}
	return wait/2 + rand.N(wait/2)
}

func (h *Host) register(ctx context.Context) error {
	if err := h.tryOrigin(ctx); err != nil {
		return err
	}
	m, err := h.manifest(ctx)
	if err != nil {
		return err
	}
	functions, err := m.list()
	if err != nil {
		return err
	}
	if _, err := h.claim(ctx, []offer{{Origin: h.url, Live: true, Functions: functions}}); err != nil {
		return fmt.Errorf("register: %w", err)
	}
	return h.announce(ctx, m, functions)
}

// Clear has Inngest forget the app's functions, whoever has registered them.
func (h *Host) Clear(ctx context.Context) error {
	m, err := h.manifest(ctx)
	if err != nil {
		return err
	}
	return h.post(ctx, m, []json.RawMessage{})
}

// post does by itself what the SDK would do when asked to by an unsigned PUT: the
// SDK's own call has no deadline, takes no context, drops the reason of a refusal and
// knows of this process's functions only; and a handler that obeys unsigned requests
// has to be hidden.
//
// Inngest keeps exactly the functions that it is told last.
func (h *Host) post(ctx context.Context, m *manifest, functions []json.RawMessage) error {
	body, err := json.Marshal(map[string]any{
		"v":            "1",
		"deployType":   "ping",
		"url":          m.URL,
		"sdk":          inngestgo.HeaderValueSDK,
		"appName":      m.AppID,
		"functions":    functions,
		"capabilities": m.Inspection.Capabilities,
	})
	if err != nil {
		return fmt.Errorf("register: %w", err)
	}
	if _, _, err := h.ask(ctx, http.MethodPost, "/fn/register", body); err != nil {
		return fmt.Errorf("register: %w", err)
	}
	return nil
}

// ask sends a request to Inngest's API, as who has the signing key. An answer that is no
// success is an error; without an answer there is no status.
func (h *Host) ask(ctx context.Context, method, path string, body []byte) (status int, answer []byte, err error) {
	status, answer, err = h.askAs(ctx, h.bearer, method, path, body)
	// While the key is being replaced, Inngest may still know the other one only.
	if fallback := h.client.Options().SigningKeyFallback; status == http.StatusUnauthorized && fallback != nil && *fallback != "" {
		var bearer string
		if bearer, err = bearerOf(*fallback); err == nil {
			return h.askAs(ctx, bearer, method, path, body)
		}
	}
	return status, answer, err
}

func (h *Host) askAs(ctx context.Context, bearer, method, path string, body []byte) (status int, answer []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, h.server+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	inngestgo.SetBasicRequestHeaders(req)
	req.Header.Set(inngestgo.HeaderKeyAuthorization, "Bearer "+bearer)
	path, _, _ = strings.Cut(path, "?") // for errors, which are told apart
	res, err := h.calls.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("%s %s%s: %w", method, h.server, path, causeOf(err))
	}
	defer func() { _ = res.Body.Close() }()
	answer, err = io.ReadAll(io.LimitReader(res.Body, maxBody))
	if res.StatusCode >= http.StatusMultipleChoices {
		err = fmt.Errorf("%s: Inngest answered %s: %s", path, res.Status, bytes.TrimSpace(answer[:min(len(answer), 4<<10)]))
	}
	if res.StatusCode == http.StatusBadRequest || res.StatusCode == http.StatusUnprocessableEntity {
		err = refusedError{err}
	}
	return res.StatusCode, answer, err
}

// manifest is what the SDK says of our functions.
type manifest struct {
	AppID      string          `json:"app_id"`
	URL        string          `json:"url"`
	Functions  json.RawMessage `json:"functions"`
	Inspection struct {
		Capabilities json.RawMessage `json:"capabilities"`
	} `json:"inspection"`
}

// list returns the functions one by one.
func (m *manifest) list() (functions []json.RawMessage, err error) {
	if err := json.Unmarshal(m.Functions, &functions); err != nil {
		return nil, fmt.Errorf("list the functions: %w", err)
	}
	return functions, nil
}

// manifest asks the SDK's handler, in this process, as Inngest's cloud does.
func (h *Host) manifest(ctx context.Context) (*manifest, error) {
	body, err := json.Marshal(map[string]string{"url": h.url})
	if err != nil {
		return nil, fmt.Errorf("list the functions: %w", err)
	}
	signature, err := inngestgo.Sign(ctx, time.Now(), []byte(h.key), body)
	if err != nil {
		return nil, fmt.Errorf("list the functions: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, h.url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("list the functions: %w", err)
	}
	req.Header.Set(inngestgo.HeaderKeySignature, signature)
	res := &recorder{header: http.Header{}, status: http.StatusOK}
	h.sdk.ServeHTTP(res, req)
	m := &manifest{}
	if err := json.Unmarshal(res.body.Bytes(), m); err != nil || res.status != http.StatusOK {
		return nil, fmt.Errorf("list the functions: the SDK answered %d: %s", res.status, res.body.Bytes())
	}
	if m.Functions, err = h.redirect(m.Functions); err != nil {
		return nil, err
	}
	return m, nil
}

// recorder is the answer of a handler that is called in this process.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements [http.ResponseWriter].
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader implements [http.ResponseWriter].
func (r *recorder) WriteHeader(status int) { r.status = status }

// Write implements [http.ResponseWriter].
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }

// bearerOf returns what a signing key is presented as: hashed, so that a server
// that we meet by mistake does not learn it.
func bearerOf(key string) (string, error) {
	prefix, digits := splitKey(key)
	secret, err := hex.DecodeString(digits)
	if err != nil || len(secret) == 0 {
		return "", errors.New("durable: INNGEST_SIGNING_KEY is malformed: want hexadecimal digits, with or without signkey-…- before them")
	}
	sum := sha256.Sum256(secret)
	return prefix + hex.EncodeToString(sum[:]), nil
}
