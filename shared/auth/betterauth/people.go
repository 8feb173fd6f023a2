package betterauth

import (
	"net/http"
	"time"

	"switchyard/shared/auth"
)

// The methods below let pages use the routes for whoever sent r. They answer with
// faults whose cause, if Better Auth knows the error, is an *[Error]: what somebody
// enters that cannot be taken is fault.Invalid, too many tries fault.TooMany.
//
// A callback is where a link leads on to: a path of this service, or a URL of an origin
// that is trusted. Others are refused.

// Login is what somebody enters to sign in.
type Login struct {
	Email    string
	Password string
	Remember bool   // for longer than the browser is open
	Callback string // of the mail that asks to verify the address first
}

// SignIn begins a session.
func (s *Server) SignIn(w http.ResponseWriter, r *http.Request, in Login) error {
	return s.ask(w, r, "POST /sign-in/email", map[string]any{
		"email": in.Email, "password": in.Password, "rememberMe": in.Remember, "callbackURL": in.Callback,
	})
}

// Newcomer is what somebody enters to sign up.
type Newcomer struct {
	Name     string
	Email    string
	Password string
	Callback string // of the mail that asks to verify the address
}

// SignUp makes an account, and signs in unless the address has to be verified first.
// Then it tells nobody whether there was an account with the address before.
func (s *Server) SignUp(w http.ResponseWriter, r *http.Request, in Newcomer) (signedIn bool, err error) {
	made, err := use(s, w, r, "POST /sign-up/email", map[string]any{
		"name": in.Name, "email": in.Email, "password": in.Password, "callbackURL": in.Callback,
	}, s.accounts.SignUp)
	return made.Token != "", err
}

// SignOut ends the session, if there is one.
func (s *Server) SignOut(w http.ResponseWriter, r *http.Request) error {
	return s.ask(w, r, "POST /sign-out", nil)
}

// Visit is where to go, and where to come back to.
type Visit struct {
	Provider string // "github"
	Callback string // where to come back to
	Failed   string // the same if it failed, with the error's code as the query parameter error
}

func (v Visit) fields() map[string]any {
	return map[string]any{"provider": v.Provider, "callbackURL": v.Callback, "errorCallbackURL": v.Failed}
}

// SignInWith returns the URL where a provider signs somebody in.
func (s *Server) SignInWith(w http.ResponseWriter, r *http.Request, in Visit) (url string, err error) {
	return use(s, w, r, "POST /sign-in/social", in.fields(), s.social.SignIn)
}

// Link returns the URL where a provider lets the user add it as a way to sign in.
func (s *Server) Link(w http.ResponseWriter, r *http.Request, in Visit) (url string, err error) {
	return use(s, w, r, "POST /link-social", in.fields(), s.social.Link)
}

// Account is one way in which a user signs in.
type Account struct {
	ID        string
	Provider  string // "github"; "credential" for a password
	CreatedAt time.Time
}

// Accounts returns the user's ways to sign in.
func (s *Server) Accounts(w http.ResponseWriter, r *http.Request) ([]Account, error) {
	found, err := use(s, w, r, "GET /list-accounts", nil, s.accounts.List)
	all := make([]Account, len(found))
	for i, a := range found {
		all[i] = Account{a.ID, a.ProviderID, a.CreatedAt}
	}
	return all, err
}

// Unlink takes one of the user's ways to sign in away, but never the last.
func (s *Server) Unlink(w http.ResponseWriter, r *http.Request, accountID string) error {
	return s.ask(w, r, "POST /unlink-account", map[string]any{"accountId": accountID})
}

// Rename changes the user's name.
func (s *Server) Rename(w http.ResponseWriter, r *http.Request, name string) error {
	return s.ask(w, r, "POST /update-user", map[string]any{"name": name})
}

// Letter is a mail with a link that somebody asks for.
type Letter struct {
	To       string // an address
	Callback string
}

// ChangeEmail has a link mailed that changes the user's address to another.
func (s *Server) ChangeEmail(w http.ResponseWriter, r *http.Request, in Letter) error {
	return s.ask(w, r, "POST /change-email", map[string]any{"newEmail": in.To, "callbackURL": in.Callback})
}

// SendVerification has a link mailed that verifies an address.
func (s *Server) SendVerification(w http.ResponseWriter, r *http.Request, in Letter) error {
	return s.ask(w, r, "POST /send-verification-email", map[string]any{"email": in.To, "callbackURL": in.Callback})
}

// RequestReset has a link mailed to the page that asks for a new password. It tells
// nobody whether there is an account with the address.
func (s *Server) RequestReset(w http.ResponseWriter, r *http.Request, in Letter) error {
	return s.ask(w, r, "POST /request-password-reset", map[string]any{"email": in.To, "redirectTo": in.Callback})
}

// Reset sets the password of the user to whom token was mailed.
func (s *Server) Reset(w http.ResponseWriter, r *http.Request, token, password string) error {
	return s.ask(w, r, "POST /reset-password", map[string]any{"token": token, "newPassword": password})
}

// PasswordChange is what a user enters to change the password.
type PasswordChange struct {
	Current, New string
	Everywhere   bool // sign out in all other places
}

// ChangePassword changes the user's password.
func (s *Server) ChangePassword(w http.ResponseWriter, r *http.Request, in PasswordChange) error {
	return s.ask(w, r, "POST /change-password", map[string]any{
		"currentPassword": in.Current, "newPassword": in.New, "revokeOtherSessions": in.Everywhere,
	})
}

// Sessions returns where the user is signed in. Their tokens are as good as passwords.
func (s *Server) Sessions(w http.ResponseWriter, r *http.Request) ([]auth.Session, error) {
	return use(s, w, r, "GET /list-sessions", nil, s.sessions.List)
}

// Revoke ends one of the user's sessions, by its token.
func (s *Server) Revoke(w http.ResponseWriter, r *http.Request, token string) error {
	return s.ask(w, r, "POST /revoke-session", map[string]any{"token": token})
}

// RevokeOthers ends all of the user's sessions but the one of r.
func (s *Server) RevokeOthers(w http.ResponseWriter, r *http.Request) error {
	return s.ask(w, r, "POST /revoke-other-sessions", nil)
}

// Deletion is how a user deletes the account.
type Deletion struct {
	Password string // "" if there is none; then the session must have begun lately
	Callback string // of the mail that asks to confirm it
}

// DeleteUser deletes the user, and everything of it follows; or it has a link mailed
// that does, and returns false.
func (s *Server) DeleteUser(w http.ResponseWriter, r *http.Request, in Deletion) (deleted bool, err error) {
	return use(s, w, r, "POST /delete-user", map[string]any{
		"password": in.Password, "callbackURL": in.Callback,
	}, s.accounts.Delete)
}
