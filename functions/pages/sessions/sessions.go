// Package sessions is the page that shows where one is signed in.
package sessions

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth"
	"switchyard/shared/auth/front"
	"switchyard/shared/fn"
	"switchyard/shared/ui"
)

// Spec is what the hosts know of it.
var Spec = fn.Page{
	Route:   auth.SessionsPath,
	Summary: "See where one is signed in, and sign out there",
	Timeout: 10 * time.Second,
	MaxBody: 4 << 10,
}

// Function shows sessions and ends them.
type Function struct {
	Auth *betterauth.Server
	UI   *ui.Kit
}

// view is what the page shows.
type view struct {
	form     ui.Form
	done     string // what has been done
	sessions []session
	current  string // the id of the session from which one looks
}

// session is one of the user's, as the route tells it.
type session struct {
	ID        string    `json:"id"`
	Token     string    `json:"token"` // as good as a password: never shown
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
	IPAddress string    `json:"ipAddress"`
	UserAgent string    `json:"userAgent"`
}

// compare orders sessions: the current one, then the others, newest first.
func (v view) compare(x, y session) int {
	switch v.current {
	case x.ID:
		return -1
	case y.ID:
		return 1
	}
	return y.CreatedAt.Compare(x.CreatedAt)
}

// ServeHTTP shows the sessions, and ends one, or all but the one from which it is
// asked.
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.UI.ServeForm(w, r, f.show, f.submit)
}

func (f Function) show(w http.ResponseWriter, r *http.Request) {
	f.render(w, r, view{form: ui.Form{Name: "sessions"}, done: notice(r.URL.Query().Get("done"))})
}

func (f Function) submit(w http.ResponseWriter, r *http.Request) {
	var a betterauth.Answer
	code := r.PostForm.Get("action")
	switch code {
	case "one":
		a = f.revoke(w, r, r.PostForm.Get("id"))
	case "others":
		a = f.Auth.Do(w, r, http.MethodPost, "/revoke-other-sessions", nil)
	default:
		a = betterauth.Answer{Status: http.StatusBadRequest, Message: "This page cannot do that. Load it again, and try once more."}
	}
	if a.OK() {
		http.Redirect(w, r, front.Done(auth.SessionsPath, code, ""), http.StatusSeeOther)
		return
	}
	f.render(w, r, view{form: ui.Form{Name: "sessions", Problem: front.From(auth.SessionsPath, front.Explain(a))}})
}

// revoke ends the session with this id. One that is gone already is as well.
func (f Function) revoke(w http.ResponseWriter, r *http.Request, id string) betterauth.Answer {
	all, a := f.list(w, r)
	i := slices.IndexFunc(all, func(s session) bool { return s.ID == id })
	if i < 0 {
		return a
	}
	return f.Auth.Do(w, r, http.MethodPost, "/revoke-session", map[string]any{"token": all[i].Token})
}

// list returns the user's sessions, if the answer is OK.
func (f Function) list(w http.ResponseWriter, r *http.Request) ([]session, betterauth.Answer) {
	a := f.Auth.Do(w, r, http.MethodGet, "/list-sessions", nil)
	var all []session
	if !a.OK() {
		return nil, a
	}
	if err := json.Unmarshal(a.Body, &all); err != nil {
		fn.Report(r.Context(), err)
		return nil, betterauth.Answer{Status: http.StatusInternalServerError}
	}
	return all, a
}

// render shows v with the sessions. If they cannot be had, it says why.
func (f Function) render(w http.ResponseWriter, r *http.Request, v view) {
	all, a := f.list(w, r)
	if !a.OK() {
		v.form.Problem = front.From(auth.SessionsPath, front.Explain(a))
	}
	v.current = auth.SessionFrom(r.Context()).ID
	slices.SortFunc(all, v.compare)
	v.sessions = all
	p := ui.Page{Title: "Sessions", Body: page(v)}
	if v.form.Problem.Text != "" {
		f.UI.Refuse(w, r, v.form.Problem, p)
		return
	}
	f.UI.Show(w, r, p)
}

// notice returns what a code in the query says.
func notice(code string) string {
	return map[string]string{
		"one":    "That session has ended.",
		"others": "You are signed out everywhere else.",
	}[code]
}
