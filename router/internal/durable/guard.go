package durable

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/inngest/inngestgo"
)

const (
	// maxBody is in bytes. Inngest sends a state of up to 4 MiB, or an event of up
	// to 3 MiB without it.
	maxBody = 16 << 20
	// maxUnproven is how much of a body, in bytes, is brought into a canonical form
	// before it is known to be Inngest's.
	maxUnproven = 16 << 10
	// maxAge is how old a signature may be, and maxSkew how far ahead of our clock.
	maxAge  = 5 * time.Minute
	maxSkew = 30 * time.Second
)

// Why a request is refused: the label of a metric.
const (
	tooLarge    = "too_large"
	unsigned    = "unsigned"
	malformed   = "malformed" // the signature
	expired     = "expired"
	early       = "future"
	forged      = "forged"
	replayed    = "replayed"
	misdirected = "misdirected" // for another function
	notJSON     = "not_json"
	unknown     = "unknown_function"
)

// admit reads a request and reports why it is to be refused, or "". Outside
// development nothing gets past it that is not signed with one of our keys: lately,
// for the first time here, and, if it is a call, for this function. The SDK makes
// checks of its own after that.
//
// What a replica has not seen it cannot know to be a replay: within five minutes a
// call can be repeated once at each other replica, and after a restart. That repeats
// one step of one run, which has to be idempotent for other reasons too.
func (h *Host) admit(w http.ResponseWriter, r *http.Request, c *call) (body []byte, why string) {
	switch r.Method {
	case http.MethodGet, http.MethodPost, http.MethodPut:
	default:
		return nil, "" // the SDK refuses it
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, tooLarge
	}
	signature := r.Header.Get(inngestgo.HeaderKeySignature)
	if !h.dev {
		if why := h.verify(r, signature, body); why != "" {
			return nil, why
		}
	}
	if r.Method != http.MethodPost || r.URL.Query().Get("probe") == "trust" {
		return body, ""
	}
	if !c.read(r, body) {
		return nil, notJSON
	}
	if c.target = h.targets[r.URL.Query().Get("fnId")]; c.target == nil {
		return nil, unknown
	}
	if !h.dev {
		return body, h.misused(r, c, signature)
	}
	return body, ""
}

// verify checks a signature against the body and the clock.
//
// To check a signature the SDK first brings the body into a canonical form, with
// a parser that takes time quadratic in the number of an object's keys, minutes
// for a few MiB, and that overflows the stack, and so ends the process, on deep
// nesting. As Inngest sends that form already and signs its very bytes, a large
// body must pass that plain check. And a body that has no canonical form, the SDK
// takes for an empty one: whoever has seen the signature of an empty request could
// make calls with it.
func (h *Host) verify(r *http.Request, signature string, body []byte) (why string) {
	if signature == "" {
		return unsigned
	}
	seconds, ok := timeOf(signature)
	if !ok {
		return malformed
	}
	switch age := time.Since(time.Unix(seconds, 0)); {
	case age > maxAge:
		return expired
	case age < -maxSkew:
		return early
	}
	for _, key := range h.keys {
		if r.Method == http.MethodGet && proven(key, signature, nil) {
			return "" // the SDK looks at no body
		}
		if proven(key, signature, body) {
			return ""
		}
		if len(body) > maxUnproven || proven(key, signature, nil) {
			continue
		}
		if valid, _, _ := inngestgo.ValidateRequestSignature(r.Context(), signature, key, "", body, false); valid {
			return ""
		}
	}
	return forged
}

// timeOf returns when a signature was made, in seconds since 1970. One signature has
// one form: else a replay could look like another one.
func timeOf(signature string) (seconds int64, ok bool) {
	values, _ := url.ParseQuery(signature)
	seconds, err := strconv.ParseInt(values.Get("t"), 10, 64)
	mac, notHex := hex.DecodeString(values.Get("s"))
	return seconds, err == nil && notHex == nil && signature == fmt.Sprintf("t=%d&s=%x", seconds, mac)
}

// proven reports whether the signature is that of these very bytes. It does not
// look at the signature's age.
func proven(key, signature string, body []byte) bool {
	values, _ := url.ParseQuery(signature)
	want, err := hex.DecodeString(values.Get("s"))
	if err != nil {
		return false
	}
	_, digits := splitKey(key)
	mac := hmac.New(sha256.New, []byte(digits))
	_, _ = mac.Write(body)
	_, _ = io.WriteString(mac, values.Get("t"))
	return hmac.Equal(mac.Sum(nil), want)
}

// misused looks at how a signed call is used: once, and for the function that
// Inngest has signed it for. The function's name stands in the query, which is not
// signed; but the run is, and its events.
func (h *Host) misused(r *http.Request, c *call, signature string) (why string) {
	switch owner := h.runs.get(c.run); {
	case owner == c.target.slug:
	case owner != "", !c.target.fits(c) && !h.begun(r, c):
		return misdirected
	}
	// Each call has an id of its own in the body, so that no two have the same
	// signature. Older servers send none: there parallel steps, called within one
	// second, may differ in the query alone.
	use := signature
	if c.request == "" {
		use += "\n" + r.URL.Query().Get("fnId") + "\n" + r.URL.Query().Get("stepId")
	}
	if !h.seen.add(use, "") {
		return replayed
	}
	return ""
}

// begun reports whether the ledger has the run as one of this function: its events
// may be those that a release before this one listened to.
func (h *Host) begun(r *http.Request, c *call) bool {
	if h.ledger == nil {
		return false
	}
	begun, err := h.ledger.Has(r.Context(), c.tracked())
	return err == nil && begun
}

// fits reports whether the events can have begun a run of the function. A schedule
// that goes on may have begun at another time than it does now.
func (t *target) fits(c *call) bool {
	for _, e := range c.events {
		var data struct {
			Cron    string `json:"cron"`
			Inngest struct {
				Function string `json:"fn_id"`
			} `json:"_inngest"`
		}
		_ = json.Unmarshal(e.Data, &data)
		fits := t.watches || slices.Contains(t.events, e.Name)
		switch e.Name {
		case invokedEvent: // by a step of another function, or by hand
			fits = data.Inngest.Function == "" || data.Inngest.Function == t.slug
		case timerEvent:
			fits = t.cron != "" && (data.Cron == t.cron || c.going)
		}
		if !fits {
			return false
		}
	}
	return true
}

// splitKey splits a signing key such as "signkey-prod-0123" before its digits.
func splitKey(key string) (prefix, digits string) {
	if parts := strings.SplitN(key, "-", 3); len(parts) == 3 && parts[0] == "signkey" {
		return parts[0] + "-" + parts[1] + "-", parts[2]
	}
	return "", key
}

// withBody gives r its body back.
func withBody(r *http.Request, body []byte) *http.Request {
	r.Body = io.NopCloser(bytes.NewReader(body))
	return r
}

// refusal is the answer to what is refused.
func refusal(why, id string) *answer {
	switch why {
	case tooLarge:
		return says(http.StatusRequestEntityTooLarge, "The request is too large or incomplete")
	case notJSON:
		return says(http.StatusBadRequest, "The request is not what Inngest sends")
	case unknown:
		return says(http.StatusGone, "function not found: "+id)
	}
	return says(http.StatusUnauthorized, "Unauthorized")
}
