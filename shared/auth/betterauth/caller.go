package betterauth

import (
	"context"
	"net/http"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth/internal/session"
	"switchyard/shared/auth/betterauth/internal/wire"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// Admit returns r's context with the signed-in user as its caller, or
// fault.Unauthorized. It renews the session and its cookies when it is time; with
// the cookie cache it need not ask the database. It is for hosts.
func (s *Server) Admit(w http.ResponseWriter, r *http.Request) (context.Context, error) {
	caller, user, ok, err := s.read(w, r)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.New(fault.Unauthorized, "Sign in to use this.")
	}
	return auth.WithSessions(r.Context(), user, caller, s), nil
}

// Ended implements [auth.Sessions].
func (s *Server) Ended(ctx context.Context, ids []string) ([]string, error) {
	return s.sessions.Ended(ctx, ids)
}

// User returns who sent r, for a public page that shows it; false for nobody, and
// if it cannot be found out. It costs what [Server.Admit] costs.
func (s *Server) User(w http.ResponseWriter, r *http.Request) (auth.User, bool) {
	_, user, ok, err := s.read(w, r)
	if err != nil {
		fn.Report(r.Context(), err)
	}
	return user, ok
}

func (s *Server) read(w http.ResponseWriter, r *http.Request) (auth.Session, auth.User, bool, error) {
	c := &wire.Call{Request: r, Header: w.Header()}
	return s.sessions.Find(r.Context(), c, session.Options{})
}
