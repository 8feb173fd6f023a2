// Package answer turns errors into RFC 9457 problem documents: the one shape in
// which a caller hears that something went wrong, whichever part found out.
//
// Of an error only what is meant for the public is shown. The rest stays with
// the [Problem] for the access log, which gets it through the request's [Call].
package answer

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/shared/fault"
)

// StatusClientGone is the status in the log when the client went away before
// its answer was ready. Nobody receives it.
const StatusClientGone = 499

// ContentType is the media type of a problem document.
const ContentType = "application/problem+json"

// MaxIssues bounds the errors that a problem lists, and maxLocation the bytes of each
// one's location: the names in it come from the sender, and may be of any length.
const (
	MaxIssues   = 20
	maxLocation = 256
)

const tooLong = "This took too long. Try again later."

// Problem is a problem document. It is also an error, so that it can travel as
// one.
type Problem struct { //nolint:errname // a document first
	Type      string        `json:"type" format:"uri-reference" doc:"What sort of problem this is; about:blank if the status says it all." example:"about:blank"`
	Title     string        `json:"title" doc:"The status in words." example:"Not Found"`
	Status    int           `json:"status" doc:"The status of the answer." example:"404"`
	Detail    string        `json:"detail,omitempty" doc:"What is wrong and what to do next." example:"There is no such file."`
	Instance  string        `json:"instance,omitempty" format:"uri-reference" doc:"Identifies this occurrence."`
	RequestID string        `json:"requestId,omitempty" doc:"Names this request in the logs." example:"0194d4c2-5f6e-7c1a-9d53-0f6f4b1c2a3b"`
	Errors    []fault.Issue `json:"errors,omitempty" nullable:"false" doc:"What is wrong with which part of the request."`

	kind   fault.Kind
	cause  error
	header http.Header
}

// New returns the problem with this status and kind that tells detail. Put
// nothing private into detail.
func New(status int, kind fault.Kind, detail string) *Problem {
	return &Problem{Type: "about:blank", Title: title(status), Status: status, Detail: detail, kind: kind}
}

// Of returns the problem that err stands for. A *Problem in err's chain is
// returned as it is. Of(nil) is nil.
func Of(err error) *Problem {
	if err == nil {
		return nil
	}
	var p *Problem
	if errors.As(err, &p) {
		return p.shorten()
	}
	f := fault.Of(err)
	if f.Kind == fault.Internal {
		f = refine(f, err)
	}
	p = New(f.Kind.Status(), f.Kind, f.Message)
	p.Errors = slices.Clone(f.Issues)
	if len(p.Errors) > 0 && f.Kind == fault.Invalid {
		// As when the input does not fit an endpoint's types.
		p.Status, p.Title = http.StatusUnprocessableEntity, title(http.StatusUnprocessableEntity)
	}
	p.cause = err
	p.header = headerOf(f.Kind, err)
	return p.shorten()
}

// OfBody returns the problem of a request whose body could not be read because of err.
// OfBody(nil) is nil.
func OfBody(err error) *Problem {
	if err == nil {
		return nil
	}
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return Of(tooLarge)
	}
	if slow, ok := errors.AsType[net.Error](err); ok && slow.Timeout() {
		return New(http.StatusRequestTimeout, fault.Timeout, "The request's body did not arrive in time.")
	}
	return New(http.StatusBadRequest, fault.Invalid, "The request's body could not be read.").Because(err)
}

// shorten returns p with no more issues than it may tell.
func (p *Problem) shorten() *Problem {
	p.Errors = p.Errors[:min(len(p.Errors), MaxIssues)]
	for i := range p.Errors {
		if at := &p.Errors[i].Location; len(*at) > maxLocation {
			*at = strings.ToValidUTF8((*at)[:maxLocation], "") + "…"
		}
	}
	return p
}

// For is like Of for an error that ended the request of ctx: it gives the
// problem the request's id, shows it to the request's [Call], and tells an error
// of ours from a deadline that passed and a client that is gone.
func For(ctx context.Context, err error) *Problem {
	p := Of(err)
	if p == nil {
		return nil
	}
	if p.Status == http.StatusInternalServerError {
		p = ended(ctx, p)
	}
	if c := CallOf(ctx); c != nil {
		p.RequestID = c.RequestID
		c.Problem = p
	}
	return p
}

// ended returns what an internal error really is if it came after the end of ctx.
func ended(ctx context.Context, p *Problem) *Problem {
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return New(http.StatusGatewayTimeout, fault.Timeout, tooLong).Because(p.cause)
	case errors.Is(ctx.Err(), context.Canceled) && errors.Is(p.cause, context.Canceled):
		return New(StatusClientGone, fault.Internal, "The client is gone.").Because(p.cause)
	}
	return p
}

// Write answers r with the problem that err stands for.
func Write(w http.ResponseWriter, r *http.Request, err error) {
	For(r.Context(), err).Write(w)
}

// Write writes the document with its status and headers.
func (p *Problem) Write(w http.ResponseWriter) {
	body, err := json.Marshal(p)
	if err != nil { // cannot be: it is made of strings and numbers
		panic(err)
	}
	h := w.Header()
	p.Prepare(h)
	h.Set("Content-Type", ContentType)
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n')) // a client that does not listen cannot be told
}

// Prepare makes h, in which stands what another answer was to have, the header of an
// answer that tells p, in whatever form.
func (p *Problem) Prepare(h http.Header) {
	maps.Copy(h, p.header)
	h.Set("Cache-Control", "private, no-store")
	for _, name := range [...]string{"Content-Length", "Content-Encoding", "Etag", "Last-Modified"} {
		delete(h, name)
	}
}

// Because returns a copy of p with cause as its private half.
func (p *Problem) Because(cause error) *Problem {
	caused := *p
	caused.cause = cause
	return &caused
}

// With returns a copy of p with a header that goes with the document.
func (p *Problem) With(name, value string) *Problem {
	headed := *p
	headed.header = http.Header{name: {value}}
	return &headed
}

// Kind returns what went wrong, for logs.
func (p *Problem) Kind() fault.Kind { return p.kind }

// Cause returns the error that p was made of, private parts and all. It is nil
// if there is nothing to know but what p shows.
func (p *Problem) Cause() error { return p.cause }

// Error returns what p shows.
func (p *Problem) Error() string {
	parts := []string{p.Detail}
	for _, e := range p.Errors {
		parts = append(parts, e.Location+": "+e.Message)
	}
	return strings.Join(parts, "; ")
}

// Unwrap returns the cause.
func (p *Problem) Unwrap() error { return p.cause }

// GetStatus returns the status: what huma asks of an error.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders returns the headers that go with the document: what huma asks of
// an error.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType returns the media type of a problem document: what huma asks of a
// body that is not plain JSON.
func (p *Problem) ContentType(string) string { return ContentType }

// refine finds a better kind for an error that nobody classified.
func refine(f *fault.Error, err error) *fault.Error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return fault.New(fault.TooLarge, "The request's body is over the limit of %d bytes.", tooLarge.Limit)
	case errors.Is(err, context.DeadlineExceeded):
		return fault.New(fault.Timeout, tooLong)
	}
	return f
}

// headerOf returns what HTTP wants beside the status.
func headerOf(k fault.Kind, err error) http.Header {
	var again *fault.RetryAfterError
	switch {
	case k == fault.Unauthorized:
		return http.Header{"Www-Authenticate": {"Bearer"}}
	case errors.As(err, &again) && (k == fault.Unavailable || k == fault.TooMany):
		return http.Header{"Retry-After": {seconds(again.After)}}
	case k == fault.Unavailable:
		return http.Header{"Retry-After": {"1"}}
	}
	return nil
}

// seconds returns d in whole seconds, rounded up, at least 1.
func seconds(d time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(d.Seconds()))))
}

func title(status int) string {
	if status == StatusClientGone {
		return "Client Closed Request"
	}
	return http.StatusText(status)
}
