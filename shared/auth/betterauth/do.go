package betterauth

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"switchyard/shared/auth/betterauth/internal/wire"
	"switchyard/shared/fn"

	"switchyard/internal/clientip"
)

// Answer is what a route answered.
type Answer struct {
	Status  int
	Code    string // of an error: "INVALID_EMAIL_OR_PASSWORD"
	Message string // of an error, for people
	// Retry is after how many seconds to try again, of a 429 or 503.
	Retry    int
	Location string          // of a redirect, or where a success leads
	Body     json.RawMessage // of a success
}

// OK reports whether it is a success.
func (a Answer) OK() bool { return a.Status < http.StatusBadRequest }

// Do lets a page use a route on behalf of the browser that sent r, under the same
// rules and limits as if it had called the route itself: r's cookies, origin and
// address count, and cookies that the route sets go to w. body is sent as JSON; nil
// sends none. target is a path below [BasePath], perhaps with a query.
func (s *Server) Do(w http.ResponseWriter, r *http.Request, method, target string, body any) Answer {
	request, err := s.request(r, method, target, body)
	if err != nil {
		fn.Report(r.Context(), err)
		return Answer{Status: http.StatusInternalServerError}
	}
	recorded := &record{header: http.Header{}}
	s.ServeHTTP(recorded, request)
	for _, line := range recorded.header["Set-Cookie"] {
		wire.SetCookie(w.Header(), line)
	}
	return recorded.answer()
}

// request makes the request that the browser would have sent.
func (s *Server) request(r *http.Request, method, target string, body any) (*http.Request, error) {
	var data []byte
	if body != nil {
		var err error
		if data, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	address, _ := s.config.Trust().Of(r) // of the client, who is as far away as before
	request, err := http.NewRequestWithContext(clientip.With(r.Context(), address), method, BasePath+target, bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	request.Host, request.RemoteAddr, request.TLS = r.Host, r.RemoteAddr, r.TLS
	for name, values := range r.Header {
		if passes(name) {
			request.Header[name] = values
		}
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return request, nil
}

// passes reports whether a header says who sends a request, and from which page.
func passes(name string) bool {
	switch name {
	case "Cookie", "Origin", "Referer", "User-Agent":
		return true
	}
	return strings.HasPrefix(name, "Sec-Fetch-")
}

// record is the ResponseWriter that keeps an answer.
type record struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *record) Header() http.Header { return r.header }

func (r *record) WriteHeader(status int) { r.status = status }

func (r *record) Write(p []byte) (int, error) { return r.body.Write(p) }

func (r *record) answer() Answer {
	a := Answer{Status: r.status, Location: r.header.Get("Location")}
	for _, name := range []string{"X-Retry-After", "Retry-After"} {
		if seconds, err := strconv.Atoi(r.header.Get(name)); err == nil {
			a.Retry = seconds
		}
	}
	if a.OK() {
		a.Body = r.body.Bytes()
		return a
	}
	var problem wire.Error
	if json.Unmarshal(r.body.Bytes(), &problem) == nil { // some errors have no body
		a.Code, a.Message = problem.Code, problem.Message
	}
	return a
}

// Next returns where to go after signing in: the path next, if it is one of this
// service and harmless, else "/".
func (s *Server) Next(next string) string {
	if strings.HasPrefix(next, "/") && s.origins.Callback(next) {
		return next
	}
	return "/"
}
