// Package caller lets a function that runs elsewhere believe the router that calls it.
//
// The router admits the caller as always, and then sends the call on with a token in
// the header Switchyard-Caller: a JWT (HS256) that says who it is, from which address,
// and is good for one minute, one function, one request. So neither the secret of
// sessions nor a session or a key travels, and the function needs no database to
// admit anybody.
//
// Whoever has the key can call every function that accepts it as anybody.
package caller

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"

	"switchyard/internal/clientip"
	"switchyard/shared/auth"
	"switchyard/shared/auth/internal/machine"
	"switchyard/shared/config"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// Header carries the token of a request. In the answer it says whether the token was believed.
// So the router can tell an answer of the function from a refusal of the token.
const Header = "Switchyard-Caller"

// The values of [Header] in an answer.
const (
	Believed = "believed"
	Refused  = "refused"
)

// minKey is the least length of a key, in bytes: that of the signature (RFC 7518, 3.2).
const minKey = 32

// Caller makes and checks tokens. It is safe for concurrent use.
type Caller struct {
	keys     [][]byte      // the first signs, and any of them may have signed
	sessions auth.Sessions // of those who sign; nil if they are not known here
}

// Open returns the Caller with the keys that c has.
func Open(_ context.Context, c config.Caller) (*Caller, error) {
	if len(c.Key) < minKey {
		return nil, errors.New("caller: SWITCHYARD_CALLER_KEY is not set, or too short")
	}
	keys := [][]byte{[]byte(c.Key.Reveal())}
	if c.FallbackKey != "" {
		keys = append(keys, []byte(c.FallbackKey.Reveal()))
	}
	return &Caller{keys: keys}, nil
}

// Share has functions ask sessions whether their caller's session has ended. It is for a process
// beside the router, which has the same sessions. Call it before [Caller.Admit].
func (c *Caller) Share(sessions auth.Sessions) { c.sessions = sessions }

// Call is a call that is sent elsewhere.
type Call struct {
	Function  string    // its name
	Access    fn.Access // what its Spec says
	RequestID string    // what the header X-Request-Id will say
	// Address is the client's; the zero Addr if it is not known.
	Address netip.Addr
}

// Sign returns the token for r. A host has to have admitted r before: the token names the caller
// that is in its context.
func (c *Caller) Sign(r *http.Request, call Call) (string, error) {
	said := claims{
		Access: call.Access.String(), Method: r.Method, URI: canonical(r.URL), Host: r.Host,
	}
	if call.Address.IsValid() {
		said.Address = call.Address.String()
	}
	if call.Access != fn.Public {
		said.User, said.Session = shorten(auth.UserFrom(r.Context()), auth.SessionFrom(r.Context()))
		said.Watched = auth.SessionsFrom(r.Context()) != nil
	}
	if k, ok := machine.From(r.Context()); ok && call.Access == fn.Service {
		said.Key = &k
	}
	return c.seal(said, call.Function, call.RequestID)
}

// Vouched reports whether r has a token, good or bad.
func (*Caller) Vouched(r *http.Request) bool { return len(r.Header[Header]) > 0 }

// Admit returns r as the router received it: with the caller and the address of the
// client in its context, and the host that the client asked for. function and access
// are what r is for here. It fails with fault.Forbidden if r has no token, or one that
// is not good for r.
//
// A token is not remembered: within its minute the same request can be sent again,
// with another body too.
func (c *Caller) Admit(w http.ResponseWriter, r *http.Request, function string, access fn.Access) (*http.Request, error) {
	said, err := c.open(r.Header[Header], function)
	if err == nil {
		err = said.matches(r, access)
	}
	if err != nil {
		w.Header().Set(Header, Refused)
		return nil, fault.New(fault.Forbidden, "The router that sent this on could not be verified: SWITCHYARD_CALLER_KEY has to be the same there and here, and the clocks right.").Because(err)
	}
	w.Header().Set(Header, Believed)
	var sessions auth.Sessions // of a router that cannot tell whether one has ended, none
	if said.Watched {
		sessions = c.sessions
	}
	return said.restore(r, sessions), nil
}

// restore returns r as the router received it. The sessions know whether that of r has ended.
func (c *claims) restore(r *http.Request, sessions auth.Sessions) *http.Request {
	address, _ := netip.ParseAddr(c.Address) // none if it is not known
	ctx := clientip.With(r.Context(), address)
	if c.User != nil && c.Session != nil {
		ctx = auth.WithSessions(ctx, *c.User, *c.Session, sessions)
	}
	if c.Key != nil {
		ctx = machine.With(ctx, *c.Key)
	}
	r = r.WithContext(ctx)
	r.Host = c.Host
	return r
}

// matches says why the token is not good for r, or returns nil.
func (c *claims) matches(r *http.Request, access fn.Access) error {
	id := r.Header["X-Request-Id"]
	switch {
	case c.Access != access.String():
		return fmt.Errorf("the token is for a function that is %s, and this is %s", c.Access, access)
	case access != fn.Public && (c.User == nil || c.User.ID == "" || c.Session == nil):
		return errors.New("the token names no user")
	case c.Method != r.Method || c.URI != canonical(r.URL):
		return errors.New("the token is for another method or URI")
	case len(id) != 1 || c.ID != id[0]:
		return errors.New("the token is for a request with another id")
	}
	return nil
}

// canonical returns what u says, however it is written: some gateways decode the path
// and the query, and encode them anew. What is no parameter does not count.
func canonical(u *url.URL) string {
	query := u.Query().Encode()
	if query == "" {
		return u.Path
	}
	return u.Path + "?" + query
}
