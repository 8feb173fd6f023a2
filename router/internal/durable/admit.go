package durable

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"

	"github.com/inngest/inngestgo"
)

// MaxBody is the size of the largest request that is read, in bytes. Inngest sends a state
// of up to 4 MiB, or an event of up to 3 MiB without it.
const MaxBody = 16 << 20

// Why a request is refused, if not for its signature: the label of a metric.
const (
	tooLarge    = "too_large"
	crowded     = "crowded" // too many large ones arrive
	replayed    = "replayed"
	misdirected = "misdirected" // for another function
	notJSON     = "not_json"
	unknown     = "unknown_function"
)

// admit reads a request and reports why it is to be refused, or "". Outside
// development nothing gets past it that is not signed with one of our keys: lately,
// for the first time here, and, if it is a call, for this function. The SDK makes
// checks of its own after that. Of a call it fills in c.
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
	body, known, err := h.bodies.read(w, r)
	defer known()
	switch {
	case errors.Is(err, errCrowded):
		return nil, crowded
	case err != nil:
		return nil, tooLarge
	}
	signature := r.Header.Get(inngestgo.HeaderKeySignature)
	if !h.dev {
		if why := h.keys.Verify(r.Context(), r.Method, signature, body); why != "" {
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
		return body, unknown
	}
	if !h.dev {
		return body, h.misused(r, c, signature)
	}
	return body, ""
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
	if h.tracker.ledger == nil {
		return false
	}
	begun, err := h.tracker.ledger.Has(r.Context(), c.tracked())
	return err == nil && begun
}

// fits reports whether the events can have begun a run of the function. A schedule
// that goes on may have begun at another time than it does now.
func (f *target) fits(c *call) bool {
	for _, e := range c.events {
		var data struct {
			Cron    string `json:"cron"`
			Inngest struct {
				Function string `json:"fn_id"`
			} `json:"_inngest"`
		}
		_ = json.Unmarshal(e.Data, &data)
		fits := f.watches || slices.Contains(f.events, e.Name)
		switch e.Name {
		case invokedEvent: // by a step of another function, or by hand
			fits = data.Inngest.Function == "" || data.Inngest.Function == f.slug
		case TimerEvent:
			fits = f.cron != "" && (data.Cron == f.cron || c.continued)
		}
		if !fits {
			return false
		}
	}
	return true
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
	case crowded:
		return says(http.StatusServiceUnavailable, "Too many large requests arrive at once")
	case notJSON:
		return says(http.StatusBadRequest, "The request is not what Inngest sends")
	case unknown:
		return says(http.StatusGone, "function not found: "+id)
	}
	return says(http.StatusUnauthorized, "Unauthorized")
}
