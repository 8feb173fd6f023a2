package account

import (
	"encoding/json"
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

// post asks a route to do something; code is the notice of its success.
func (f Function) post(w http.ResponseWriter, r *http.Request, route, code string, body map[string]any) (string, ui.Problem) {
	if a := f.Auth.Do(w, r, http.MethodPost, route, body); !a.OK() {
		return "", front.Explain(a)
	}
	return code, ui.Problem{}
}

func (f Function) rename(w http.ResponseWriter, r *http.Request) (string, ui.Problem) {
	name := strings.TrimSpace(r.PostForm.Get("name"))
	if name == "" {
		return "", front.NoName()
	}
	return f.post(w, r, "/update-user", "name", map[string]any{"name": name})
}

func (f Function) changeEmail(w http.ResponseWriter, r *http.Request) (string, ui.Problem) {
	return f.post(w, r, "/change-email", "mailed", map[string]any{
		"newEmail": strings.TrimSpace(r.PostForm.Get("newEmail")), "callbackURL": front.Done(auth.VerifyPath, "changed", ""),
	})
}

func (f Function) verify(w http.ResponseWriter, r *http.Request) (string, ui.Problem) {
	return f.post(w, r, "/send-verification-email", "verify", map[string]any{
		"email": auth.UserFrom(r.Context()).Email, "callbackURL": front.Done(auth.VerifyPath, "verified", auth.AccountPath),
	})
}

func (f Function) changePassword(w http.ResponseWriter, r *http.Request) (string, ui.Problem) {
	code, everywhere := "password", r.PostForm.Get("revoke") == "on"
	if everywhere {
		code = "everybody"
	}
	return f.post(w, r, "/change-password", code, map[string]any{
		"currentPassword": r.PostForm.Get("currentPassword"), "newPassword": r.PostForm.Get("newPassword"),
		"revokeOtherSessions": everywhere,
	})
}

func (f Function) link(w http.ResponseWriter, r *http.Request) (string, ui.Problem) {
	a := f.Auth.Do(w, r, http.MethodPost, "/link-social", map[string]any{
		"provider":    r.PostForm.Get("provider"),
		"callbackURL": front.Done(auth.AccountPath, "linked", ""), "errorCallbackURL": auth.AccountPath,
	})
	if !a.OK() {
		return "", front.Explain(a)
	}
	front.Leave(w, r, f.UI, a)
	return "", ui.Problem{}
}

func (f Function) unlink(w http.ResponseWriter, r *http.Request) (string, ui.Problem) {
	return f.post(w, r, "/unlink-account", "unlinked", map[string]any{"accountId": r.PostForm.Get("id")})
}

// remove deletes the account, or has the mail sent that asks for it. A password
// that was asked for has to be there: without one, a session that began lately
// would do.
func (f Function) remove(w http.ResponseWriter, r *http.Request) (string, ui.Problem) {
	body := map[string]any{"callbackURL": auth.GoodbyePath}
	if r.PostForm.Has("password") {
		if r.PostForm.Get("password") == "" {
			return "", ui.Problem{Text: "Enter your password, to show that it is you.", Fields: []string{"password"}}
		}
		body["password"] = r.PostForm.Get("password")
	}
	a := f.Auth.Do(w, r, http.MethodPost, "/delete-user", body)
	switch {
	case !a.OK():
		return "", front.Explain(a)
	case !deleted(a):
		return "delete", ui.Problem{}
	}
	http.Redirect(w, r, auth.GoodbyePath, http.StatusSeeOther)
	return "", ui.Problem{}
}

// deleted reports whether the account is gone, and not to be confirmed by mail.
func deleted(a betterauth.Answer) bool {
	var body struct {
		Message string `json:"message"`
	}
	return json.Unmarshal(a.Body, &body) == nil && body.Message == "User deleted"
}
