package betterauth

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"switchyard/shared/auth/betterauth/internal/wire"
)

// Error is an error that Better Auth has a status, a code and a message for: the cause
// of the faults that the methods for pages fail with.
type Error = wire.Error

// use lets a page use a route on behalf of the browser that sent r, by the route's key,
// under the same rules and limits as if the browser had called it: r's cookies, origin
// and address count, and cookies that are set go to w. do stands in for the route's
// Handle, whose result is for the wire. The query of r, and its method, are the page's
// affair. It fails with a fault.
func use[T any](
	s *Server, w http.ResponseWriter, r *http.Request, key string, fields map[string]any,
	do func(context.Context, *wire.Call) (T, error),
) (T, error) {
	c := s.newCall(r)
	v, err := try(s, c, key, fields, do)
	if _, known := errors.AsType[*Error](err); err == nil || known {
		for _, line := range c.Header["Set-Cookie"] {
			wire.SetCookie(w.Header(), line)
		}
	}
	if err != nil {
		return v, wire.Fault(err)
	}
	return v, nil
}

// try counts and checks c, which is for a route, and does what it asks for.
func try[T any](
	s *Server, c *wire.Call, key string, fields map[string]any, do func(context.Context, *wire.Call) (T, error),
) (v T, err error) {
	ctx, route := c.Request.Context(), s.routes[key]
	if err := s.count(ctx, c, route.Path); err != nil {
		return v, err
	}
	body, err := wire.Fields(fields)
	if err != nil {
		return v, err
	}
	if err := s.check(ctx, &route, c, body, wire.Input{Value: map[string]any{}, Present: true}); err != nil {
		return v, err
	}
	return do(ctx, c)
}

// ask is use for a route whose result is of no interest.
func (s *Server) ask(w http.ResponseWriter, r *http.Request, key string, fields map[string]any) error {
	route := s.routes[key]
	_, err := use(s, w, r, key, fields, route.Handle)
	return err
}

// Next returns where to go after signing in: the path next, if it is one of this
// service and harmless, else "/".
func (s *Server) Next(next string) string {
	if strings.HasPrefix(next, "/") && s.origins.Callback(next) {
		return next
	}
	return "/"
}
