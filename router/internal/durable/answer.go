package durable

import (
	"bytes"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // see sleep
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/inngest/inngestgo"

	"switchyard/router/internal/durable/options"
	"switchyard/router/internal/durable/sdk"
)

// answer is a response that is kept until the ledger knows of it.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func newAnswer() *answer { return &answer{header: http.Header{}, status: http.StatusOK} }

// written returns an answer of v as JSON, as the SDK gives them.
func written(status int, v any) *answer {
	a := newAnswer()
	inngestgo.SetBasicResponseHeaders(a)
	a.header.Set("Content-Type", "application/json")
	a.status = status
	_ = json.NewEncoder(&a.body).Encode(v)
	return a
}

// says returns an answer that is an error to Inngest.
func says(status int, message string) *answer {
	return written(status, map[string]string{"message": message})
}

// sleep returns an answer that has Inngest call again after d. The name of the step
// is one that no function has, and another one each time.
func sleep(d time.Duration) *answer {
	d = (d + time.Second).Truncate(time.Second)
	sum := sha1.Sum([]byte(rand.Text())) //nolint:gosec // Inngest knows steps by such hashes
	return written(http.StatusPartialContent, []map[string]any{{
		"id": hex.EncodeToString(sum[:]), "op": "Sleep", "name": "another run handles the event",
		"opts": map[string]string{"duration": d.String()},
	}})
}

// Header implements [http.ResponseWriter].
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements [http.ResponseWriter].
func (a *answer) WriteHeader(status int) { a.status = status }

// Write implements [http.ResponseWriter].
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }

// writeTo sends the answer.
func (a *answer) writeTo(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body.Bytes()) // it is still to be read by the log
}

// How a call has ended. Only [ok] with a status of 200, and [failed] outside a
// step, are the end of its run.
const (
	ok      = "ok"
	retried = "retry"
	failed  = "failed"
	skipped = "skipped"
	refused = "refused" // nothing of it was run
)

// outcome returns how a call has ended, and the step that ran, if one did.
func (a *answer) outcome(c *call) (outcome, step string) {
	op := ""
	if a.status == http.StatusPartialContent && len(c.steps) > 0 {
		op, step = c.steps[0].Op, c.steps[0].Name
	}
	final := c.last || a.header.Get(inngestgo.HeaderKeyNoRetry) == "true"
	switch {
	case c.skipped:
		return skipped, ""
	case op == "StepFailed", final && (op == "StepError" || a.status >= http.StatusBadRequest):
		return failed, step
	case op == "StepError", a.status >= http.StatusBadRequest:
		return retried, step
	}
	return ok, step
}

// ended reports whether the run has ended with this answer, and how. A step that
// has failed is not the end: the function is called again, to see the error.
func (a *answer) ended(c *call) (outcome string, ended bool) {
	outcome, _ = a.outcome(c)
	switch {
	case a.status == http.StatusPartialContent, outcome == retried:
		return outcome, false
	case outcome == failed && c.interrupted():
		return outcome, false // Inngest does not know, and tries again
	}
	return outcome, true
}

// cause returns the text of err, or if there is none what the SDK answered.
func (a *answer) cause(err error) string {
	if err != nil {
		return err.Error()
	}
	var body struct{ Message string }
	if json.Unmarshal(a.body.Bytes(), &body) == nil && body.Message != "" {
		return body.Message
	}
	const enough = 1 << 10
	return string(bytes.TrimSpace(a.body.Bytes()[:min(a.body.Len(), enough)]))
}

// longest is how long Inngest waits for an invoked function if it is not told.
const longest = 365 * 24 * time.Hour

// next returns how long it may take until the run is called again, apart from the
// time it takes Inngest to do so.
func (a *answer) next(c *call) time.Duration {
	if outcome, _ := a.outcome(c); outcome == retried || c.interrupted() {
		if at, err := time.Parse(time.RFC3339, a.header.Get(inngestgo.HeaderKeyRetryAfter)); err == nil {
			return max(time.Until(at), 0)
		}
		return retryWait(c.attempt) + jitter
	}
	return c.waits()
}

// waits returns for how long a call has left its run to Inngest.
func (c *call) waits() time.Duration {
	var longest time.Duration
	for _, s := range c.steps {
		longest = max(longest, waitOf(s, c.target.timeout))
	}
	return longest
}

func waitOf(s sdk.Step, timeout time.Duration) time.Duration {
	switch s.Op {
	case "StepRun", "Step", "StepError", "StepFailed", "None":
		return 0
	case "Sleep":
		return duration(s.Duration)
	case "WaitForEvent", "WaitForSignal", "InvokeFunction":
		return duration(s.Timeout)
	case "StepPlanned":
		return timeout // other parallel steps run meanwhile
	}
	return options.LongestCall
}

// duration reads what the SDK has written.
func duration(text string) time.Duration {
	d, err := parseDuration(text)
	if text == "" || err != nil {
		return longest
	}
	return d
}

// parseDuration reads a duration such as "1w2d3h4m": as Go writes it, with weeks and days
// before.
func parseDuration(text string) (total time.Duration, err error) {
	for _, unit := range []struct {
		name string
		d    time.Duration
	}{{"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour}} {
		if number, rest, found := strings.Cut(text, unit.name); found {
			n, err := strconv.ParseInt(number, 10, 32)
			if err != nil {
				return 0, fmt.Errorf("read a duration: %w", err)
			}
			total, text = total+time.Duration(n)*unit.d, rest
		}
	}
	if text == "" {
		return total, nil
	}
	d, err := time.ParseDuration(text)
	return total + d, err
}

// jitter bounds the random time by which Inngest puts a retry off longer than by
// [retryWait].
const jitter = 30 * time.Second

// retryWait returns how long Inngest waits after a number of attempts, without the
// jitter.
func retryWait(attempts int) time.Duration {
	waits := [...]time.Duration{
		15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute,
		10 * time.Minute, 20 * time.Minute, 40 * time.Minute, time.Hour, 2 * time.Hour,
	}
	return waits[min(max(attempts, 1), len(waits))-1]
}
