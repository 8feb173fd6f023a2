// Package signin is the page where people sign in.
package signin

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth"
	"switchyard/shared/auth/front"
	"switchyard/shared/fn"
	"switchyard/shared/ui"
)

var Spec = fn.Page{
	Route:   auth.SignInPath,
	Summary: "Sign in",
	Access:  fn.Public,
	Timeout: 10 * time.Second,
	MaxBody: 16 << 10,
}

// Function signs people in.
type Function struct {
	Auth *betterauth.Server
	UI   *ui.Kit
}

// view is what the page shows.
type view struct {
	form      ui.Form
	next      string // where to go after it
	done      string // what has been done before
	providers []string
	mail      bool // passwords can be reset
}

// ServeHTTP shows the form, and signs in who sends it. The query may have next,
// where to go after it, and error, what a provider has led back with; or that error
// is in next, see [front.Failed].
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.UI.ServeForm(w, r, f.show, f.submit)
}

func (f Function) show(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	next, failed := front.Failed(query.Get("next"))
	v := f.view(next)
	v.done = notice(query.Get("done"))
	v.form.Values = url.Values{"remember": {"on"}}
	v.form.Problem = front.ExplainCode(cmp.Or(query.Get("error"), failed))
	r = front.Visit(f.Auth, w, r)
	f.UI.Show(w, r, f.page(v))
}

func (f Function) submit(w http.ResponseWriter, r *http.Request) {
	v := f.view(r.PostForm.Get("next"))
	if id := r.PostForm.Get("provider"); id != "" {
		f.leave(w, r, v, id)
		return
	}
	err := f.Auth.SignIn(w, r, betterauth.Login{
		Email:    strings.TrimSpace(r.PostForm.Get("email")),
		Password: r.PostForm.Get("password"),
		Remember: r.PostForm.Get("remember") == "on",
		Callback: front.Done(auth.VerifyPath, "verified", v.next),
	})
	if err != nil {
		f.refuse(w, r, v, err)
		return
	}
	http.Redirect(w, r, v.next, http.StatusSeeOther)
}

// leave leads to a provider.
func (f Function) leave(w http.ResponseWriter, r *http.Request, v view, id string) {
	url, err := f.Auth.SignInWith(w, r, betterauth.Visit{
		Provider: id, Callback: v.next, Failed: front.Path(auth.SignInPath, v.next),
	})
	if err != nil {
		f.refuse(w, r, v, err)
		return
	}
	http.Redirect(w, r, url, http.StatusSeeOther)
}

// refuse shows the form again, with what is wrong.
func (f Function) refuse(w http.ResponseWriter, r *http.Request, v view, err error) {
	v.form.Values, v.form.Problem = r.PostForm, front.Explain(r.Context(), err)
	r = front.Visit(f.Auth, w, r)
	f.UI.Refuse(w, r, v.form.Problem, f.page(v))
}

func (f Function) view(next string) view {
	return view{
		form: ui.Form{Name: "sign-in"}, next: f.Auth.Next(next),
		providers: f.Auth.Providers(), mail: f.Auth.SendsMail(),
	}
}

func (f Function) page(v view) ui.Page {
	return ui.Page{Title: "Sign in", Body: page(v), FormOrigins: f.Auth.ProviderOrigins()}
}

// notice returns what a code in the query says.
func notice(code string) string {
	return map[string]string{
		"out":   "You are signed out.",
		"reset": "Your password is set. Sign in with it.",
	}[code]
}
