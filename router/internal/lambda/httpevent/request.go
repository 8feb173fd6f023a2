package httpevent

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/akrylysov/algnhsa"
)

// origin holds the parts of a request that algnhsa does not pass on.
type origin struct {
	path, query string // as in the request line
	outside     string // the path as the client sent it; the front may have taken a stage off
	address     string // who called
	host        string // if there is no header Host
	protocol    string
	body        string
	encoded     bool // the body is in base64
}

// origin returns that of r's event.
func (x *exchange) origin(r *http.Request) origin {
	switch x.kind {
	case algnhsa.RequestTypeAPIGatewayV1:
		e, _ := algnhsa.APIGatewayV1RequestFromContext(r.Context())
		c := e.RequestContext
		// The query arrives decoded; algnhsa has encoded it again.
		return origin{e.Path, r.URL.RawQuery, cmp.Or(c.Path, e.Path), c.Identity.SourceIP, c.DomainName, c.Protocol, e.Body, e.IsBase64Encoded}
	case algnhsa.RequestTypeAPIGatewayV2:
		e, _ := algnhsa.APIGatewayV2RequestFromContext(r.Context())
		c := e.RequestContext
		path := withoutStage(e)
		if IsHTTPAPI(e.RequestContext.DomainName) && !x.escaped {
			path = escapePath(path, true)
		}
		return origin{path, e.RawQueryString, e.RawPath, c.HTTP.SourceIP, c.DomainName, c.HTTP.Protocol, e.Body, e.IsBase64Encoded}
	case algnhsa.RequestTypeALB, algnhsa.RequestTypeAuto:
	}
	e, _ := algnhsa.ALBRequestFromContext(r.Context())
	// algnhsa takes the first address of X-Forwarded-For, which is what the client
	// made up. The load balancer appends the one that it sees.
	forwarded := strings.Join(r.Header["X-Forwarded-For"], ",")
	address := strings.TrimSpace(forwarded[strings.LastIndexByte(forwarded, ',')+1:])
	return origin{e.Path, x.query, e.Path, address, "", "", e.Body, e.IsBase64Encoded}
}

// restore makes r what net/http's server would have made of the request. An error
// means that it would have answered 400.
func (x *exchange) restore(r *http.Request) error {
	o := x.origin(r)
	// algnhsa unescapes the path before it parses it, so that /files/a%2Fb loses its
	// one segment, and adds the host, which is not in the request line.
	uri := escapePath(x.pathOf(o), false)
	if o.query != "" {
		uri += "?" + o.query
	}
	u, err := url.ParseRequestURI(uri)
	if err != nil {
		return errors.Unwrap(err) // without the URI, which may have secrets in it
	}
	r.URL, r.RequestURI = u, uri

	// algnhsa leaves the port out; net.SplitHostPort and netip.ParseAddrPort of
	// net/http's RemoteAddr never fail.
	r.RemoteAddr = o.address
	if _, err := netip.ParseAddrPort(o.address); err != nil {
		r.RemoteAddr = net.JoinHostPort(o.address, "0")
	}
	if major, minor, ok := http.ParseHTTPVersion(o.protocol); ok {
		r.Proto, r.ProtoMajor, r.ProtoMinor = o.protocol, major, minor
	}
	x.restoreHeader(r, o)
	return restoreBody(r, o)
}

func (x *exchange) restoreHeader(r *http.Request, o origin) {
	h := r.Header
	// net/http takes these out of the header.
	if r.Host = h.Get("Host"); r.Host == "" {
		r.Host = o.host
	}
	h.Del("Host")
	h.Del("Transfer-Encoding")
	// Events of version 2.0 have cookies one by one, and algnhsa makes a header of
	// each, of which Header.Get shows the first. HTTP/1.1 has one header, and so has
	// HTTP/2 in net/http.
	if c := h["Cookie"]; len(c) > 1 {
		h["Cookie"] = []string{strings.Join(c, "; ")}
	}
	// algnhsa leaves TLS nil. Handlers decide by it whether cookies are secure and
	// which scheme a link has. What the front accepts is always TLS but for ALB,
	// which tells.
	if proto := h.Get("X-Forwarded-Proto"); proto == "https" || (proto == "" && x.kind != algnhsa.RequestTypeALB) {
		r.TLS = &tls.ConnectionState{HandshakeComplete: true, ServerName: r.Host}
	}
}

// restoreBody decodes the body. algnhsa decodes it while it is read: the length is
// unknown, so that a limit on it does not hold before the body is read.
func restoreBody(r *http.Request, o origin) error {
	r.GetBody = nil // a server's request has none
	if !o.encoded {
		return nil
	}
	body, err := base64.StdEncoding.DecodeString(o.body)
	if err != nil {
		return err
	}
	r.ContentLength, r.Body = int64(len(body)), io.NopCloser(bytes.NewReader(body))
	if len(body) == 0 {
		r.Body = http.NoBody
	}
	return nil
}
