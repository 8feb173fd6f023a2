package serve

import (
	"net/http"
	"strings"

	"switchyard/internal/coding"
	"switchyard/shared/auth/caller"
)

// compressible reports whether the answer with the header h may be compressed, as far as
// that can be said without its body.
func (x *exchange) compressible(h http.Header) bool {
	kind := h["Content-Type"]
	if len(kind) != 1 || !coding.Worth(kind[0]) || h["Content-Encoding"] != nil || h["Content-Range"] != nil {
		return false
	}
	for _, line := range h["Cache-Control"] {
		if strings.Contains(strings.ToLower(line), "no-transform") {
			return false
		}
	}
	return true
}

// sniff finds out the media type of what is worth compressing, as net/http does of what
// is not compressed.
func sniff(h http.Header, first, next []byte) {
	if _, said := h["Content-Type"]; said {
		return
	}
	if len(first) == 0 {
		first = next
	}
	if len(first) == 0 {
		return
	}
	if kind := http.DetectContentType(first); coding.Worth(kind) {
		h.Set("Content-Type", kind)
	}
}

// compress compresses what follows if it is large and may be compressed, if the client takes
// that, and if it tells nobody a secret.
func (x *exchange) compress(h http.Header, large bool) {
	if !large || !x.compressible(h) {
		return
	}
	addVary(h, x.host.varyCoding)
	c := coding.Choose(x.request["Accept-Encoding"], coding.Zstd, coding.Gzip)
	if c == coding.Identity || !x.mayCompress() {
		return
	}
	w := x.work()
	w.coding = c
	h["Content-Encoding"] = []string{string(c)}
	delete(h, "Content-Length")
	delete(h, "Accept-Ranges") // of these bytes
	if tag := h.Get("Etag"); strings.HasPrefix(tag, `"`) {
		h.Set("Etag", "W/"+tag) // of other bytes, which mean the same
	}
	if !x.body.head {
		w.writer = x.host.codings.Get(c, sink{x})
	}
}

// mayCompress reports whether the length of the compressed answer may be seen. Where
// somebody else's page can have the browser ask with the user's cookies, and gets text
// of its own into the answer, lengths tell secrets that stand beside it, letter by letter
// (BREACH, CVE-2013-3587). So with cookies only what a page of ours asked for is
// compressed, as browsers vouch.
func (x *exchange) mayCompress() bool {
	if x.request["Cookie"] == nil && x.request[caller.Header] == nil && !sendsPassword(x.request["Authorization"]) {
		return true
	}
	if site := x.request["Sec-Fetch-Site"]; len(site) == 1 && (site[0] == "same-origin" || site[0] == "none") {
		return true
	}
	from := x.request["Origin"]
	return len(from) == 1 && x.host.sites.trusted.Calls(from[0])
}

// sendsPassword reports whether there are credentials of a kind that browsers send by
// themselves.
func sendsPassword(authorization []string) bool {
	const bearer = "Bearer "
	return len(authorization) > 0 && (len(authorization[0]) < len(bearer) || !strings.EqualFold(authorization[0][:len(bearer)], bearer))
}
