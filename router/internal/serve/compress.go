package serve

import (
	"net/http"
	"strings"

	"switchyard/shared/auth/caller"
	"switchyard/shared/coding"
)

func (x *exchange) packable(h http.Header) bool {
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

func (x *exchange) pack(h http.Header, large bool) {
	if !large || !x.packable(h) {
		return
	}
	addVary(h, x.host.varyCoding)
	c := coding.Choose(x.asked["Accept-Encoding"], coding.Zstd, coding.Gzip)
	if c == coding.Identity || !x.mayPack() {
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

func (x *exchange) mayPack() bool {
	if x.asked["Cookie"] == nil && x.asked[caller.Header] == nil && !sendsPassword(x.asked["Authorization"]) {
		return true
	}
	if site := x.asked["Sec-Fetch-Site"]; len(site) == 1 && (site[0] == "same-origin" || site[0] == "none") {
		return true
	}
	from := x.asked["Origin"]
	return len(from) == 1 && x.host.sites.trusted.Calls(from[0])
}

func sendsPassword(authorization []string) bool {
	const bearer = "Bearer "
	return len(authorization) > 0 && (len(authorization[0]) < len(bearer) || !strings.EqualFold(authorization[0][:len(bearer)], bearer))
}
