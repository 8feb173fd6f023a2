package faults_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// function is one that is registered with an engine.
type function struct {
	app, id, url string
	events       []string
}

// registers answers POST /fn/register: these functions are all there are of the app.
func (e *engine) registers(w http.ResponseWriter, body []byte) {
	var app struct {
		AppName   string
		Functions []struct {
			ID       string
			Triggers []struct{ Event string }
			Steps    map[string]struct{ Runtime struct{ URL string } }
		}
	}
	if err := json.Unmarshal(body, &app); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.functions = map[string]function{}
	for _, f := range app.Functions {
		known := function{app: app.AppName, id: f.ID, url: f.Steps["step"].Runtime.URL}
		for _, trigger := range f.Triggers {
			known.events = append(known.events, trigger.Event)
		}
		e.functions[f.ID] = known
	}
	_, _ = io.WriteString(w, `{"ok":true}`)
}

// take takes one event, which begins a run of each function that listens, and returns its
// id. What it has begun once it does not begin again.
func (e *engine) take(text json.RawMessage) string {
	var event struct {
		ID, Name string
		User     struct{ App string }
	}
	if json.Unmarshal(text, &event) != nil || event.ID == "" {
		event.ID = uuid.NewString()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.posts[event.ID]++; e.posts[event.ID] == 1 {
		e.first[event.ID] = time.Now()
	}
	if e.conduct.swallow || e.known[event.ID] {
		return event.ID
	}
	e.known[event.ID] = true
	for _, f := range e.functions {
		for _, name := range f.events {
			if name == event.Name && (event.User.App == "" || event.User.App == f.app) {
				r := &execution{engine: e, function: f, id: uuid.NewString(), event: text, eventID: event.ID, steps: map[string]any{}, begins: e.turn()}
				e.runs.Go(r.carryOn)
			}
		}
	}
	return event.ID
}

// turn returns when the next run may begin.
func (e *engine) turn() time.Time {
	at := time.Now()
	if e.conduct.rate > 0 {
		if e.next.After(at) {
			at = e.next
		}
		e.next = at.Add(time.Duration(float64(time.Second) / e.conduct.rate))
	}
	return at
}

// execution is a run of one function for one event.
type execution struct {
	*engine

	function function
	id       string
	event    json.RawMessage
	eventID  string
	begins   time.Time
	steps    map[string]any // results, by the ids of the steps
	stack    []string       // those ids, in order
	attempt  int
}

// tries is how often a step that fails is tried.
const tries = 5

// carryOn calls the function until it has ended, or the engine would call no more.
func (r *execution) carryOn() {
	for pause := time.Until(r.begins); r.sleep(pause); pause = 0 {
		status, answer := r.call()
		ended := true
		switch {
		case status == http.StatusOK:
		case status == http.StatusPartialContent:
			ended = false
			r.attempt = 0
			r.note(answer)
		case status == 0 || status >= http.StatusBadGateway: // nobody was there: no try of the function
			ended = !r.sleep(size.retry)
		case r.attempt+1 < tries:
			r.attempt++
			ended = !r.sleep(size.retry)
		}
		if ended || r.conducts().endless {
			return
		}
	}
}

// sleep waits, and reports whether the engine still lives.
func (r *execution) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.life.Done():
	}
	return r.life.Err() == nil
}

// note keeps what the function says of its steps.
func (r *execution) note(answer []byte) {
	var ops []struct {
		ID, Op      string
		Data, Error json.RawMessage
	}
	_ = json.Unmarshal(answer, &ops)
	for _, op := range ops {
		switch op.Op {
		case "StepError":
			r.attempt++
			continue
		case "StepFailed":
			r.steps[op.ID] = map[string]any{"error": op.Error}
		default:
			r.steps[op.ID] = map[string]any{"data": op.Data}
		}
		r.stack = append(r.stack, op.ID)
	}
}

// call makes the next call, and returns the status, 0 for none, and the body of the answer.
func (r *execution) call() (int, []byte) {
	r.turns <- struct{}{}
	defer func() { <-r.turns }()
	body, err := canonical(map[string]any{
		"ctx": map[string]any{
			"run_id": r.id, "request_id": uuid.NewString(), "attempt": r.attempt, "max_attempts": tries, "step_id": "step",
			"fn_id": uuid.Nil, "stack": map[string]any{"stack": r.stack, "current": len(r.stack)},
		},
		"event": r.event, "events": []json.RawMessage{r.event}, "steps": r.steps, "version": 1,
	})
	if err != nil {
		return 0, nil
	}
	ctx, cancel := context.WithTimeout(r.life, time.Minute)
	defer cancel()
	address := r.function.url
	if !strings.Contains(address, "stepId=") {
		address += "&stepId=step"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0, nil
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Inngest-Signature", sign(body))
	req.Header.Set("X-Run-Id", r.id)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = res.Body.Close() }()
	answer, _ := io.ReadAll(res.Body)
	r.mu.Lock()
	if _, there := r.begun[r.eventID]; !there && res.StatusCode < http.StatusMultipleChoices {
		r.begun[r.eventID] = time.Now()
	}
	r.mu.Unlock()
	return res.StatusCode, answer
}

// canonical returns v as JSON in the form that Inngest signs, RFC 8785: what Go makes of
// maps, if it leaves "<" as it is.
func canonical(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var plain any
	if err := json.Unmarshal(text, &plain); err != nil {
		return nil, err
	}
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	err = encoder.Encode(plain)
	return bytes.TrimSpace(body.Bytes()), err
}

// sign signs a body as Inngest does; see package signing.
func sign(body []byte) string {
	now := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(signingKey))
	_, _ = mac.Write(append(bytes.Clone(body), now...))
	return fmt.Sprintf("t=%s&s=%s", now, hex.EncodeToString(mac.Sum(nil)))
}
