// Package reset is the page to which the mail for a forgotten password leads.
package reset

import (
	"errors"
	"net/http"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth"
	"switchyard/shared/auth/front"
	"switchyard/shared/fn"
	"switchyard/shared/ui"
)

var Spec = fn.Page{
	Route:   auth.ResetPath,
	Summary: "Choose a new password",
	Access:  fn.Public,
	Timeout: 10 * time.Second,
	MaxBody: 16 << 10,
}

// Function sets passwords.
type Function struct {
	Auth *betterauth.Server
	UI   *ui.Kit
}

// invalidToken is the code of a link that does not work, of an error and in the query
// of this page.
const invalidToken = "INVALID_TOKEN"

// view is what the page shows.
type view struct {
	form  ui.Form
	token string // from the link; "" if it does not work
}

// ServeHTTP shows the form, and sets the password of who sends it. The query has
// the token of the mailed link, or error if the link does not work.
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.UI.ServeForm(w, r, f.show, f.submit)
}

func (f Function) show(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	v := view{form: ui.Form{Name: "reset"}, token: query.Get("token")}
	if query.Has("error") || v.token == "" {
		v.token, v.form.Problem = "", front.ExplainCode(invalidToken)
		f.refuse(w, r, v)
		return
	}
	f.UI.Show(w, r, f.page(v))
}

func (f Function) submit(w http.ResponseWriter, r *http.Request) {
	v := view{form: ui.Form{Name: "reset"}, token: r.PostForm.Get("token")}
	err := f.Auth.Reset(w, r, v.token, r.PostForm.Get("newPassword"))
	if err == nil {
		http.Redirect(w, r, front.Done(auth.SignInPath, "reset", ""), http.StatusSeeOther)
		return
	}
	if e, ok := errors.AsType[*betterauth.Error](err); ok && e.Code == invalidToken {
		v.token = ""
	}
	v.form.Problem = front.Explain(r.Context(), err)
	f.refuse(w, r, v)
}

// refuse shows what is wrong, and the form again if it could still do.
func (f Function) refuse(w http.ResponseWriter, r *http.Request, v view) {
	f.UI.Refuse(w, r, v.form.Problem, f.page(v))
}

func (f Function) page(v view) ui.Page {
	return ui.Page{Title: "New password", Body: page(v)}
}
