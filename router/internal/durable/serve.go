package durable

import (
	"context"
	"net/http"
	"time"

	"switchyard/router/internal/durable/identity"
)

// HandedOver is the header of a call that another release has handed over: this one does not
// hand it back.
const HandedOver = "X-Switchyard-Handed-Over"

// Handler answers Inngest's calls. Outside development it does what it is asked
// only if the request is signed with a signing key, and else answers 401.
func (h *Host) Handler() http.Handler { return http.HandlerFunc(h.serve) }

// serve answers every request: it is checked, written into the ledger and given to the
// SDK, which calls the function; how that ended is written into the ledger before Inngest
// has the answer.
func (h *Host) serve(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	c, r := newCall(r)
	body, why := h.admit(w, r, c)
	var a *answer
	switch r = withBody(r, body); {
	case (why == "" || why == unknown) && h.handsOver(w, r, c):
		return
	case why == "" && c.target != nil && c.target.apart != nil:
		c.target.apart.ServeHTTP(w, r)
		return
	case why != "":
		a = refusal(why, r.URL.Query().Get("fnId"))
	case r.Method == http.MethodGet && r.URL.Query().Has(identity.ProgramParam):
		a = written(http.StatusOK, h.self.Introduce(r.URL.Query().Get(identity.ProgramParam)))
	case c.target == nil:
		a = h.serveSDK(r)
	default:
		h.metrics.runs.begins(c)
		a = h.run(r, c)
	}
	a.writeTo(w)
	h.report(r, c, a, why, time.Since(began))
}

// Handover has another handler serve the calls of some runs: that which another returns for
// a call, by what Inngest calls the function and the run, unless it is nil. It is asked
// once a call is known to be Inngest's, also for functions that are not here. It is
// called before the host serves.
func (h *Host) Handover(another func(ctx context.Context, function, run string) http.Handler) {
	h.another = another
}

// handsOver reports whether another handler has served the call.
func (h *Host) handsOver(w http.ResponseWriter, r *http.Request, c *call) bool {
	if h.another == nil || c.run == "" || r.Header.Get(HandedOver) != "" {
		return false
	}
	handler := h.another(r.Context(), r.URL.Query().Get("fnId"), c.run)
	if handler == nil {
		return false
	}
	handler.ServeHTTP(w, r)
	return true
}
