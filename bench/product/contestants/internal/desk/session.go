package desk

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
)

// SessionCookie is Better Auth's.
const SessionCookie = "better-auth.session_token"

// User is the signed-in owner of a session, as table user has it.
type User struct{ ID, Name, Email string }

// ErrNobody says that nobody is signed in.
var ErrNobody = errors.New("sign in first")

// User returns whose session a cookie names, or ErrNobody. The cookie is a token and its
// signature, as Better Auth makes them.
func (s *Store) User(ctx context.Context, cookie string) (User, error) {
	value, err := url.QueryUnescape(cookie)
	if err != nil {
		return User{}, ErrNobody
	}
	token, signature, _ := strings.Cut(value, ".")
	given, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return User{}, ErrNobody
	}
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte(token))
	if !hmac.Equal(given, mac.Sum(nil)) {
		return User{}, ErrNobody
	}
	var u User
	err = s.pool.QueryRow(ctx, `SELECT u.id, u.name, u.email FROM session s JOIN "user" u ON u.id = s."userId"
		WHERE s.token = $1 AND s."expiresAt" > now()`, token).Scan(&u.ID, &u.Name, &u.Email)
	if errors.Is(err, pgx.ErrNoRows) {
		return User{}, ErrNobody
	}
	return u, err
}

type userKey struct{}

// WithUser returns a context that says who calls.
func WithUser(ctx context.Context, u User) context.Context {
	return context.WithValue(ctx, userKey{}, u)
}

// UserFrom returns who calls.
func UserFrom(ctx context.Context) User {
	u, _ := ctx.Value(userKey{}).(User)
	return u
}
