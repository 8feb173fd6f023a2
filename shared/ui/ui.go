// Package ui is the look of pages: one layout, one style sheet, and the page that
// is shown when something went wrong.
//
// A page function holds a [Kit] and hands it its content, a templ component:
//
//	func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
//		f.UI.Show(w, r, ui.Page{Title: "Files", Body: list(files)})
//	}
//
// Every page has a strict Content-Security-Policy: no inline script or style
// runs, and nothing comes from elsewhere unless [Page.Origins] says so. Style and
// scripts are [Assets].
package ui

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"switchyard/shared/auth"
	"switchyard/shared/fn"
)

//go:embed assets
var embedded embed.FS

// Prefix is where the kit's assets are served.
const Prefix = "/assets/"

// Kit shows pages. It is safe for concurrent use.
type Kit struct {
	assets  *Assets
	project fn.Project
}

// Page is one page of the project.
type Page struct {
	Title  string          // without the project's
	Body   templ.Component // what stands in <main>
	Style  string          // the path of a style sheet that the page loads after the kit's; defaults to none
	Script string          // the path of a script that the page loads as a module; defaults to none
	// Live is the path of a stream of shared/live. The page dispatches each message that comes
	// as an event on its document: see live.js. Defaults to none.
	Live string
	// Origins are where else the page may load pictures, sound and film from, and talk to by
	// script: "https://photos.example". Defaults to nowhere.
	Origins []string
	// FrameOrigins are where the page may load frames from, each a page of its own. Defaults
	// to nowhere.
	FrameOrigins []string
	// FormOrigins are where else a form of the page may lead, by a redirect as well:
	// "https://github.com". Defaults to nowhere.
	FormOrigins []string
	// Refresh lets a browser without JavaScript load the page again after so
	// many seconds. Defaults to never.
	Refresh int
	// Copies says that the page shows buttons that copy, or will: see [Copy].
	Copies bool
	Status int // defaults to 200

	unknown bool // who asks: nobody has looked
}

// Open returns the kit for the pages of a project. It fails only if the program was not
// built properly.
func Open(_ context.Context, p fn.Project) (*Kit, error) {
	assets, err := NewAssets(embedded, "assets")
	if err != nil {
		return nil, err
	}
	return &Kit{assets, p}, nil
}

type kitKey struct{}

// Has reports whether the project has a page at path, for links in what [Kit.Show] shows.
func Has(ctx context.Context, path string) bool {
	k, ok := ctx.Value(kitKey{}).(*Kit)
	return ok && k.project.Has(path)
}

// Path returns where the kit's asset of this name is served, "" if there is none.
func (k *Kit) Path(name string) string { return k.assets.Path(name) }

// ServeAsset answers a request below [Prefix].
func (k *Kit) ServeAsset(w http.ResponseWriter, r *http.Request) { k.assets.ServeHTTP(w, r) }

// Show answers with the page p.
func (k *Kit) Show(w http.ResponseWriter, r *http.Request, p Page) {
	html := newBuffer()
	defer keepBuffer(html)
	ctx := context.WithValue(r.Context(), kitKey{}, k)
	if err := k.layout(p, r.URL.Path).Render(ctx, html); err != nil { //nolint:contextcheck // the context is what Render is given
		fn.Report(r.Context(), fmt.Errorf("render %s: %w", p.Title, err))
		http.Error(w, "Something went wrong on our side.", http.StatusInternalServerError)
		return
	}
	describe(w.Header(), p, html.Len())
	if p.Status != 0 {
		w.WriteHeader(p.Status)
	}
	_, _ = w.Write(html.Bytes()) // a client that is gone cannot be told
}

// describe writes the header of a page with so many bytes.
func describe(h http.Header, p Page, size int) {
	values := [...]string{"text/html; charset=utf-8", policy(p), strconv.Itoa(size), "private, no-store"}
	h["Content-Type"] = values[0:1:1]
	h["Content-Security-Policy"] = values[1:2:2]
	h["Content-Length"] = values[2:3:3]
	if h.Get("Cache-Control") == "" {
		h["Cache-Control"] = values[3:4:4]
	}
}

// policy returns a Content-Security-Policy that allows what comes from here, and
// what the page says besides.
func policy(p Page) string {
	if len(p.Origins) == 0 && len(p.FrameOrigins) == 0 && len(p.FormOrigins) == 0 {
		return policyStart + policyConnect + policyForms + policyEnd
	}
	also, forms := listed(p.Origins), listed(p.FormOrigins)
	frames := ""
	if len(p.FrameOrigins) > 0 {
		frames = "; frame-src" + listed(p.FrameOrigins)
	}
	return policyStart + also + "; media-src 'self'" + also + policyConnect + also + frames + policyForms + forms + policyEnd
}

// listed returns origins as they follow others in a policy.
func listed(origins []string) string { return strings.Join(append([]string{""}, origins...), " ") }

// The parts of a policy. After each but the last may follow origins.
const (
	policyStart   = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:"
	policyConnect = "; connect-src 'self'"
	policyForms   = "; form-action 'self'"
	policyEnd     = "; base-uri 'none'; frame-ancestors 'none'"
)

// Fail answers with a page that shows the public message of err, in place of the page that was
// asked for. It reports err as a whole to the host.
func (k *Kit) Fail(w http.ResponseWriter, r *http.Request, err error) {
	fn.Report(r.Context(), err)
	p := ProblemOf(err)
	p.retry(w)
	k.Trouble(w, r, p.Status, p.Text)
}

// Trouble answers with a page that says what went wrong. Hosts use it where no function can answer.
func (k *Kit) Trouble(w http.ResponseWriter, r *http.Request, status int, message string) {
	body := k.failure(status, message, w.Header().Get("X-Request-Id"))
	unknown := status != http.StatusUnauthorized && auth.UserFrom(r.Context()).ID == ""
	k.Show(w, r, Page{Title: headline(status), Body: body, Status: status, unknown: unknown})
}

// headline says what an error status means to people.
func headline(status int) string {
	text, ok := map[int]string{
		http.StatusForbidden:             "This is not yours",
		http.StatusNotFound:              "Page not found",
		http.StatusRequestEntityTooLarge: "Too large",
		http.StatusTooManyRequests:       "Too often",
		http.StatusInternalServerError:   "Something went wrong",
		http.StatusServiceUnavailable:    "Not available right now",
		http.StatusGatewayTimeout:        "This took too long",
	}[status]
	if !ok {
		return "This did not work"
	}
	return text
}
