package account

import (
	"net/http"
	"strings"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth"
	"switchyard/shared/auth/front"
	"switchyard/shared/ui"
)

// action does what a form asks for. It returns the code of the notice that says
// so, or a problem; neither if it has answered itself.
type action func(w http.ResponseWriter, r *http.Request) (code string, problem ui.Problem)

// actions returns what the page does, by the names of its forms.
func (f Function) actions() map[string]action {
	return map[string]action{
		"name": f.rename, "email": f.changeEmail, "verify": f.verify, "password": f.changePassword,
		"link": f.link, "unlink": f.unlink, "delete": f.remove,
	}
}

func (f Function) nothing(http.ResponseWriter, *http.Request) (string, ui.Problem) {
	return "", ui.Problem{Text: "This page cannot do that. Load it again, and try once more."}
}

// outcome is that of an action which is done, as the notice with this code says, unless
// it failed.
func outcome(r *http.Request, code string, err error) (string, ui.Problem) {
	if err != nil {
		return "", front.Explain(r.Context(), err)
	}
	return code, ui.Problem{}
}

func (f Function) rename(w http.ResponseWriter, r *http.Request) (string, ui.Problem) {
	name := strings.TrimSpace(r.PostForm.Get("name"))
	if name == "" {
		return "", front.NoName()
	}
	return outcome(r, "name", f.Auth.Rename(w, r, name))
}

func (f Function) changeEmail(w http.ResponseWriter, r *http.Request) (string, ui.Problem) {
	return outcome(r, "mailed", f.Auth.ChangeEmail(w, r, betterauth.Letter{
		To: strings.TrimSpace(r.PostForm.Get("newEmail")), Callback: front.Done(auth.VerifyPath, "changed", ""),
	}))
}

func (f Function) verify(w http.ResponseWriter, r *http.Request) (string, ui.Problem) {
	return outcome(r, "verify", f.Auth.SendVerification(w, r, betterauth.Letter{
		To: auth.UserFrom(r.Context()).Email, Callback: front.Done(auth.VerifyPath, "verified", auth.AccountPath),
	}))
}

func (f Function) changePassword(w http.ResponseWriter, r *http.Request) (string, ui.Problem) {
	change := betterauth.PasswordChange{
		Current: r.PostForm.Get("currentPassword"), New: r.PostForm.Get("newPassword"), Everywhere: r.PostForm.Get("revoke") == "on",
	}
	code := "password"
	if change.Everywhere {
		code = "everybody"
	}
	return outcome(r, code, f.Auth.ChangePassword(w, r, change))
}

func (f Function) link(w http.ResponseWriter, r *http.Request) (string, ui.Problem) {
	url, err := f.Auth.Link(w, r, betterauth.Visit{
		Provider: r.PostForm.Get("provider"), Callback: front.Done(auth.AccountPath, "linked", ""), Failed: auth.AccountPath,
	})
	if err == nil {
		http.Redirect(w, r, url, http.StatusSeeOther)
	}
	return outcome(r, "", err)
}

func (f Function) unlink(w http.ResponseWriter, r *http.Request) (string, ui.Problem) {
	return outcome(r, "unlinked", f.Auth.Unlink(w, r, r.PostForm.Get("id")))
}

// remove deletes the account, or has the mail sent that asks for it. A password
// that was asked for has to be there: without one, a session that began lately
// would do.
func (f Function) remove(w http.ResponseWriter, r *http.Request) (string, ui.Problem) {
	password := r.PostForm.Get("password")
	if r.PostForm.Has("password") && password == "" {
		return "", ui.Problem{Text: "Enter your password, to show that it is you.", Fields: []string{"password"}}
	}
	deleted, err := f.Auth.DeleteUser(w, r, betterauth.Deletion{Password: password, Callback: auth.GoodbyePath})
	if err != nil || !deleted {
		return outcome(r, "delete", err)
	}
	front.Leave(w)
	http.Redirect(w, r, auth.GoodbyePath, http.StatusSeeOther)
	return "", ui.Problem{}
}
