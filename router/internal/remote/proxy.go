package remote

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/internal/clientip"
	"switchyard/router/internal/answer"
	"switchyard/router/internal/function"
	"switchyard/shared/auth/caller"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

const (
	// connectTimeout bounds a connection to be made. It is short, because the function
	// may have to run here in the time that is left.
	connectTimeout = 2 * time.Second
	// Gateways close idle connections after a minute or later. We must be the side
	// that closes first, or a request is sent into a connection that is just closing.
	idleTimeout = 30 * time.Second
	idlePerHost = 64
)

// newTransport returns what all proxies send by.
func newTransport() *http.Transport {
	return &http.Transport{
		DialContext:         (&net.Dialer{Timeout: connectTimeout}).DialContext,
		TLSHandshakeTimeout: connectTimeout,
		ForceAttemptHTTP2:   true,
		DisableCompression:  true, // what the client accepts is its own matter
		MaxIdleConnsPerHost: idlePerHost,
		IdleConnTimeout:     idleTimeout,
	}
}

// proxy stands for a function that runs elsewhere.
type proxy struct {
	name    string
	info    fn.Info
	base    *url.URL
	signs   bool // the function deals with sessions itself, and gets what browsers send
	signer  *caller.Caller
	trust   clientip.Trust // who is believed about who calls
	sent    *prometheus.CounterVec
	streams *streams // nil if they are ended there
	reverse *httputil.ReverseProxy
}

// Way says how calls get to functions that run elsewhere.
type Way struct {
	Base      *url.URL       // below which they have their routes
	Signer    *caller.Caller // signs who calls, with a key that is known there
	Trust     clientip.Trust // who is believed here about who calls
	Transport http.RoundTripper
	Sent      *prometheus.CounterVec // counts, by function and result

	streams *streams // that this router ends; nil for none
}

// To returns what makes the handler that sends the calls of f on. local is the handler that would
// serve them here; nil if there is none.
func (w Way) To(f function.Function) func(local http.Handler) http.Handler {
	return w.proxy(f).handler
}

func (w Way) proxy(f function.Function) *proxy {
	p := &proxy{name: f.Name, info: f.Info(), base: w.Base, signs: signsIn(f), signer: w.Signer, trust: w.Trust, sent: w.Sent, streams: w.streams}
	p.reverse = &httputil.ReverseProxy{
		Rewrite:        p.rewrite,
		ModifyResponse: p.received,
		ErrorHandler:   p.failed,
		Transport:      w.Transport,
		FlushInterval:  -1, // streams reach the client as they come
		ErrorLog:       slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	return p
}

// signsIn reports whether f is a page that deals with sessions itself, for which it
// needs the cookies and the origin that the browser sent.
func signsIn(f function.Function) bool {
	f.Admits = nil
	return f.Info().Kind == fn.KindPage && len(function.Needs([]function.Function{f}).Named("auth/betterauth")) > 0
}

// passage is one call on its way.
type passage struct {
	w       http.ResponseWriter
	r       *http.Request
	local   http.Handler // serves r if it cannot be sent; nil if nothing does
	token   string
	address string // of the client; "" if it is not known
	id      string // of the request
	reached atomic.Bool
	stream  *stream // if this router ends streams
}

type passageKey struct{}

func passageOf(ctx context.Context) *passage {
	one, _ := ctx.Value(passageKey{}).(*passage)
	return one
}

// handler returns what sends requests on, and their answers back. local serves what
// cannot be sent; nil lets it fail.
func (p *proxy) handler(local http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		one := &passage{w: w, r: r, local: local}
		if err := p.sign(r.Context(), one); err != nil {
			answer.Write(w, r, err)
			return
		}
		ctx := context.WithValue(r.Context(), passageKey{}, one)
		if p.streams != nil && p.info.Stream {
			var over func()
			var err error
			if ctx, one.stream, over, err = p.streams.call(ctx); err != nil {
				answer.Write(w, r, err)
				return
			}
			defer over()
		}
		// An answer that breaks off must break off here too. ReverseProxy does so only
		// where it believes that a server of net/http calls it, which a Lambda is not.
		ctx = context.WithValue(ctx, http.ServerContextKey, (*http.Server)(nil))
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			// A request is tried again if its connection breaks before anything is
			// written, or if it changes nothing: then the last try counts.
			GetConn: func(string) { one.reached.Store(false) },
			GotConn: func(httptrace.GotConnInfo) { one.reached.Store(true) },
		})
		p.reverse.ServeHTTP(w, r.WithContext(ctx))
	})
}

// sign makes the token.
func (p *proxy) sign(ctx context.Context, one *passage) (err error) {
	call := caller.Call{Function: p.name, Access: p.info.Access}
	if c := answer.CallOf(ctx); c != nil {
		call.RequestID = c.RequestID
	}
	call.Address, _ = p.trust.Of(one.r)
	if call.Address.IsValid() {
		one.address = call.Address.String()
	}
	one.id = call.RequestID
	one.token, err = p.signer.Sign(one.r, call)
	return err
}

// received makes an answer one of the router's, unless it is to a caller whom nobody
// there knows.
func (p *proxy) received(answered *http.Response) error {
	switch answered.Header.Get(caller.Header) {
	case caller.Believed:
	case caller.Refused:
		return errRefused
	default: // a gateway's own answer, or from a host that knows nothing of tokens
		if p.info.Access != fn.Public && turnsAway(answered.StatusCode) {
			return errUnasked
		}
	}
	p.count(resultAnswered)
	one := passageOf(answered.Request.Context())
	merge(one.w.Header(), answered.Header)
	if one.stream != nil {
		p.streams.answered(one.stream, answered)
	}
	return nil
}

// turnsAway reports whether an answer with this status may say that the caller is not
// admitted.
func turnsAway(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusSeeOther
}

var (
	errRefused = errors.New("the token was refused: SWITCHYARD_CALLER_KEY is not the same there, or a clock is wrong")
	errUnasked = errors.New("the token was not looked at: package the function with --behind, or set SWITCHYARD_CALLER_KEY there; and let everybody call its URL (AuthType NONE)")
)

// failed answers what has not been answered there, or lets it run here if nothing has
// arrived there.
func (p *proxy) failed(w http.ResponseWriter, out *http.Request, err error) {
	one := passageOf(out.Context())
	err = fmt.Errorf("send to %s: %w", p.base.Host, err)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, errRefused), errors.Is(err, errUnasked):
		p.count(resultRefused)
		err = answer.New(http.StatusBadGateway, fault.Unavailable, broken).Because(err)
	case out.Context().Err() != nil:
		p.count(resultBroken)
		err = out.Context().Err()
	case errors.As(err, &tooLarge):
		p.count(resultBroken)
	case one.reached.Load():
		p.count(resultBroken)
		err = answer.New(http.StatusBadGateway, fault.Unavailable, broken).Because(err)
	case one.local != nil:
		p.count(resultLocal)
		one.local.ServeHTTP(one.w, one.r)
		return
	default:
		p.count(resultUnreachable)
		err = fault.New(fault.Unavailable, "This runs elsewhere, and cannot be reached right now. Try again in a second.").Because(err)
	}
	answer.Write(w, one.r, err)
}

// broken does not say to try again: the function may have done its work.
const broken = "This runs elsewhere, and no answer came from there."

// What became of a call.
const (
	resultAnswered    = "answered"
	resultBroken      = "broken"
	resultRefused     = "refused"
	resultUnreachable = "unreachable"
	resultLocal       = "local"
)

func (p *proxy) count(result string) { p.sent.WithLabelValues(p.name, result).Inc() }
