package serve

import (
	"net/http"
	"time"

	"switchyard/router/internal/serve/overload"
)

// newGate returns what bounds the calls through g. Functions of whose calls many only wait, for
// something elsewhere or for more to send, do not count for what the process can do at once;
// nor do the host's own pages and Inngest, which never wait behind functions.
func (h *Host) newGate(g *guard) *overload.Gate {
	const wait = time.Minute
	kind := overload.Shared
	switch {
	case g.called == nil:
		kind = overload.Reserved
	case g.info.Stream || g.info.Timeout > wait:
		kind = overload.Separate
	}
	return h.limiter.Gate(g.info.MaxConcurrent, kind)
}

// enter takes a place among the calls that are at work, or waits for one. If it reports false,
// r has been answered. A call that has one has to [guard.leave].
func (g *guard) enter(x *exchange, r *http.Request) bool {
	patience := g.info.Timeout
	if hasBody(r) { // which has taken its time
		patience -= time.Since(x.start)
	}
	reason := g.gate.Enter(r.Context(), &x.slot, x.client(r), patience)
	if x.slot.Waited > 0 {
		g.meter.Waited(x.slot.Waited)
	}
	if reason != overload.Granted {
		g.shed(x, r, reason)
		return false
	}
	g.meter.Running(1)
	return true
}

// leave gives the place back. To do so twice does nothing.
func (g *guard) leave(x *exchange) {
	if x.slot.Leave() {
		g.meter.Running(-1)
	}
}

// shed refuses r for a reason that lies in how much there is to do.
func (g *guard) shed(x *exchange, r *http.Request, reason overload.Reason) {
	g.meter.Refused(reason)
	if reason == overload.Gone {
		x.fail(r, r.Context().Err())
		return
	}
	x.refuse(r, x.host.busy)
}

// client returns whose calls r counts for while there is too much to do.
func (x *exchange) client(r *http.Request) overload.Client {
	if !x.located {
		x.address = x.host.addressOf(r)
		x.from, x.located = x.host.limiter.Client(x.address), true
	}
	return x.from
}
