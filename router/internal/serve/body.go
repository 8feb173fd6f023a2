package serve

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"

	"switchyard/shared/auth/caller"
	"switchyard/shared/coding"
)

// body is the answer's, on its way out. Its header is held until the body is known to be
// large enough to be compressed, and the body of a page with it; one that is to have a tag
// made from it until it is whole.
type body struct {
	head   bool // it answers HEAD: nobody gets it
	single bool // it is written in one piece
	tagged bool // it is to have an ETag
	held   bool
	work   *work // nil while there is none to do
}

// work is what a body needs to be held or compressed. The host keeps it for others.
type work struct {
	room   [coding.MinSize]byte
	bytes  []byte // that are held
	coding coding.Coding
	writer coding.Writer // nil if the body is not compressed, or for nobody
}

// maxTagged bounds what is held for a tag, in bytes. What is larger gets none.
const maxTagged = 4 << 20

// packs reports whether the body is compressed.
func (b *body) packs() bool { return b.work != nil && b.work.coding != coding.Identity }

func (b *body) flush() error {
	if b.work == nil || b.work.writer == nil {
		return nil
	}
	return b.work.writer.Flush()
}

// bytes returns those that are held.
func (b *body) bytes() []byte {
	if b.work == nil {
		return nil
	}
	return b.work.bytes
}

// work returns what x's body needs.
func (x *exchange) work() *work {
	if x.body.work == nil {
		x.body.work, _ = x.host.works.Get().(*work)
		if x.body.work == nil {
			x.body.work = &work{}
		}
	}
	return x.body.work
}

// Header returns the answer's header. One that is held goes out when somebody asks for
// it again after WriteHeader: what is changed then comes too late, as in net/http.
func (x *exchange) Header() http.Header {
	if x.body.held {
		x.release(nil, false)
	}
	return x.ResponseWriter.Header()
}

// holds decides whether to hold the header back, which is ready.
func (x *exchange) holds() bool {
	switch x.status {
	case http.StatusSwitchingProtocols, http.StatusNoContent, http.StatusNotModified, http.StatusPartialContent:
		return false
	}
	h := x.ResponseWriter.Header()
	if length := h["Content-Length"]; length != nil && !x.body.tagged {
		size, err := strconv.Atoi(length[0])
		x.pack(h, err == nil && size >= coding.MinSize)
		return false
	}
	x.body.held = true
	return true
}

// packable reports whether the answer with the header h may be compressed, as far as
// that can be said without its body.
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

// hold keeps p, which the function writes, and reports whether it does.
func (x *exchange) hold(p []byte) bool {
	limit := coding.MinSize - 1
	switch {
	case x.body.tagged:
		limit = maxTagged
	case x.body.single:
		return false
	}
	if len(x.body.bytes())+len(p) > limit {
		return false
	}
	w := x.work()
	if w.bytes == nil {
		w.bytes = w.room[:0]
	}
	w.bytes = append(w.bytes, p...)
	return true
}

// release sends what is held. next is what will be written after that, as far as it is
// known; whole says that nothing will follow.
func (x *exchange) release(next []byte, whole bool) {
	x.body.held = false
	held, h := x.body.bytes(), x.ResponseWriter.Header()
	if whole && x.body.tagged && x.status == http.StatusOK {
		held = x.tag(h, held)
	}
	unknown := !whole && (!x.body.single || len(next) == 0)
	if unknown || len(held)+len(next) >= coding.MinSize {
		sniff(h, held, next)
		x.pack(h, true)
	}
	x.send()
	if len(held) > 0 {
		_, _ = x.write(held) // the function will hear of it, if it goes on
	}
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

// pack compresses what follows if it is large and may be compressed, if the client takes
// that, and if it tells nobody a secret.
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

// mayPack reports whether the length of the compressed answer may be seen. Where
// somebody else's page can have the browser ask with the user's cookies, and gets text
// of its own into the answer, lengths tell secrets that stand beside it, letter by letter
// (BREACH, CVE-2013-3587). So with cookies only what a page of ours asked for is
// compressed, as browsers vouch.
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

// sendsPassword reports whether there are credentials of a kind that browsers send by
// themselves.
func sendsPassword(authorization []string) bool {
	const bearer = "Bearer "
	return len(authorization) > 0 && (len(authorization[0]) < len(bearer) || !strings.EqualFold(authorization[0][:len(bearer)], bearer))
}

// send sends the header.
func (x *exchange) send() {
	h := x.ResponseWriter.Header()
	if x.cors != nil {
		x.cors.tell(h, x.asked["Origin"])
	}
	if x.status == http.StatusNotModified {
		x.weaken(h)
	}
	x.ResponseWriter.WriteHeader(x.status)
}

// weaken makes the tag of a 304 weak if the client knows it so, from a compressed answer.
func (x *exchange) weaken(h http.Header) {
	tag := h.Get("Etag")
	for _, line := range x.asked["If-None-Match"] {
		if strings.HasPrefix(tag, `"`) && strings.Contains(line, "W/"+tag) {
			h.Set("Etag", "W/"+tag)
			return
		}
	}
}

// tag gives the whole answer its tag, unless the function has. It returns the body, which
// is none, with status 304, if the client has the same.
func (x *exchange) tag(h http.Header, whole []byte) []byte {
	if h["Etag"] == nil {
		sum := sha256.Sum256(whole)
		h["Etag"] = []string{`W/"` + hex.EncodeToString(sum[:16]) + `"`}
	}
	if !matches(x.asked["If-None-Match"], h.Get("Etag")) {
		return whole
	}
	if len(whole) >= coding.MinSize && x.packable(h) {
		addVary(h, x.host.varyCoding) // as if it were sent
	}
	x.status = http.StatusNotModified
	delete(h, "Content-Type")
	delete(h, "Content-Length")
	return nil
}

// matches reports whether lines of If-None-Match name tag, by the weak comparison (RFC
// 9110, 13.1.2).
func matches(lines []string, tag string) bool {
	tag = strings.TrimPrefix(tag, "W/")
	for _, line := range lines {
		for rest := strings.Trim(line, " \t"); rest != ""; rest = strings.TrimLeft(rest, ", \t") {
			if rest[0] == '*' {
				return true
			}
			rest = strings.TrimPrefix(rest, "W/")
			end := strings.IndexByte(rest[min(1, len(rest)):], '"') + 2
			if end < 2 || rest[0] != '"' {
				break // malformed from here on
			}
			if rest[:end] == tag {
				return true
			}
			rest = rest[end:]
		}
	}
	return false
}

// write writes p to the client, in the body's coding.
func (x *exchange) write(p []byte) (int, error) {
	if !x.body.packs() {
		return sink{x}.Write(p)
	}
	if z := x.body.work.writer; z != nil {
		return z.Write(p)
	}
	return len(p), nil
}

// sink is where the bytes go that are sent.
type sink struct{ x *exchange }

func (s sink) Write(p []byte) (int, error) {
	n, err := s.x.ResponseWriter.Write(p)
	s.x.bytes += int64(n)
	return n, err
}

// finish sends what is left of the answer. One that broke off gets no end.
func (x *exchange) finish(broken bool) {
	if x.body.held && !broken {
		x.release(nil, true)
	}
	w := x.body.work
	if w == nil {
		return
	}
	if w.writer != nil {
		if !broken {
			_ = w.writer.Close() // a client that is gone cannot be told
		}
		x.host.codings.Put(w.coding, w.writer)
	}
	x.body.work = nil
	w.bytes, w.coding, w.writer = nil, coding.Identity, nil
	x.host.works.Put(w)
}
