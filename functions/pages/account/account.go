// Package account is the page where people manage their account.
package account

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth"
	"switchyard/shared/auth/front"
	"switchyard/shared/fn"
	"switchyard/shared/ui"
)

var Spec = fn.Page{
	Route:   auth.AccountPath,
	Summary: "Manage one's account",
	Timeout: 10 * time.Second,
	MaxBody: 16 << 10,
}

// Function manages accounts.
type Function struct {
	Auth *betterauth.Server
	UI   *ui.Kit
}

// view is what the page shows.
type view struct {
	user      auth.User
	done      string               // what has been done
	sent      ui.Form              // the form that was sent and did not do what it should
	logins    []betterauth.Account // ways to sign in
	providers []string             // ways that could be added
	mail      bool                 // it can be sent
}

// none is the form of a problem that no other form has.
const none = "account"

// credential is the Provider of a password.
const credential = "credential"

// hasPassword reports whether one of the ways to sign in is a password.
func (v view) hasPassword() bool {
	return slices.ContainsFunc(v.logins, func(l betterauth.Account) bool { return l.Provider == credential })
}

// form returns the form of this name, which does one of the actions.
func (v view) form(name string) ui.Form {
	if v.sent.Name == name {
		return v.sent
	}
	return ui.Form{Name: name, Values: url.Values{"name": {v.user.Name}}}
}

// ServeHTTP shows the account, and does what a form of the page asks for. The query
// may have done, what a form has done; error, what a provider has led back with.
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.UI.ServeForm(w, r, f.show, f.submit)
}

func (f Function) show(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	v := view{done: notice(query.Get("done"))}
	if p := front.ExplainCode(query.Get("error")); p.Text != "" {
		v.sent = ui.Form{Name: "logins", Problem: p}
	}
	f.render(w, r, v)
}

func (f Function) submit(w http.ResponseWriter, r *http.Request) {
	name := r.PostForm.Get("action")
	act, ok := f.actions()[name]
	if !ok {
		name, act = none, f.nothing
	}
	code, problem := act(w, r)
	switch {
	case problem.Text != "":
		problem = front.From(auth.AccountPath, problem)
		f.render(w, r, view{sent: ui.Form{Name: name, Values: r.PostForm, Problem: problem}})
	case code != "":
		http.Redirect(w, r, front.Done(auth.AccountPath, code, ""), http.StatusSeeOther)
	}
}

// render shows v, of which it reads the rest.
func (f Function) render(w http.ResponseWriter, r *http.Request, v view) {
	var err error
	if v.logins, err = f.Auth.Accounts(w, r); err != nil {
		f.UI.Fail(w, r, front.Fault(err))
		return
	}
	v.user, v.mail = auth.UserFrom(r.Context()), f.Auth.SendsMail()
	for _, id := range f.Auth.Providers() {
		if !slices.ContainsFunc(v.logins, func(l betterauth.Account) bool { return l.Provider == id }) {
			v.providers = append(v.providers, id)
		}
	}
	p := ui.Page{Title: "Account", Body: page(v), FormOrigins: f.Auth.ProviderOrigins()}
	if v.sent.Problem.Text != "" && r.Method == http.MethodPost {
		f.UI.Refuse(w, r, v.sent.Problem, p)
		return
	}
	f.UI.Show(w, r, p)
}

// notice returns what a code in the query says.
func notice(code string) string {
	return map[string]string{
		"name":      "Your name is changed.",
		"mailed":    "A mail is on its way, unless the new address has an account already. The change is complete when you open the link in it; until then, your address stays as it is.",
		"verify":    "A mail is on its way. Open the link in it to verify your address.",
		"password":  "Your password is changed.",
		"everybody": "Your password is changed, and you are signed out everywhere else.",
		"linked":    "That is linked. You can sign in with it from now on.",
		"unlinked":  "That is unlinked. It does not sign you in any more.",
		"delete":    "A mail is on its way. Your account is deleted when you open the link in it, in this browser; until then, nothing changes.",
	}[code]
}
