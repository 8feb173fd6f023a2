package proxy

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"switchyard/router/internal/dev/terminal"
)

//go:embed pages/*.html
var pageFiles embed.FS

// pages is parsed at the first use: every command links this package, only dev has use for it.
//
//nolint:gochecknoglobals // parsed once, never changed
var pages = sync.OnceValue(func() *template.Template {
	return template.Must(template.ParseFS(pageFiles, "pages/*.html"))
})

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
	data := struct {
		*terminal.ReleaseError
		StatePath, LastGood string
	}{ReleaseError: f, StatePath: statePath}
	data.Output = terminal.Trim(f.Output, 400, 64<<10)
	if lastGood {
		data.LastGood = lastGoodPath + "?to=" + url.QueryEscape(r.URL.RequestURI())
	}
	writePage(w, http.StatusInternalServerError, "failure.html", data)
}

// writeStarting answers while no app runs; f is why, if that is known.
func (p *Proxy) writeStarting(w http.ResponseWriter, r *http.Request, f *terminal.ReleaseError) {
	w.Header().Set("Retry-After", "1")
	if isNavigation(r) {
		writePage(w, http.StatusServiceUnavailable, "starting.html", struct {
			StatePath string
			Steps     []terminal.Step
		}{statePath, p.steps()})
		return
	}
	detail := "The app is starting; try again in a second."
	if f != nil {
		detail = f.Title + "; the terminal of `router dev` has the details."
	}
	writeProblem(w, http.StatusServiceUnavailable, detail)
}

func writePage(w http.ResponseWriter, status int, name string, data any) {
	var b bytes.Buffer
	if err := pages().ExecuteTemplate(&b, name, data); err != nil {
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
		writePage(w, http.StatusBadGateway, "starting.html", struct {
			StatePath string
			Steps     []terminal.Step
		}{StatePath: statePath})
		return
	}
	writeProblem(w, http.StatusBadGateway, "The app did not answer; it may be restarting.")
}
