// Package sessions is the page that shows where one is signed in.
package sessions

import (
	"net/http"
	"slices"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth"
	"switchyard/shared/auth/front"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
	"switchyard/shared/ui"
)

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
	sessions []auth.Session
	current  string // the id of the session from which one looks
}

// compare orders sessions: the current one, then the others, newest first.
func (v view) compare(x, y auth.Session) int {
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
	var err error
	code := r.PostForm.Get("action")
	switch code {
	case "one":
		err = f.revoke(w, r, r.PostForm.Get("id"))
	case "others":
		err = f.Auth.RevokeOthers(w, r)
	default:
		err = fault.New(fault.Invalid, "This page cannot do that. Load it again, and try once more.")
	}
	if err == nil {
		http.Redirect(w, r, front.Done(auth.SessionsPath, code, ""), http.StatusSeeOther)
		return
	}
	f.render(w, r, view{form: f.form(r, err)})
}

// form is the page's, with what went wrong.
func (f Function) form(r *http.Request, err error) ui.Form {
	return ui.Form{Name: "sessions", Problem: front.From(auth.SessionsPath, front.Explain(r.Context(), err))}
}

// revoke ends the session with this id. One that is gone already is as well.
func (f Function) revoke(w http.ResponseWriter, r *http.Request, id string) error {
	all, err := f.Auth.Sessions(w, r)
	i := slices.IndexFunc(all, func(s auth.Session) bool { return s.ID == id })
	if err != nil || i < 0 {
		return err
	}
	return f.Auth.Revoke(w, r, all[i].Token)
}

// render shows v with the sessions. If they cannot be had, it says why.
func (f Function) render(w http.ResponseWriter, r *http.Request, v view) {
	all, err := f.Auth.Sessions(w, r)
	if err != nil {
		v.form = f.form(r, err)
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
