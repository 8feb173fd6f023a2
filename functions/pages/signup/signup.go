// Package signup is the page where people make an account.
package signup

import (
	"net/http"
	"strings"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth"
	"switchyard/shared/auth/front"
	"switchyard/shared/fn"
	"switchyard/shared/ui"
)

var Spec = fn.Page{
	Route:   auth.SignUpPath,
	Summary: "Sign up",
	Access:  fn.Public,
	Timeout: 10 * time.Second,
	MaxBody: 16 << 10,
}

// Function makes accounts.
type Function struct {
	Auth *betterauth.Server
	UI   *ui.Kit
}

// view is what the page shows.
type view struct {
	form      ui.Form
	next      string // where to go after it
	providers []string
}

// ServeHTTP shows the form, and makes the account of who sends it. The query may
// have next, where to go after it.
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.UI.ServeForm(w, r, f.show, f.submit)
}

func (f Function) show(w http.ResponseWriter, r *http.Request) {
	v := f.view(r.URL.Query().Get("next"))
	r = front.Visit(f.Auth, w, r)
	f.UI.Show(w, r, f.page(v))
}

func (f Function) submit(w http.ResponseWriter, r *http.Request) {
	v := f.view(r.PostForm.Get("next"))
	v.form.Values = r.PostForm
	name := strings.TrimSpace(r.PostForm.Get("name"))
	if name == "" {
		v.form.Problem = front.NoName()
		f.refuse(w, r, v)
		return
	}
	signedIn, err := f.Auth.SignUp(w, r, betterauth.Newcomer{
		Name: name, Email: strings.TrimSpace(r.PostForm.Get("email")), Password: r.PostForm.Get("password"),
		Callback: front.Done(auth.VerifyPath, "verified", v.next),
	})
	if err != nil {
		v.form.Problem = front.From(v.next, front.Explain(r.Context(), err))
		f.refuse(w, r, v)
		return
	}
	target := v.next
	if !signedIn { // the address has to be verified first
		target = front.Done(auth.VerifyPath, "signed-up", v.next)
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
}

// refuse shows the form again, with what is wrong.
func (f Function) refuse(w http.ResponseWriter, r *http.Request, v view) {
	r = front.Visit(f.Auth, w, r)
	f.UI.Refuse(w, r, v.form.Problem, f.page(v))
}

func (f Function) view(next string) view {
	return view{form: ui.Form{Name: "sign-up"}, next: f.Auth.Next(next), providers: f.Auth.Providers()}
}

func (f Function) page(v view) ui.Page {
	return ui.Page{Title: "Sign up", Body: page(v), FormOrigins: f.Auth.ProviderOrigins()}
}
