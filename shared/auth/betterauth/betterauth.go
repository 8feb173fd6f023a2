// Package betterauth signs people in. It speaks the contract of Better Auth 1.7
// (https://better-auth.com): the same routes, cookies, hashes and tables, so that
// its client library works unchanged, and a Node server can use the same database
// before, after or at the same time.
package betterauth

import (
	"context"
	"encoding/json"
	"net/http"

	"switchyard/shared/auth"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/events"
	"switchyard/shared/mail"
)

// BasePath is where the routes are.
const BasePath = "/api/auth"

// Server is Better Auth. It is safe for concurrent use.
type Server struct {
	config config.Auth
	db     *db.DB
	mail   *mail.Queue
	events *events.Bus
}

// Open returns the server that c describes, with its tables in d. It makes no call
// to the database.
func Open(_ context.Context, c config.Auth, d *db.DB, q *mail.Queue, bus *events.Bus) (*Server, error) {
	return &Server{config: c, db: d, mail: q, events: bus}, nil
}

// ServeHTTP serves the routes below [BasePath].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { panic("not built yet") }

// Admit returns r's context with the signed-in user as its caller, or
// fault.Unauthorized. It renews the session and its cookies when it is time; with
// the cookie cache it need not ask the database. It is for hosts.
func (s *Server) Admit(w http.ResponseWriter, r *http.Request) (context.Context, error) {
	panic("not built yet")
}

// Answer is what a route answered.
type Answer struct {
	Status  int
	Code    string // of an error: "INVALID_EMAIL_OR_PASSWORD"
	Message string // of an error, for people
	// Retry is after how many seconds to try again, of a 429 or 503.
	Retry    int
	Location string          // of a redirect
	Body     json.RawMessage // of a success
}

// OK reports whether it is a success.
func (a Answer) OK() bool { return a.Status < http.StatusBadRequest }

// Do lets a page use a route on behalf of the browser that sent r, under the same
// rules and limits as if it had called the route itself: r's cookies, origin and
// address count, and cookies that the route sets go to w. body is sent as JSON; nil
// sends none. target is a path below [BasePath], perhaps with a query.
func (s *Server) Do(w http.ResponseWriter, r *http.Request, method, target string, body any) Answer {
	panic("not built yet")
}

// User returns who sent r, for a public page that shows it; false for nobody. It
// costs what [Server.Admit] costs.
func (s *Server) User(w http.ResponseWriter, r *http.Request) (auth.User, bool) {
	panic("not built yet")
}

// Next returns where to go after signing in: the path next, if it is one of this
// service and harmless, else "/".
func (s *Server) Next(next string) string { panic("not built yet") }

// Providers returns the providers that people can sign in with, by their ids:
// "github", "google".
func (s *Server) Providers() []string { panic("not built yet") }

// SendsMail reports whether mail is configured: whether passwords can be reset and
// addresses verified.
func (s *Server) SendsMail() bool { return s.config.Enabled() }
