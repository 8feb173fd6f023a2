// Package forgot is the page for those who have forgotten their password.
package forgot

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
	Route:   auth.ForgotPath,
	Summary: "Ask for a mail that resets the password",
	Access:  fn.Public,
	Timeout: 10 * time.Second,
	MaxBody: 4 << 10,
}

// Function has mails sent that reset a password.
type Function struct {
	Auth *betterauth.Server
	UI   *ui.Kit
}

// view is what the page shows.
type view struct {
	form ui.Form
	mail bool // it can be sent
	sent bool // it has been, if there is such an account
}

// ServeHTTP shows the form, and has the mail sent to who sends it. It does not say
// whether there is such an account.
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.UI.ServeForm(w, r, f.show, f.submit)
}

func (f Function) show(w http.ResponseWriter, r *http.Request) {
	v := f.view()
	v.sent = r.URL.Query().Get("done") == "sent"
	r = front.Visit(f.Auth, w, r)
	f.UI.Show(w, r, f.page(v))
}

func (f Function) submit(w http.ResponseWriter, r *http.Request) {
	err := f.Auth.RequestReset(w, r, betterauth.Letter{
		To: strings.TrimSpace(r.PostForm.Get("email")), Callback: auth.ResetPath,
	})
	if err == nil {
		http.Redirect(w, r, front.Done(auth.ForgotPath, "sent", ""), http.StatusSeeOther)
		return
	}
	v := f.view()
	v.form.Values, v.form.Problem = r.PostForm, front.Explain(r.Context(), err)
	r = front.Visit(f.Auth, w, r)
	f.UI.Refuse(w, r, v.form.Problem, f.page(v))
}

func (f Function) view() view {
	return view{form: ui.Form{Name: "forgot"}, mail: f.Auth.SendsMail()}
}

func (f Function) page(v view) ui.Page {
	return ui.Page{Title: "Forgotten password", Body: page(v)}
}
