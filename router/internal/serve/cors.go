package serve

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"switchyard/internal/clientip"
	"switchyard/internal/origin"
	"switchyard/shared/config"
	"switchyard/shared/fn"
)

// sites tells calls from this site from those of others.
type sites struct {
	trusted *origin.Rules // the own origin, and those that are trusted besides
	others  bool          // there are such
	trust   clientip.Trust
	browser *http.CrossOriginProtection
	secure  string   // the public host, if it is reached by https
	varies  []string // what answers to preflights depend on
}

func newSites(c config.Server) *sites {
	s := &sites{
		trusted: origin.New(c.Origin.String(), c.Trusted), others: len(c.Trusted) > 0,
		trust: c.Trust(), browser: http.NewCrossOriginProtection(),
		varies: []string{"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"},
	}
	if c.Origin.IsSet() && c.Origin.Scheme == "https" {
		s.secure = c.Origin.Host
	}
	return s
}

var errInsecure = errors.New("its origin is http, and this is https")

// check says why r, which may change something, must not do so: it comes from a page of
// a site that is not trusted.
func (s *sites) check(r *http.Request) error {
	from := r.Header["Origin"]
	if len(from) == 1 && s.trusted.Calls(from[0]) {
		return nil
	}
	if err := s.browser.Check(r); err != nil {
		return err
	}
	if len(from) == 1 && strings.HasPrefix(from[0], "http://") && !isSafe(r.Method) && s.isSecure(r) {
		return errInsecure // whoever sits in the network can have written that page
	}
	return nil
}

// isSecure reports whether r came by https, as far as that can be known.
func (s *sites) isSecure(r *http.Request) bool {
	return s.secure != "" && strings.EqualFold(r.Host, s.secure) || s.trust.Secure(r)
}

func isSafe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// cors holds the values of the headers that let pages of other origins call a function
// (Fetch standard, "CORS protocol"). All answers share them; nobody may change them.
type cors struct {
	trusted                   *origin.Rules
	anybody                   []string // "*" if everybody may call without cookies
	expose, yes, maxAge, vary []string
}

// preflightAge is the time for which a browser may remember the answer to a preflight, in
// seconds: the longest that Chromium accepts.
const preflightAge = "7200"

// cors returns the values for a function; nil if only pages of the own origin may call it.
func (s *sites) cors(info fn.Info) *cors {
	c := &cors{trusted: s.trusted, yes: []string{"true"}, maxAge: []string{preflightAge}, vary: []string{"Origin"}}
	names := append([]string{"ETag", "Retry-After", "X-Request-Id"}, info.Expose...)
	if info.RateLimit.Limit > 0 {
		names = append(names, headerPolicy, headerRate)
	}
	c.expose = []string{strings.Join(names, ", ")}
	switch {
	case info.AnyOrigin:
		c.anybody = []string{"*"}
	case !s.others:
		return nil
	}
	return c
}

// allow writes which origin may read an answer to one that comes from from. It reports
// whether that is so.
func (c *cors) allow(h http.Header, from []string) bool {
	switch {
	case len(from) != 1 || c.trusted.Own(from[0]):
		return false
	case c.trusted.Calls(from[0]):
		h["Access-Control-Allow-Origin"] = from
		h["Access-Control-Allow-Credentials"] = c.yes
	case c.anybody != nil:
		h["Access-Control-Allow-Origin"] = c.anybody
	default:
		return false
	}
	return true
}

// addTo adds to the header of an answer who may read it, unless the function has said so
// itself. from is the request's Origin.
func (c *cors) addTo(h http.Header, from []string) {
	addVary(h, c.vary)
	if _, said := h["Access-Control-Allow-Origin"]; !said && c.allow(h, from) {
		h["Access-Control-Expose-Headers"] = c.expose
	}
}

// preflight answers r if it is a browser's question whether a page of another origin may
// call a function. It reports false if r is something else, or if a function's route
// takes such questions itself. Trusted origins may ask for what is not here: they then
// see that; and of a path whose methods are packaged apart, one part answers for all.
func (h *Host) preflight(x *exchange, r *http.Request) bool {
	method, from := r.Header["Access-Control-Request-Method"], r.Header["Origin"]
	if len(method) != 1 || len(from) != 1 {
		return false
	}
	if _, pattern := h.mux.Handler(r); strings.HasPrefix(pattern, http.MethodOptions+" ") {
		return false
	}
	c, header := h.cors, x.Header()
	handler, _ := h.mux.Handler(&http.Request{Method: method[0], URL: r.URL, Host: r.Host})
	g, found := handler.(*guard)
	if found {
		c, x.access, x.meter = g.cors, g.access, g.meter
	}
	allowed := c != nil && c.allow(header, from)
	if !found && !allowed {
		return false
	}
	x.claimed, x.cors = true, nil
	header["Vary"] = h.sites.varies
	if allowed {
		header["Access-Control-Allow-Methods"] = method
		header["Access-Control-Max-Age"] = c.maxAge
		if names := r.Header["Access-Control-Request-Headers"]; len(names) > 0 {
			header["Access-Control-Allow-Headers"] = names
		}
	}
	x.WriteHeader(http.StatusNoContent)
	return true
}

// addVary adds what an answer depends on to its header, unless it says so already. more
// holds one name, and is shared by answers.
func addVary(h http.Header, more []string) {
	said := h["Vary"]
	for _, line := range said {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.Trim(name, " \t"); name == "*" || strings.EqualFold(name, more[0]) {
				return
			}
		}
	}
	if len(said) == 0 {
		h["Vary"] = more
		return
	}
	h["Vary"] = append(slices.Clip(said), more...)
}
