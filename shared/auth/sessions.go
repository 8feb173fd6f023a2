package auth

import "context"

// Sessions knows which sessions have ended. The service that signs people in provides it, and the
// host puts it into the context of a call.
type Sessions interface {
	// Ended returns those of these ids whose sessions have ended: they have expired, are revoked,
	// or belong to somebody who may not sign in any more.
	Ended(ctx context.Context, ids []string) ([]string, error)
}

// WithSessions is [With] for a call that may last long: the function can ask sessions whether the
// session has ended meanwhile.
func WithSessions(ctx context.Context, user User, session Session, sessions Sessions) context.Context {
	return context.WithValue(ctx, callerKey{}, &caller{user, session, sessions})
}

// SessionsFrom returns the Sessions to ask whether the session of ctx has ended. It is nil if
// nothing here knows, as in a function that another router has called.
func SessionsFrom(ctx context.Context) Sessions {
	if c := callerFrom(ctx); c != nil {
		return c.sessions
	}
	return nil
}

// Ended reports whether the session of ctx has ended, which a cookie may hide for some minutes. It
// is false if [SessionsFrom] is nil.
func Ended(ctx context.Context) (bool, error) {
	c := callerFrom(ctx)
	if c == nil || c.sessions == nil {
		return false, nil
	}
	ended, err := c.sessions.Ended(ctx, []string{c.session.ID})
	return len(ended) > 0, err
}
