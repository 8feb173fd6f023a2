// Package auth says who is calling. A host finds out who calls and puts it into the context of
// the call; a closed function reads it there:
//
//	owner := auth.UserFrom(ctx).ID
//
// Package betterauth signs people in, and package apikey has the keys of machines.
package auth

import (
	"context"
	"time"

	"switchyard/shared/auth/internal/machine"
)

// User is somebody who has an account. Times are in UTC and have no more than
// milliseconds.
type User struct {
	ID            string
	Name          string
	Email         string // in lower case
	EmailVerified bool
	Image         *string // the URL of a picture
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// Session is one browser or app in which a user is signed in. Times are in UTC and
// have no more than milliseconds.
type Session struct {
	ID        string
	Token     string // what the cookie holds; as good as a password
	UserID    string
	ExpiresAt time.Time
	CreatedAt time.Time
	UpdatedAt time.Time
	IPAddress *string
	UserAgent *string
}

type callerKey struct{}

type caller struct {
	user     User
	session  Session
	sessions Sessions
}

// callerFrom returns who calls the function of ctx; nil if nobody is known to.
func callerFrom(ctx context.Context) *caller {
	c, _ := ctx.Value(callerKey{}).(*caller)
	return c
}

// With returns a context in which user is the one who calls, from session; the
// zero Session if the caller is a machine. It is for hosts and tests.
func With(ctx context.Context, user User, session Session) context.Context {
	return WithSessions(ctx, user, session, nil)
}

// UserFrom returns the user on whose behalf the function of ctx is called: the
// one who is signed in, or the owner of the key that a machine presented. In a
// public function it is the zero User, who owns nothing.
func UserFrom(ctx context.Context) User {
	if c := callerFrom(ctx); c != nil {
		return c.user
	}
	return User{}
}

// SessionFrom returns the session from which the function of ctx is called. In a
// public function, or if a machine called, it is the zero Session.
func SessionFrom(ctx context.Context) Session {
	if c := callerFrom(ctx); c != nil {
		return c.session
	}
	return Session{}
}

// Caller returns an id by which the calls of a caller are counted: that of the user, or of the
// key that a machine presented. It is "" in a public function.
func Caller(ctx context.Context) string {
	if k, ok := machine.From(ctx); ok {
		return "key/" + k.ID.String()
	}
	if u := UserFrom(ctx); u.ID != "" {
		return "user/" + u.ID
	}
	return ""
}

// EventUserDeleted is the name of [UserDeleted].
const EventUserDeleted = "user/deleted"

// UserDeleted is the event that an account is gone. What the user owned has no owner any more:
// a job that listens deletes it.
type UserDeleted struct {
	UserID string `json:"userId"`
}

// EventName implements events.Event.
func (UserDeleted) EventName() string { return EventUserDeleted }
