// Package verify is the page to which the mails that verify and change addresses
// lead, and where one asks for another.
package verify

import (
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
	Route:   auth.VerifyPath,
	Summary: "Verify an e-mail address",
	Access:  fn.Public,
	Timeout: 10 * time.Second,
	MaxBody: 4 << 10,
}

// Function has mails sent that verify an address.
type Function struct {
	Auth *betterauth.Server
	UI   *ui.Kit
}

// view is what the page shows.
type view struct {
	form ui.Form
	done string // what has been done
	goOn bool   // there is nothing to ask for any more
	next string // where to go after it
	mail bool   // it can be sent
}

// ServeHTTP shows what has become of a link, and sends another mail to who asks for
// it. The query may have done, what the link was for; error, why it does not work;
// next, where to go after it.
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.UI.ServeForm(w, r, f.show, f.submit)
}

func (f Function) show(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	v := f.view(query.Get("next"))
	r = front.Visit(f.Auth, w, r)
	v.form.Values = url.Values{"email": {auth.UserFrom(r.Context()).Email}}
	v.form.Problem = front.ExplainCode(query.Get("error"))
	if v.form.Problem.Text != "" {
		f.UI.Refuse(w, r, v.form.Problem, f.page(v))
		return
	}
	v.done = notice(query.Get("done"))
	v.goOn = query.Get("done") == "verified" || query.Get("done") == "changed"
	f.UI.Show(w, r, f.page(v))
}

func (f Function) submit(w http.ResponseWriter, r *http.Request) {
	v := f.view(r.PostForm.Get("next"))
	err := f.Auth.SendVerification(w, r, betterauth.Letter{
		To: strings.TrimSpace(r.PostForm.Get("email")), Callback: front.Done(auth.VerifyPath, "verified", v.next),
	})
	if err == nil {
		http.Redirect(w, r, front.Done(auth.VerifyPath, "sent", v.next), http.StatusSeeOther)
		return
	}
	v.form.Values, v.form.Problem = r.PostForm, front.Explain(r.Context(), err)
	r = front.Visit(f.Auth, w, r)
	f.UI.Refuse(w, r, v.form.Problem, f.page(v))
}

func (f Function) view(next string) view {
	return view{form: ui.Form{Name: "verify"}, next: f.Auth.Next(next), mail: f.Auth.SendsMail()}
}

func (f Function) page(v view) ui.Page {
	return ui.Page{Title: "Verify your address", Body: page(v)}
}

// notice returns what a code in the query says.
func notice(code string) string {
	return map[string]string{
		"signed-up": "One thing is left: we have sent you a mail. Open the link in it, then sign in. It works for an hour. Look in your spam too.",
		"sent":      "If this address belongs to an account and is not verified yet, a mail is on its way to it. The link in it works for an hour.",
		"verified":  "Your e-mail address is verified.",
		"changed":   "That worked. If you opened the link in your old mailbox, a second mail is on its way to the new address; the change is complete when you open the link in that.",
	}[code]
}
