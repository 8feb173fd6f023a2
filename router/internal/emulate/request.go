package emulate

import (
	"encoding/base64"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// call is a request at a front door, its body read.
type call struct {
	*http.Request
	body  []byte
	id    string
	trace string
	now   time.Time
}

// refusal is an answer that a front door gives without asking the function.
type refusal struct{ answer }

// Error implements error.
func (r *refusal) Error() string { return http.StatusText(r.status) }

// hop reports whether a header is for the next hop alone, which is the front door.
func hop(name string) bool {
	switch name {
	case "Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Expect":
		return true
	}
	return false
}

// source returns the address of whoever called.
func (c *call) source() string {
	host, _, err := net.SplitHostPort(c.RemoteAddr)
	if err != nil {
		return c.RemoteAddr
	}
	return host
}

// fields returns the headers as a function gets them: with what the front door adds,
// and the client's own word of who it is first. [capture; doc: X-Forwarded headers]
func (c *call) fields() http.Header {
	h := http.Header{}
	for name, values := range c.Header {
		if !hop(name) {
			h[name] = values
		}
	}
	h.Set("Host", c.Host)
	h.Set("X-Forwarded-For", strings.Join(append(c.Header["X-Forwarded-For"], c.source()), ", "))
	h.Set("X-Forwarded-Port", "443")
	h.Set("X-Forwarded-Proto", "https")
	h.Set("X-Amzn-Trace-Id", c.trace)
	if len(c.body) > 0 {
		h.Set("Content-Length", strconv.Itoa(len(c.body)))
	}
	return h
}

// text returns the body as a string, and whether it is in Base64. Without always,
// what counts is the content type, and whether it is encoded. [doc: Lambda functions
// as targets; capture; for the API Gateway and Function URLs it is known from use
// alone]
func (c *call) text(always bool) (string, bool) {
	if len(c.body) == 0 {
		return "", false
	}
	plain := false
	if media, _, err := mime.ParseMediaType(c.Header.Get("Content-Type")); err == nil {
		switch media {
		case jsonType, "application/javascript", "application/xml":
			plain = true
		default:
			plain = strings.HasPrefix(media, "text/")
		}
	}
	if always || !plain || c.Header.Get("Content-Encoding") != "" {
		return base64.StdEncoding.EncodeToString(c.body), true
	}
	return string(c.body), false
}

// lower returns the headers with names in lower case, each with what join makes of
// its values.
func lower[T any](h http.Header, join func([]string) T) map[string]T {
	m := make(map[string]T, len(h))
	for name, values := range h {
		m[strings.ToLower(name)] = join(values)
	}
	return m
}

// What becomes of several values.
func last(values []string) string   { return values[len(values)-1] }
func commas(values []string) string { return strings.Join(values, ",") }
func same(values []string) []string { return values }

// stamp returns the time as events have it.
func (c *call) stamp() string { return c.now.UTC().Format("02/Jan/2006:15:04:05 -0700") }

// cookies returns the cookies, one by one.
func (c *call) cookies() (all []string) {
	for _, line := range c.Header["Cookie"] {
		for cookie := range strings.SplitSeq(line, ";") {
			if cookie = strings.TrimSpace(cookie); cookie != "" {
				all = append(all, cookie)
			}
		}
	}
	return all
}

// each returns what join makes of the values of each key; nil if there is none.
func each[T any](values url.Values, join func([]string) T) map[string]T {
	if len(values) == 0 {
		return nil
	}
	m := make(map[string]T, len(values))
	for key, v := range values {
		m[key] = join(v)
	}
	return m
}
