package httpevent

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"
)

// bufferSize is the number of bytes that net/http keeps before it sends the header, so that it can
// still add to it what the body tells.
const bufferSize = 2048

// ErrTooLarge is the error of a write by which the answer becomes longer than the front door takes.
var ErrTooLarge = errors.New("the answer is larger than Lambda can return at once")

// AbortError says that an answer broke off, and must not be passed on as if it were whole. net/http
// closes the connection in this case.
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

// Response is an answer, and the ResponseWriter of the handler that writes it. It has the methods
// that net/http's own has.
type Response struct {
	Limit    int                                            // of the encoded answer, in bytes; of no meaning if Stream is set
	Stream   func(status int, header http.Header) io.Writer // begins the answer; nil: it is sent when it is whole
	Deadline func(time.Time)                                // sets when writing to the stream fails; nil: it never waits
	Panicked *AbortError                                    // what the handler panicked with, if that is answered

	oneValue bool   // an ALB that takes one value for each header
	base     string // what was taken off the request's path

	header   http.Header
	final    http.Header // the header when WriteHeader was called, and what was added since
	status   int         // 0 before WriteHeader
	declared int64       // Content-Length; -1 if not declared
	written  int64
	head     bool // it answers HEAD
	complete bool // final has all that it gets
	out      io.Writer
	body     []byte // what is not yet in out
	tooLarge bool
}

// Written returns how many bytes of a body the handler wrote.
func (w *Response) Written() int64 { return w.written }

// Instead returns a new answer to the same request, with the header of w. It takes the place of w.
func (w *Response) Instead() *Response {
	return &Response{Limit: w.Limit, oneValue: w.oneValue, header: w.final}
}

// Header implements http.ResponseWriter.
func (w *Response) Header() http.Header {
	if w.header == nil {
		w.header = http.Header{}
	}
	return w.header
}

// WriteHeader implements http.ResponseWriter.
func (w *Response) WriteHeader(status int) {
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
func (w *Response) Write(p []byte) (int, error) {
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
	case w.Stream == nil && w.written > int64(w.Limit):
		w.tooLarge, w.body = true, nil
		return 0, ErrTooLarge
	}
	w.body = append(w.body, p...)
	if w.Stream != nil && len(w.body) > bufferSize {
		if err := w.send(); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// FlushError sends what has been written so far, if the answer is a stream, and
// settles its header in any case.
func (w *Response) FlushError() error {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	w.completeHeader()
	if w.Stream == nil {
		return nil
	}
	return w.send()
}

// Flush is FlushError for http.Flusher.
func (w *Response) Flush() { _ = w.FlushError() }

// SetReadDeadline has nothing to do: the request's body has been read.
func (w *Response) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline passes t to w.Deadline, if that is set. It is for [http.ResponseController].
func (w *Response) SetWriteDeadline(t time.Time) error {
	if w.Deadline != nil {
		w.Deadline(t)
	}
	return nil
}

// EnableFullDuplex has nothing to do: the request's body has been read.
func (w *Response) EnableFullDuplex() error { return nil }

// completeHeader adds to the header what net/http adds when it sends it.
func (w *Response) completeHeader() {
	if w.complete {
		return
	}
	w.complete = true
	h := w.final
	w.restorePath(h)
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
func (w *Response) send() error {
	w.completeHeader()
	if w.out == nil {
		w.out = w.Stream(w.status, fields(w.final))
	}
	if w.head || len(w.body) == 0 {
		return nil
	}
	_, err := w.out.Write(w.body)
	w.body = w.body[:0]
	return err
}

// Finish completes the answer of a handler that has returned.
func (w *Response) Finish() error {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if w.tooLarge {
		return nil // Encode says so
	}
	if w.declared >= 0 && w.declared != w.written && !w.head && bodyAllowed(w.status) {
		return &AbortError{}
	}
	if !w.complete && w.written <= bufferSize && w.declared < 0 && bodyAllowed(w.status) && (!w.head || w.written > 0) {
		w.final.Set("Content-Length", strconv.FormatInt(w.written, 10))
	}
	w.completeHeader()
	if w.Stream == nil {
		return nil
	}
	return w.send()
}

// broken returns what becomes of the answer of a handler that panicked with v: an
// error if it has begun or if the handler asked for that, and else a 500.
func (w *Response) broken(v any) error {
	if v == nil || w.status != 0 || v == http.ErrAbortHandler { //nolint:errorlint // as net/http compares it
		return &AbortError{Value: v, Stack: debug.Stack()}
	}
	w.Panicked = &AbortError{Value: v, Stack: debug.Stack()}
	w.text(http.StatusInternalServerError)
	return w.Finish()
}

// refuse answers what cannot be a request, as net/http does.
func (w *Response) refuse() {
	w.text(http.StatusBadRequest)
	w.completeHeader()
}

func (w *Response) text(status int) {
	w.header = http.Header{"Content-Type": {"text/plain; charset=utf-8"}}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, strconv.Itoa(status)+" "+http.StatusText(status))
}

func bodyAllowed(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}
