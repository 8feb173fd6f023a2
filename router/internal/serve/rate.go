package serve

import (
	"net/http"

	"switchyard/internal/clientip"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve/rate"
	"switchyard/shared/auth"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// The headers of answers that say what a caller has left, in their canonical form:
// https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/11/
const (
	headerPolicy = "Ratelimit-Policy"
	headerRate   = "Ratelimit"
)

// rateLimit keeps the RateLimit of a function.
type rateLimit struct {
	*rate.Limiter

	known bool // they are counted by who they are, which has to be found out before
	trust clientip.Trust
}

// newRate returns what keeps the RateLimit of f, or nil if it has none.
func (h *Host) newRate(f function.Function) *rateLimit {
	info := f.Info()
	if info.RateLimit.Limit == 0 {
		return nil
	}
	var store rate.Store
	if f.Limits != nil {
		store = h.config.Rates
	}
	return &rateLimit{
		Limiter: rate.New(f.Name, info.RateLimit, store, h.logger),
		known:   info.RateLimit.By == fn.ByCaller && info.Access != fn.Public,
		trust:   h.sites.trust,
	}
}

// within reports whether r is within the function's RateLimit, as far as that can be said
// now: known says that it is known who calls. Otherwise it answers r.
func (g *guard) within(x *exchange, r *http.Request, known bool) bool {
	if g.rate == nil || g.rate.known != known {
		return true
	}
	v := g.rate.Take(r.Context(), g.rate.client(r))
	x.rate[0] = v.Header()
	header := x.Header()
	header[headerPolicy], header[headerRate] = g.rate.Policy, x.rate[:]
	if v.OK {
		return true
	}
	g.meter.Limited()
	x.fail(r, fault.RetryAfter(v.Wait, fault.New(fault.TooMany, "You have called this too often. Try again in %s s.", v.Seconds())))
	return false
}

// client returns whose calls are counted together with r.
func (c *rateLimit) client(r *http.Request) rate.Client {
	if c.known {
		return rate.Client{Caller: auth.Caller(r.Context())}
	}
	ip, _ := c.trust.Of(r)
	return rate.Client{IP: clientip.Network(ip)}
}
