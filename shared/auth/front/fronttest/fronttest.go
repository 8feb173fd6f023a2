// Package fronttest gives tests the pages of signing in, with a real server of
// Better Auth behind them, and browsers without JavaScript to use them.
package fronttest

import (
	"net/http"
	"strings"
	"testing"

	"switchyard/shared/auth"
	"switchyard/shared/auth/apikey"
	"switchyard/shared/auth/betterauth"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
	"switchyard/shared/fn"
	"switchyard/shared/mail"
	"switchyard/shared/ui"
)

// Origin is where a site is, for the browsers of its test.
const Origin = "https://shop.example"

// Password is that of all accounts that browsers make.
const Password = "correct horse battery"

// Site is a service of a test's own, with the pages that are added to it.
type Site struct {
	Auth *betterauth.Server
	Keys *apikey.Store
	UI   *ui.Kit
	DB   *db.DB
	mux  *http.ServeMux
}

// New returns a site without pages. settings are environment variables: by
// default, requests are not limited and no mail is sent; [WithMail] is one that
// sends it.
func New(tb testing.TB, settings map[string]string) *Site {
	tb.Helper()
	env := config.NewReader(func(name string) string {
		if value, ok := settings[name]; ok {
			return value
		}
		return map[string]string{
			"BETTER_AUTH_URL": Origin, "BETTER_AUTH_SECRET": strings.Repeat("secret", 6), "AUTH_RATE_LIMIT": "off",
		}[name]
	})
	c := config.Read[config.Auth](env)
	if err := env.Err(); err != nil {
		tb.Fatal(err)
	}
	s := &Site{DB: dbtest.New(tb), mux: http.NewServeMux()}
	bus, err := events.Open(tb.Context(), config.Events{Key: "key"}, s.DB)
	must(tb, err)
	tb.Cleanup(func() { _ = bus.Close() })
	queue, err := mail.Open(tb.Context(), s.DB, bus)
	must(tb, err)
	s.Auth, err = betterauth.Open(tb.Context(), c, s.DB, queue, bus)
	must(tb, err)
	s.Keys, err = apikey.Open(tb.Context(), config.AuthNames{}, s.DB)
	must(tb, err)
	s.UI, err = ui.Open(tb.Context(), project())
	must(tb, err)
	s.mux.Handle(betterauth.BasePath+"/", s.Auth)
	return s
}

// project is what pages know of the project: it has all pages of signing in.
func project() fn.Project {
	return fn.Project{Name: "shop", Title: "Shop", Pages: []string{
		"/", auth.SignInPath, auth.SignUpPath, auth.SignOutPath, auth.ForgotPath, auth.ResetPath, auth.VerifyPath,
		auth.GoodbyePath, auth.AccountPath, auth.SessionsPath, auth.KeysPath,
	}}
}

// WithMail returns settings under which mail is sent, and these besides.
func WithMail(more ...string) map[string]string {
	settings := map[string]string{"MAIL_SINK": "file"}
	for _, m := range more {
		name, value, _ := strings.Cut(m, "=")
		settings[name] = value
	}
	return settings
}

// Add adds a page, which a host would let people see as its Spec says.
func (s *Site) Add(spec fn.Page, page http.Handler) {
	s.mux.Handle(spec.Route, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if spec.Access == fn.SignedIn {
			ctx, err := s.Auth.Admit(w, r)
			if err != nil {
				http.Redirect(w, r, auth.SignInPath, http.StatusSeeOther)
				return
			}
			r = r.WithContext(ctx)
		}
		page.ServeHTTP(w, r)
	}))
}

// Mailed returns the link in the last mail to an address.
func (s *Site) Mailed(tb testing.TB, to string) (link string) {
	tb.Helper()
	must(tb, s.DB.QueryRow(tb.Context(), `SELECT url FROM mail WHERE "to" = $1 ORDER BY id DESC LIMIT 1`, to).Scan(&link))
	return link
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
