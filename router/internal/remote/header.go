package remote

import (
	"net/http"
	"net/http/httputil"
	"strings"

	"switchyard/shared/auth/caller"
	"switchyard/shared/fn"
)

// rewrite makes the request that is sent.
func (p *proxy) rewrite(r *httputil.ProxyRequest) {
	one := passageOf(r.In.Context())
	r.SetURL(p.base)                       // with its host: gateways find the function by that
	r.Out.URL.RawQuery = r.In.URL.RawQuery // also what Go would not parse
	h := r.Out.Header
	p.withhold(h)
	h.Set(caller.Header, one.token)
	h.Set("X-Request-Id", one.id)
	if one.address != "" {
		h.Set("X-Forwarded-For", one.address)
	}
	h.Set("X-Forwarded-Host", r.In.Host)
	if proto := r.In.Header["X-Forwarded-Proto"]; p.trust.Believes(r.In) && len(proto) == 1 {
		h["X-Forwarded-Proto"] = proto
	}
}

// withhold removes what is meant for the router alone: what the caller was admitted by,
// where the request comes from if that has been checked, and what other proxies said.
func (p *proxy) withhold(h http.Header) {
	h.Del("Expect") // the router has answered that
	h.Del("X-Railway-Request-Id")
	if p.trust.Header != "" {
		h.Del(p.trust.Header)
	}
	if p.signs {
		return
	}
	withholdCookies(h)
	if p.info.Access == fn.Service {
		h.Del("Authorization")
	}
	if !p.info.AnyOrigin {
		for _, name := range [...]string{"Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Sec-Fetch-User"} {
			h.Del(name)
		}
	}
}

// withholdCookies removes the cookies of Better Auth and leaves others as they are.
func withholdCookies(h http.Header) {
	var others []string
	for _, line := range h["Cookie"] {
		for pair := range strings.SplitSeq(line, ";") {
			pair = strings.Trim(pair, " \t")
			name, _ := strings.CutPrefix(pair, "__Secure-")
			if pair != "" && !strings.HasPrefix(name, "better-auth.") {
				others = append(others, pair)
			}
		}
	}
	if len(others) == 0 {
		h.Del("Cookie")
		return
	}
	h["Cookie"] = []string{strings.Join(others, "; ")}
}

// merge prepares the headers of the router's answer, own, for those of the function's to
// be added: what both have is the function's, but for cookies, which both may set, and
// for the request's id. What AWS adds is removed.
func merge(own, theirs http.Header) {
	for name := range theirs {
		switch {
		case name == "X-Request-Id", name == caller.Header, name == "Apigw-Requestid", strings.HasPrefix(name, "X-Amz"):
			delete(theirs, name)
		case name != "Set-Cookie":
			delete(own, name)
		}
	}
}
