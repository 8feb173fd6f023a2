package betterauth

import (
	"context"
	"net/http"
	"strings"
	"time"

	"switchyard/internal/clientip"
	"switchyard/shared/auth/betterauth/internal/csrf"
	"switchyard/shared/auth/betterauth/internal/wire"
)

// ServeHTTP serves the routes below [BasePath]. Which error wins when a request
// has several is a part of the contract, and with it the order of the checks.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	c := s.newCall(r)
	route, found := s.find(c)
	if err := s.count(ctx, c, route.Path); err != nil {
		wire.Refuse(ctx, w, c, err)
		return
	}
	if !found {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	v, err := s.call(ctx, &route, c)
	if err != nil {
		wire.Refuse(ctx, w, c, err)
		return
	}
	wire.Answer(ctx, w, c, v)
}

// newCall returns the call that r makes.
func (s *Server) newCall(r *http.Request) *wire.Call {
	return &wire.Call{Request: r, Header: http.Header{}, IP: s.address(r)}
}

// address returns the address of the client of r as it is stored.
func (s *Server) address(r *http.Request) string {
	addr, ok := s.config.Trust().Of(r)
	if !ok {
		return ""
	}
	return clientip.Stored(addr)
}

// find returns the route of a request. Method and path must be exactly those of the
// route: a path that is encoded in another way is another path.
func (s *Server) find(c *wire.Call) (wire.Route, bool) {
	path, ok := strings.CutPrefix(c.Request.URL.EscapedPath(), BasePath)
	if !ok {
		return wire.Route{}, false
	}
	if route, ok := s.routes[c.Request.Method+" "+path]; ok {
		return route, true
	}
	i := strings.LastIndexByte(path, '/')
	if i < 0 || path[i+1:] == "" {
		return wire.Route{}, false
	}
	route, ok := s.routes[c.Request.Method+" "+path[:i]+param]
	if ok {
		c.Param = path[i+1:]
	}
	return route, ok
}

// param stands for the last segment of paths that may end in anything.
const param = "/{}"

// routeKey is where a route is in Server.routes.
func routeKey(r wire.Route) string {
	if i := strings.LastIndex(r.Path, "/{"); i >= 0 {
		r.Path = r.Path[:i] + param
	}
	return r.Key()
}

// count counts a request to the route path, and refuses one that is too many.
func (s *Server) count(ctx context.Context, c *wire.Call, path string) error {
	if s.limiter == nil {
		return nil
	}
	wait, err := s.limiter.Allow(ctx, c.IP, path, time.Now())
	if err != nil || wait <= 0 {
		return err
	}
	return &wire.Error{Status: http.StatusTooManyRequests, Message: "Too many requests. Please try again later.", Retry: wait}
}

// call reads and checks a request and lets its route answer it.
func (s *Server) call(ctx context.Context, route *wire.Route, c *wire.Call) (any, error) {
	body, err := route.ReadBody(c.Request)
	if err != nil {
		return nil, err
	}
	query, err := wire.ReadQuery(c.Request)
	if err != nil {
		return nil, err
	}
	if err := s.check(ctx, route, c, body, query); err != nil {
		return nil, err
	}
	return route.Handle(ctx, c)
}

// check puts the body and the query of a request into c, unless the route may not be
// used with them, or by who sends them.
func (s *Server) check(ctx context.Context, route *wire.Route, c *wire.Call, body, query wire.Input) (err error) {
	if route.Method != http.MethodGet {
		if err := s.trusted(c.Request, body, query); err != nil {
			return err
		}
	}
	if c.Body, err = route.Body.Check("body", body); err != nil {
		return err
	}
	if c.Query, err = route.Query.Check("query", query); err != nil {
		return err
	}
	return s.guard(ctx, route, c)
}

// trusted refuses a request that comes from a place that is not trusted, or is to
// lead to one.
func (s *Server) trusted(r *http.Request, body, query wire.Input) error {
	if err := csrf.Check(s.origins, r, false); err != nil {
		return err
	}
	callback := body.Field("callbackURL")
	if callback == nil {
		callback = query.Field("callbackURL")
	}
	for _, to := range []struct {
		url        any
		name, code string
	}{
		{callback, "callbackURL", "INVALID_CALLBACK_URL"},
		{body.Field("redirectTo"), "redirectURL", "INVALID_REDIRECT_URL"},
		{body.Field("errorCallbackURL"), "errorCallbackURL", "INVALID_ERROR_CALLBACK_URL"},
		{body.Field("newUserCallbackURL"), "newUserCallbackURL", "INVALID_NEW_USER_CALLBACK_URL"},
	} {
		if err := s.leadsTo(to.url, to.name, to.code); err != nil {
			return err
		}
	}
	return nil
}

// leadsTo refuses url, the field called name, if it is no trusted place.
func (s *Server) leadsTo(url any, name, code string) error {
	text, ok := url.(string)
	switch {
	case url == nil:
		return nil
	case !ok:
		return wire.Fail(http.StatusBadRequest, "", "Invalid "+name+": expected a string")
	case !s.origins.Callback(text):
		return wire.Fail(http.StatusForbidden, code, "Invalid "+name)
	}
	return nil
}

// guard checks what the route asks for besides.
func (s *Server) guard(ctx context.Context, route *wire.Route, c *wire.Call) error {
	if route.Login {
		if err := csrf.CheckLogin(s.origins, c.Request); err != nil {
			return err
		}
	}
	if to := c.Query.Text("callbackURL"); route.Callback && to != "" {
		if err := s.leadsTo(to, "callbackURL", "INVALID_CALLBACK_URL"); err != nil {
			return err
		}
	}
	return s.sessions.Require(ctx, c, route.Guard)
}
