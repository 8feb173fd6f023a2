package lambda

// This file is what algnhsa v1.1.0 needs to serve a handler as net/http does. It
// depends on nothing else here but base.go, so that both can be offered upstream.
//
// algnhsa decodes the event and makes the request; from there on this file is in
// charge: it puts the request right, gives the handler a ResponseWriter that behaves
// like net/http's, and encodes the answer. Each correction says what algnhsa does,
// what net/http does, and why it matters.

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/akrylysov/algnhsa"
	"github.com/aws/aws-lambda-go/events"
	sdk "github.com/aws/aws-lambda-go/lambda"
)

// adapter serves HTTP events with a handler.
type adapter struct {
	next   http.Handler
	base   string // a path that is taken off; "" for none
	decode map[algnhsa.RequestType]sdk.Handler
	server *http.Server
}

func newAdapter(next http.Handler, base string) *adapter {
	a := &adapter{next: next, base: base, server: &http.Server{}, decode: map[algnhsa.RequestType]sdk.Handler{}}
	for _, t := range []algnhsa.RequestType{algnhsa.RequestTypeAPIGatewayV1, algnhsa.RequestTypeAPIGatewayV2, algnhsa.RequestTypeALB} {
		// algnhsa decodes the whole event as one type after the other until one
		// fits. Told the type, it decodes once.
		a.decode[t] = algnhsa.New(http.HandlerFunc(a.serve), &algnhsa.Options{RequestType: t})
	}
	return a
}

// exchange is an event and its answer while they pass through algnhsa.
type exchange struct {
	kind    algnhsa.RequestType
	base    string // is taken off the path
	w       *response
	query   string // of an ALB's event, as the client sent it
	escaped bool   // the path of an HTTP API's event has been escaped
	begun   bool   // the handler was called
	err     error  // the answer is not whole
}

type exchangeKey struct{}

// handle answers an event on w. An error says that the event is none of its kind, or
// an [AbortError] that the answer broke off.
func (a *adapter) handle(ctx context.Context, kind algnhsa.RequestType, payload []byte, w *response) error {
	x := &exchange{kind: kind, base: a.base, w: w}
	// A handler that finds no server in the context believes that nobody recovers
	// its panics. httputil.ReverseProxy then ends an answer that broke off as if it
	// were whole.
	ctx = context.WithValue(ctx, http.ServerContextKey, a.server)
	// net/http ends a request's context when its handler has returned; algnhsa does
	// not, and what waits for it waits on through the next invocations.
	ctx, cancel := context.WithCancel(context.WithValue(ctx, exchangeKey{}, x))
	defer cancel()
	var err error
	if kind == algnhsa.RequestTypeALB {
		if payload, err = x.mendALB(payload); err != nil {
			return err
		}
	}
	if _, err = a.decode[kind].Invoke(ctx, payload); err != nil && !x.begun {
		err = a.again(ctx, x, payload, err)
	}
	_, bad := errors.AsType[*url.Error](err)
	switch {
	case x.begun:
		return x.err
	case bad, isEscapeError(err):
		// A path with a stray % or a host that is none fails the invocation: the
		// caller sees a 502, and we an alarm. net/http answers 400.
		w.refuse()
		return w.finish()
	}
	return err
}

// again hands an event that algnhsa refused to it once more, without what it does not
// like about it. why is what it said.
func (a *adapter) again(ctx context.Context, x *exchange, payload []byte, why error) error {
	err := why
	switch {
	case x.kind == algnhsa.RequestTypeAPIGatewayV1:
		payload, err = mendV1(payload)
	case x.kind == algnhsa.RequestTypeAPIGatewayV2 && isEscapeError(why):
		payload, err = x.mendV2(payload)
	}
	if err == nil {
		_, err = a.decode[x.kind].Invoke(ctx, payload)
	}
	return err
}

func isEscapeError(err error) bool {
	_, ok := errors.AsType[url.EscapeError](err)
	return ok
}

// mendV2 escapes the path of an HTTP API's event, which API Gateway has decoded; see
// isHTTPAPI. algnhsa decodes it once more, and fails the invocation at the %.
func (x *exchange) mendV2(payload []byte) ([]byte, error) {
	var e events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, err
	}
	if isHTTPAPI(e.RequestContext.DomainName) {
		e.RawPath, x.escaped = escapePath(e.RawPath, true), true
	}
	return json.Marshal(e)
}

// mendV1 adds the account, without which algnhsa does not take an event as one of
// API Gateway. Events that the console's test button sends have none.
func mendV1(payload []byte) ([]byte, error) {
	var e events.APIGatewayProxyRequest
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, err
	}
	if e.RequestContext.AccountID == "" {
		e.RequestContext.AccountID = "unknown"
	}
	return json.Marshal(e)
}

// mendALB turns an ALB's event into one that algnhsa takes. algnhsa refuses those of
// a target group without multi-value headers, which is how they are made by default.
// It fails the invocation if a query value is not well escaped, which net/http
// leaves to the handler, and escapes the names again, which ALB leaves escaped as it
// does the values.
func (x *exchange) mendALB(payload []byte) ([]byte, error) {
	var e events.ALBTargetGroupRequest
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, err
	}
	values := e.MultiValueQueryStringParameters
	if len(values) == 0 {
		values = lift(e.QueryStringParameters)
	}
	var query []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, value := range values[name] {
			query = append(query, name+"="+value)
		}
	}
	x.query = strings.Join(query, "&")
	e.QueryStringParameters, e.MultiValueQueryStringParameters = nil, nil
	if len(e.MultiValueHeaders) == 0 {
		x.w.single = true
		e.MultiValueHeaders = lift(e.Headers)
	}
	return json.Marshal(e)
}

// lift makes a list of each value.
func lift(single map[string]string) map[string][]string {
	out := make(map[string][]string, len(single))
	for name, value := range single {
		out[name] = []string{value}
	}
	return out
}

// serve is the handler that algnhsa calls. It leaves algnhsa's own ResponseWriter
// alone, which is a recorder: it takes Flush and sends nothing, cannot stop at a
// limit, and sniffs the content type from the first Write alone.
func (a *adapter) serve(_ http.ResponseWriter, r *http.Request) {
	x, ok := r.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		panic(http.ErrAbortHandler) // cannot be: handle has put it there
	}
	x.begun = true
	x.w.head = r.Method == http.MethodHead
	returned := false
	// algnhsa lets panics pass. aws-lambda-go reports them and exits, and with the
	// process go the other invocations that run in it. net/http aborts the answer
	// and lives on.
	defer func() {
		if v := recover(); v != nil || !returned { // or it called runtime.Goexit
			x.err = x.w.broken(v)
		}
	}()
	if err := x.restore(r); err != nil {
		x.w.refuse()
	} else {
		a.next.ServeHTTP(x.w, r)
	}
	x.err = x.w.finish()
	returned = true
}

// origin is what an event says of the request that algnhsa does not pass on.
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
		if isHTTPAPI(e.RequestContext.DomainName) && !x.escaped {
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

// isHTTPAPI tells an HTTP API from a function URL, whose events are the same, but
// rawPath is as the client sent it only in those of a function URL. An HTTP API decodes
// it, in spite of its name. The domain of a function URL is always AWS's own.
func isHTTPAPI(domain string) bool { return domain != "" && !strings.Contains(domain, ".lambda-url.") }

// restore makes r what net/http's server would have made of the request. An error
// means that it would have answered 400.
func (x *exchange) restore(r *http.Request) error {
	o := x.origin(r)
	// algnhsa unescapes the path before it parses it, so that /files/a%2Fb loses its
	// one segment, and adds the host, which is not in the request line.
	uri := escapePath(x.within(o), false)
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

// escapePath escapes what cannot stand in a path in the request line, and, if the path
// is decoded, the % that can.
func escapePath(path string, decoded bool) string {
	if path == "" {
		return "/"
	}
	escape := func(c byte) bool { return c <= ' ' || c == '?' || c == '#' || c >= 0x7f || (c == '%' && decoded) }
	b := make([]byte, 0, len(path))
	for _, c := range []byte(path) {
		if escape(c) {
			b = fmt.Appendf(b, "%%%02X", c)
		} else {
			b = append(b, c)
		}
	}
	return string(b)
}

// bufferSize is how much net/http keeps before it sends the header, so that it can
// still add to it what the body tells.
const bufferSize = 2048

// ErrTooLarge is what a handler gets that writes more than the front takes.
var ErrTooLarge = errors.New("the answer is larger than Lambda can return at once")

// AbortError says that an answer broke off: the front must not pass it on as if it
// were whole. net/http closes the connection.
type AbortError struct {
	Value any    // of the panic; nil if there was none
	Stack []byte // of the panic
}

// Error says why.
func (e *AbortError) Error() string {
	switch e.Value {
	case nil:
		return "the answer broke off: its length is not the Content-Length, or its goroutine ended"
	case http.ErrAbortHandler:
		return "the answer broke off"
	}
	return fmt.Sprintf("the answer broke off: panic: %v", e.Value)
}

// response is the answer, and the ResponseWriter of the handler, which finds in it
// what it finds in net/http's.
type response struct {
	limit    int                                            // of the encoded answer, in bytes
	stream   func(status int, header http.Header) io.Writer // begins the answer; nil: it is sent when it is whole
	deadline func(time.Time)                                // sets when writing to the stream fails; nil: it never waits
	single   bool                                           // an ALB that takes one value for each header
	base     string                                         // what was taken off the request's path

	header   http.Header
	final    http.Header // the header when WriteHeader was called, and what was added since
	status   int         // 0 before WriteHeader
	declared int64       // Content-Length; -1 if not declared
	written  int64
	head     bool // it answers HEAD
	sealed   bool // final is final
	out      io.Writer
	body     []byte // what is not yet in out
	tooLarge bool
	panicked *AbortError // what the handler panicked with, if that is answered
}

// Header implements http.ResponseWriter.
func (w *response) Header() http.Header {
	if w.header == nil {
		w.header = http.Header{}
	}
	return w.header
}

// WriteHeader implements http.ResponseWriter.
func (w *response) WriteHeader(status int) {
	if status < 100 || status > 999 {
		panic(fmt.Sprintf("invalid WriteHeader code %v", status)) // as net/http
	}
	if w.status != 0 || (status < 200 && status != http.StatusSwitchingProtocols) {
		return // the front has no way to send an informational answer
	}
	w.status, w.final, w.declared = status, w.Header().Clone(), -1
	if length := w.final.Get("Content-Length"); length != "" {
		if n, err := strconv.ParseInt(length, 10, 64); err == nil && n >= 0 {
			w.declared = n
		} else {
			w.final.Del("Content-Length")
		}
	}
}

// Write implements http.ResponseWriter.
func (w *response) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if len(p) == 0 {
		return 0, nil
	}
	if !bodyAllowed(w.status) {
		return 0, http.ErrBodyNotAllowed
	}
	w.written += int64(len(p))
	switch {
	case w.declared >= 0 && w.written > w.declared:
		return 0, http.ErrContentLength
	case w.tooLarge:
		return 0, ErrTooLarge
	case w.head:
		w.body = append(w.body, p[:min(len(p), bufferSize-len(w.body))]...) // to sniff from
		return len(p), nil
	case w.stream == nil && w.written > int64(w.limit):
		w.tooLarge, w.body = true, nil
		return 0, ErrTooLarge
	}
	w.body = append(w.body, p...)
	if w.stream != nil && len(w.body) > bufferSize {
		if err := w.send(); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// FlushError sends what has been written so far, if the answer is a stream, and
// settles its header in any case.
func (w *response) FlushError() error {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	w.seal()
	if w.stream == nil {
		return nil
	}
	return w.send()
}

// Flush is FlushError for http.Flusher.
func (w *response) Flush() { _ = w.FlushError() }

// SetReadDeadline has nothing to do: the request's body has been read.
func (w *response) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline is for http.ResponseController.
func (w *response) SetWriteDeadline(t time.Time) error {
	if w.deadline != nil {
		w.deadline(t)
	}
	return nil
}

// EnableFullDuplex has nothing to do: the request's body has been read.
func (w *response) EnableFullDuplex() error { return nil }

// seal adds to the header what net/http adds when it sends it.
func (w *response) seal() {
	if w.sealed {
		return
	}
	w.sealed = true
	h := w.final
	w.lead(h)
	if !bodyAllowed(w.status) {
		h.Del("Content-Length")
		if w.status == http.StatusNotModified {
			h.Del("Content-Type")
		}
		return
	}
	// algnhsa's recorder sniffs too, but from the first Write and though the
	// content is encoded.
	_, typed := h["Content-Type"]
	_, transfer := h["Transfer-Encoding"]
	if !typed && !transfer && h.Get("Content-Encoding") == "" && len(w.body) > 0 {
		h.Set("Content-Type", http.DetectContentType(w.body))
	}
}

// send begins the stream, if that has not been done, and sends what waits.
func (w *response) send() error {
	w.seal()
	if w.out == nil {
		w.out = w.stream(w.status, fields(w.final))
	}
	if w.head || len(w.body) == 0 {
		return nil
	}
	_, err := w.out.Write(w.body)
	w.body = w.body[:0]
	return err
}

// finish completes the answer of a handler that has returned.
func (w *response) finish() error {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if w.tooLarge {
		return nil // encode says so
	}
	if w.declared >= 0 && w.declared != w.written && !w.head && bodyAllowed(w.status) {
		return &AbortError{}
	}
	if !w.sealed && w.written <= bufferSize && w.declared < 0 && bodyAllowed(w.status) && (!w.head || w.written > 0) {
		w.final.Set("Content-Length", strconv.FormatInt(w.written, 10))
	}
	w.seal()
	if w.stream == nil {
		return nil
	}
	return w.send()
}

// broken returns what becomes of the answer of a handler that panicked with v: an
// error if it has begun or if the handler asked for that, and else a 500.
func (w *response) broken(v any) error {
	if v == nil || w.status != 0 || v == http.ErrAbortHandler { //nolint:errorlint // as net/http compares it
		return &AbortError{Value: v, Stack: debug.Stack()}
	}
	w.panicked = &AbortError{Value: v, Stack: debug.Stack()}
	w.plain(http.StatusInternalServerError)
	return w.finish()
}

// refuse answers what cannot be a request, as net/http does.
func (w *response) refuse() {
	w.plain(http.StatusBadRequest)
	w.seal()
}

func (w *response) plain(status int) {
	w.header = http.Header{"Content-Type": {"text/plain; charset=utf-8"}}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, strconv.Itoa(status)+" "+http.StatusText(status))
}

// reply is an answer as the fronts want it.
type reply struct {
	StatusCode        int                 `json:"statusCode"`
	StatusDescription string              `json:"statusDescription,omitempty"`
	Headers           map[string]string   `json:"headers,omitempty"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders,omitempty"`
	Cookies           []string            `json:"cookies,omitempty"`
	Body              string              `json:"body"`
	IsBase64Encoded   bool                `json:"isBase64Encoded"`
}

// encode returns the answer for the front, or ErrTooLarge.
func (w *response) encode(kind algnhsa.RequestType) ([]byte, error) {
	if w.tooLarge {
		return nil, ErrTooLarge
	}
	out := reply{StatusCode: w.status}
	h := fields(w.final)
	switch {
	case kind == algnhsa.RequestTypeAPIGatewayV2:
		out.Headers, out.Cookies = join(h)
	case w.single:
		out.Headers = singles(h)
	default:
		out.MultiValueHeaders = h
	}
	if kind == algnhsa.RequestTypeALB { // which wants it
		out.StatusDescription = strings.TrimSpace(strconv.Itoa(w.status) + " " + http.StatusText(w.status))
	}
	// algnhsa goes by a list of content types, to be matched exactly; what is not in
	// it loses all bytes that are no UTF-8. What decides is whether the bytes can
	// stand in JSON.
	switch {
	case w.head:
	case utf8.Valid(w.body):
		out.Body = string(w.body)
	default:
		out.Body, out.IsBase64Encoded = base64.StdEncoding.EncodeToString(w.body), true
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // six bytes for each < and >, which count towards the limit
	if err := e.Encode(out); err != nil {
		return nil, err
	}
	if b.Len() > w.limit {
		return nil, ErrTooLarge
	}
	return b.Bytes(), nil
}

// fields returns the header without what speaks of the connection, which is the
// front's: net/http removes it in HTTP/2, and API Gateway does not take it.
func fields(h http.Header) http.Header {
	for _, names := range h["Connection"] {
		for name := range strings.SplitSeq(names, ",") {
			h.Del(strings.TrimSpace(name))
		}
	}
	for _, name := range [...]string{"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade"} {
		delete(h, name)
	}
	for name, values := range h {
		if strings.HasPrefix(name, http.TrailerPrefix) || len(values) == 0 {
			delete(h, name)
		}
		for i, v := range values {
			if strings.ContainsAny(v, "\r\n") {
				values[i] = strings.NewReplacer("\n", " ", "\r", " ").Replace(v) // as net/http
			}
		}
	}
	return h
}

// join returns the header with one value for each name, and the cookies, which
// cannot be joined.
func join(h http.Header) (header map[string]string, cookies []string) {
	header = make(map[string]string, len(h))
	for name, values := range h {
		if name == "Set-Cookie" {
			cookies = values
			continue
		}
		header[name] = strings.Join(values, ", ")
	}
	return header, cookies
}

// singles is join for a front that takes one value for each name and no list of
// cookies. To it, names that differ in case are different, and to HTTP they are not.
func singles(h http.Header) map[string]string {
	header, cookies := join(h)
	for i, cookie := range cookies {
		name := []byte("set-cookie")
		for bit, at := 0, 0; at < len(name); at++ {
			if name[at] == '-' {
				continue
			}
			if i>>bit&1 == 1 {
				name[at] -= 'a' - 'A'
			}
			bit++
		}
		header[string(name)] = cookie
	}
	return header
}

func bodyAllowed(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}
