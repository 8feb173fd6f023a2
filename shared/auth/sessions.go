package auth

import "context"

// Sessions knows which sessions have ended. Whoever lets people in knows it, and the host puts it
// into the context of a call with them.
type Sessions interface {
	// Ended returns those of these ids whose sessions have ended: they have expired, are revoked,
	// or belong to somebody who may not sign in any more.
	Ended(ctx context.Context, ids []string) ([]string, error)
}

// WithSessions is [With] for a call that may last: what goes on after the session has ended asks
// sessions for it.
func WithSessions(ctx context.Context, user User, session Session, sessions Sessions) context.Context {
	return context.WithValue(ctx, callerKey{}, &caller{user, session, sessions})
}

// SessionsFrom returns what knows whether the session from which the function of ctx is called
// has ended; nil if nothing here does, as in a function that another router has called.
func SessionsFrom(ctx context.Context) Sessions {
	if c := callerFrom(ctx); c != nil {
		return c.sessions
	}
	return nil
}
