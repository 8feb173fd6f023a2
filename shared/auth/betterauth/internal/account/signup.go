package account

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth/internal/seal"
	"switchyard/shared/auth/betterauth/internal/store"
	"switchyard/shared/auth/betterauth/internal/wire"
)

func signUpBody() *wire.Schema {
	return &wire.Schema{Loose: true, Fields: []wire.Field{
		{Name: "name", Kind: wire.String, MaxLen: wire.MaxName},
		email("email"),
		{Name: "password", Kind: wire.String, MinLen: 1},
		{Name: "image", Kind: wire.String, Optional: true, MaxLen: wire.MaxImage},
		wire.OptionalText("callbackURL"),
		flag("rememberMe"),
	}}
}

// Newcomer is who has signed up.
type Newcomer struct {
	User  auth.User
	Token string // of the session; "" if there is none, as the address must be verified first
}

func newcomer(n Newcomer) any {
	answer := map[string]any{"token": nil, "user": wire.User(n.User)}
	if n.Token != "" {
		answer["token"] = n.Token
	}
	return answer
}

// SignUp adds a user with a password and signs in. If addresses must be verified,
// it does not sign in, and nobody learns whether the address was taken: the answer
// shows the user that was asked for either way.
func (r *Routes) SignUp(ctx context.Context, c *wire.Call) (Newcomer, error) {
	began := time.Now()
	password := c.Body.Text("password")
	if err := checkNew(password); err != nil {
		return Newcomer{}, err
	}
	user := newUser(c.Body, began)
	_, taken, err := r.Store.UserByEmail(ctx, user.Email)
	if err != nil {
		return Newcomer{}, err
	}
	if taken && !r.Auth.RequireVerifiedEmail {
		return Newcomer{}, addressTaken()
	}
	// Before the transaction, so that no connection waits for it.
	hash, err := r.Passwords.Hash(ctx, client(c, ""), password)
	if err != nil {
		return Newcomer{}, err
	}
	var s auth.Session
	if !taken {
		if s, taken, err = r.register(ctx, c, user, hash); err != nil {
			return Newcomer{}, err
		}
	}
	switch {
	case r.Auth.RequireVerifiedEmail:
		return Newcomer{User: user}, discreetly(ctx, began)
	case taken:
		return Newcomer{}, wire.Fail(http.StatusUnprocessableEntity, "FAILED_TO_CREATE_USER", "Failed to create user")
	}
	remember := c.Body.Bool("rememberMe", true)
	r.Sessions.SetCookies(c, s, user, &remember)
	return Newcomer{user, s.Token}, nil
}

// newUser returns the user that somebody asks for.
func newUser(body wire.Values, now time.Time) auth.User {
	now = now.UTC().Truncate(time.Millisecond)
	u := auth.User{
		ID: seal.ID(), Name: body.Text("name"), Email: strings.ToLower(body.Text("email")), CreatedAt: now, UpdatedAt: now,
	}
	if body.Has("image") {
		u.Image = new(body.Text("image"))
	}
	return u
}

// register adds u with a password, the mail that is due, and a session unless u has
// to verify the address first. It is true, and nothing is added, if somebody else
// just took the address.
func (r *Routes) register(ctx context.Context, c *wire.Call, u auth.User, hash string) (s auth.Session, taken bool, err error) {
	err = r.Store.InTx(ctx, func(q store.Queries, tx pgx.Tx) error {
		created, err := q.CreateUser(ctx, u)
		if err != nil || !created {
			taken = !created
			return err
		}
		err = q.CreateAccount(ctx, store.Account{
			ID: seal.ID(), AccountID: u.ID, ProviderID: store.Credential, UserID: u.ID, Password: &hash,
			CreatedAt: u.CreatedAt, UpdatedAt: u.CreatedAt,
		})
		if err != nil {
			return err
		}
		if r.Auth.VerifiesOnSignUp() {
			if err := r.Mail.Add(ctx, tx, r.Verification(u, c.Body.Text("callbackURL"))); err != nil {
				return err
			}
		}
		if r.Auth.RequireVerifiedEmail {
			return nil
		}
		s, err = r.Sessions.Begin(ctx, q, c, u.ID, c.Body.Bool("rememberMe", true))
		return err
	})
	return s, taken, err
}
