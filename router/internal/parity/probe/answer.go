package probe

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"switchyard/router/internal/answer"
	"switchyard/shared/fault"
)

// someBytes answers with n bytes of every value, as of the type that is asked for.
func someBytes(w http.ResponseWriter, r *http.Request) {
	n := number(r, "n", 256)
	if t := r.FormValue("type"); t != "" {
		w.Header().Set("Content-Type", t)
	}
	b := make([]byte, n)
	for i := range b {
		if b[i] = byte(i); r.FormValue("text") != "" {
			b[i] = "0123456789abcde\n"[i%16]
		}
	}
	_, _ = w.Write(b)
}

func number(r *http.Request, name string, otherwise int) int {
	if n, err := strconv.Atoi(r.FormValue(name)); err == nil {
		return n
	}
	return otherwise
}

// compressed answers with text that is compressed.
func compressed(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Encoding", "gzip")
	w.Header().Set("Vary", "Accept-Encoding")
	z := gzip.NewWriter(w)
	_, _ = strings.NewReader(strings.Repeat("<p>schön</p>\n", 100)).WriteTo(z)
	_ = z.Close()
}

// text answers with n bytes of text that could be compressed, with the headers that the
// query names.
func text(w http.ResponseWriter, r *http.Request) {
	for name, values := range r.URL.Query() {
		if name != "n" {
			w.Header()[http.CanonicalHeaderKey(name)] = values
		}
	}
	_, _ = io.WriteString(w, strings.Repeat("schön\n", number(r, "n", 7000)/7))
}

// sniff leaves the type to the host.
func sniff(w http.ResponseWriter, r *http.Request) {
	switch r.FormValue("as") {
	case "html":
		_, _ = w.Write([]byte("<!DOCTYPE html><title>ä</title>"))
	case "png":
		_, _ = w.Write([]byte("\x89PNG\x0d\x0a\x1a\x0a0000"))
	case "pieces":
		_, _ = w.Write(nil)
		_, _ = w.Write([]byte("<!DOC"))
		_, _ = w.Write([]byte("TYPE html>"))
	default:
		_, _ = w.Write([]byte("plain"))
	}
}

// redirect leads elsewhere.
func redirect(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, r.FormValue("to"), number(r, "code", http.StatusSeeOther))
}

// resource is something that has a version: for conditional requests and ranges.
func resource(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("ETag", `"v1"`)
	w.Header().Set("Cache-Control", "public, max-age=60")
	modified := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	http.ServeContent(w, r, "resource.txt", modified, bytes.NewReader([]byte("0123456789abcdefghijklmnopqrstuvwxyz\n")))
}

// headers answers with repeated headers and several cookies.
func headers(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Add("Link", "</a>; rel=preload")
	h.Add("Link", "</b>; rel=preload")
	h["X-Empty"] = []string{""}
	h.Set("X-Commas", "a, b,c")
	h.Set("Content-Security-Policy", "default-src 'self'; img-src *")
	h.Set("Www-Authenticate", `Basic realm="probe"`)
	http.SetCookie(w, &http.Cookie{Name: "session", Value: "abc", Path: "/", HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode})
	http.SetCookie(w, &http.Cookie{Name: "theme", Value: "dark", Expires: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)})
	http.SetCookie(w, &http.Cookie{Name: "gone", MaxAge: -1})
	w.WriteHeader(http.StatusAccepted)
	_, _ = w.Write([]byte("headers\n"))
}

// status answers with a status and nothing else.
func status(w http.ResponseWriter, r *http.Request) {
	code, err := strconv.Atoi(r.PathValue("code"))
	if err != nil || code < 200 || code > 599 {
		code = http.StatusBadRequest
	}
	w.WriteHeader(code)
}

// early answers before the body is read, and changes headers when it is too late.
func early(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("X-In-Time", "yes")
	w.WriteHeader(http.StatusCreated)
	w.Header().Set("X-Late", "yes")
	w.WriteHeader(http.StatusTeapot)
	fmt.Fprintln(w, "early")
}

// problem answers with a problem document.
func problem(w http.ResponseWriter, r *http.Request) {
	var err error
	switch r.PathValue("kind") {
	case "invalid":
		err = &fault.Error{Kind: fault.Invalid, Message: "That is not how it is spelt: “ß”."}
	case "missing":
		err = &fault.Error{Kind: fault.NotFound, Message: "There is no such thing."}
	case "conflict":
		err = &fault.Error{Kind: fault.Conflict, Message: "That is taken."}
	default:
		err = errors.New("a private cause")
	}
	answer.Write(w, r, err)
}

// slow takes longer than it may.
func slow(w http.ResponseWriter, r *http.Request) {
	<-r.Context().Done()
	answer.Write(w, r, r.Context().Err())
}

// panics panics: before or in the midst of the answer, or to break it off.
func panics(w http.ResponseWriter, r *http.Request) {
	switch r.PathValue("when") {
	case "midst":
		_, _ = w.Write([]byte("half of"))
		_ = http.NewResponseController(w).Flush()
	case "abort":
		panic(http.ErrAbortHandler)
	}
	panic("as ordered")
}

// serverSentEvents sends three events, each when it is there.
func serverSentEvents(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	control := http.NewResponseController(w)
	for i := range number(r, "n", 3) {
		fmt.Fprintf(w, "id: %d\ndata: ping – %d\n\n", i, i)
		if err := control.Flush(); err != nil {
			return
		}
		select {
		case <-time.After(time.Duration(number(r, "ms", 10)) * time.Millisecond):
		case <-r.Context().Done():
			return
		}
	}
}
