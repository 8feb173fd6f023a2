package proxy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"switchyard/router/internal/dev/terminal"
)

// What the proxy answers itself stands below ownPath.
const (
	ownPath      = "/.switchyard/"
	statePath    = ownPath + "state"     // what the pages poll
	lastGoodPath = ownPath + "last-good" // shows the app in spite of the failure
	lastGoodName = "switchyard_last_good"
)

// serveOwn answers what is below ownPath.
func (p *Proxy) serveOwn(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	switch r.URL.Path {
	case statePath:
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]string{"page": p.page()})
	case lastGoodPath:
		if f := p.Failure(); f != nil {
			http.SetCookie(w, &http.Cookie{Name: lastGoodName, Value: f.ID, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
		}
		http.Redirect(w, r, localPath(r.URL.Query().Get("to")), http.StatusSeeOther)
	default:
		http.NotFound(w, r)
	}
}

// page names what a person gets now: "app", "starting", or a failure's id.
func (p *Proxy) page() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.failure != nil:
		return p.failure.ID
	case p.current != nil:
		return "app"
	}
	return "starting"
}

// localPath returns to if it is a path of this server, else "/": the link must
// not lead to another site.
func localPath(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(to, "/") ||
		strings.HasPrefix(to, "//") || strings.Contains(to, `\`) {
		return "/"
	}
	return to
}

// wantsLastGood reports whether the person has seen f and asked to go on.
func wantsLastGood(r *http.Request, f *terminal.ReleaseError) bool {
	c, err := r.Cookie(lastGoodName)
	return err == nil && c.Value == f.ID
}

func writeFailure(w http.ResponseWriter, r *http.Request, f *terminal.ReleaseError, lastGood bool) {
	to := ""
	if lastGood {
		to = lastGoodPath + "?to=" + url.QueryEscape(r.URL.RequestURI())
	}
	writePage(w, r, http.StatusInternalServerError, failurePage(f, to))
}

// writeStarting answers while no app runs; f is why, if that is known.
func (p *Proxy) writeStarting(w http.ResponseWriter, r *http.Request, f *terminal.ReleaseError) {
	w.Header().Set("Retry-After", "1")
	if isNavigation(r) {
		writePage(w, r, http.StatusServiceUnavailable, startingPage(p.steps()))
		return
	}
	detail := "The app is starting; try again in a second."
	if f != nil {
		detail = f.Title + "; the terminal of `router dev` has the details."
	}
	writeProblem(w, http.StatusServiceUnavailable, detail)
}

// mark is the sign of a step in this state.
func mark(state string) string {
	switch state {
	case "done":
		return "✓"
	case "failed":
		return "✗"
	}
	return "…"
}

func writePage(w http.ResponseWriter, r *http.Request, status int, page templ.Component) {
	var b bytes.Buffer
	if err := page.Render(r.Context(), &b); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w)
}

func writeProblem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"title": http.StatusText(status), "status": status, "detail": detail})
}

// unreachable answers when the app did not: it has just died, or broke the
// connection off.
func unreachable(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) || r.Context().Err() != nil {
		return // the browser is gone
	}
	w.Header().Set("Retry-After", "1")
	if isNavigation(r) {
		writePage(w, r, http.StatusBadGateway, startingPage(nil)) //nolint:contextcheck // the context is what Render is given
		return
	}
	writeProblem(w, http.StatusBadGateway, "The app did not answer; it may be restarting.")
}
