// Package account is what people do with their accounts: sign up and in, change,
// reset and verify what belongs to them, and delete it.
//
// Checks come in the order that Better Auth has them in, with its codes and
// messages.
package account

import (
	"context"
	"net/http"
	"strings"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth/internal/password"
	"switchyard/shared/auth/betterauth/internal/seal"
	"switchyard/shared/auth/betterauth/internal/session"
	"switchyard/shared/auth/betterauth/internal/store"
	"switchyard/shared/auth/betterauth/internal/wire"
	"switchyard/shared/config"
	"switchyard/shared/events"
	"switchyard/shared/mail"
)

// Config is what the routes work with.
type Config struct {
	Auth      config.Auth
	Keys      *seal.Keyring
	Store     *store.Store
	Sessions  *session.Manager
	Passwords *password.Hasher
	Mail      *mail.Queue
	Events    *events.Bus
}

// Routes are the routes of accounts.
type Routes struct{ Config }

// New returns the routes that work with c.
func New(c Config) *Routes { return &Routes{c} }

// Routes returns them all.
func (r *Routes) Routes() []wire.Route {
	const get, post = http.MethodGet, http.MethodPost
	link := object(text("token"), wire.OptionalText("callbackURL"))
	return []wire.Route{
		{Method: get, Path: "/ok", Handle: r.ok},
		{Method: get, Path: "/error", Handle: r.errorPage},

		{Method: post, Path: "/sign-up/email", Form: true, Login: true, Body: signUpBody(), Handle: wire.Shaped(r.SignUp, newcomer)},
		{Method: post, Path: "/sign-in/email", Form: true, Login: true, Handle: r.signIn, Body: object(
			text("email"), text("password"), wire.OptionalText("callbackURL"), flag("rememberMe"))},

		{Method: post, Path: "/update-user", Guard: wire.Sensitive, Body: updateUserBody(), Handle: r.updateUser},
		{Method: post, Path: "/change-email", Guard: wire.Sensitive, Handle: r.changeEmail, Body: object(
			email("newEmail"), wire.OptionalText("callbackURL"))},
		{Method: post, Path: "/send-verification-email", Handle: r.sendVerification, Body: object(
			email("email"), wire.OptionalText("callbackURL"))},
		{Method: get, Path: "/verify-email", Callback: true, Query: link, Handle: r.verifyEmail},

		{Method: post, Path: "/change-password", Guard: wire.Sensitive, Handle: r.changePassword, Body: object(
			text("newPassword"), text("currentPassword"), flag("revokeOtherSessions"))},
		{Method: post, Path: "/verify-password", Guard: wire.Sensitive, Body: object(text("password")), Handle: r.verifyPassword},
		{Method: post, Path: "/request-password-reset", Handle: r.requestReset, Body: object(
			email("email"), wire.OptionalText("redirectTo"))},
		{Method: get, Path: "/reset-password/{token}", Callback: true, Query: object(text("callbackURL")), Handle: r.openReset},
		{Method: post, Path: "/reset-password", Handle: r.resetPassword, Query: object(wire.OptionalText("token")), Body: object(
			text("newPassword"), wire.OptionalText("token"))},

		{Method: get, Path: "/list-accounts", Guard: wire.SignedIn, Handle: wire.Shaped(r.List, shapes)},
		{Method: post, Path: "/unlink-account", Guard: wire.Fresh, Body: object(text("accountId")), Handle: r.unlinkAccount},

		{Method: post, Path: "/delete-user", Guard: wire.Sensitive, Handle: wire.Shaped(r.Delete, deletion), Body: object(
			wire.OptionalText("callbackURL"), wire.OptionalText("password"), wire.OptionalText("token"))},
		{Method: get, Path: "/delete-user/callback", Callback: true, Query: link, Handle: r.openDeletion},
	}
}

func object(fields ...wire.Field) *wire.Schema { return &wire.Schema{Fields: fields} }

func text(name string) wire.Field { return wire.Field{Name: name, Kind: wire.String} }

func email(name string) wire.Field { return wire.Field{Name: name, Kind: wire.String, Email: true} }

func flag(name string) wire.Field {
	return wire.Field{Name: name, Kind: wire.Boolean, Optional: true}
}

// client is who makes c, to prove with a password that the account with this address is its
// own; the address is "" where no password is checked.
func client(c *wire.Call, address string) password.Client {
	return password.Client{IP: c.IP, Account: strings.ToLower(address)}
}

// change runs fn in a transaction in which nobody else changes or deletes the user.
// If the user is gone, it fails with an *wire.Error.
func (r *Routes) change(ctx context.Context, userID string, fn func(q store.Queries, tx pgx.Tx, u auth.User) error) error {
	return r.Store.InTx(ctx, func(q store.Queries, tx pgx.Tx) error {
		u, ok, err := q.LockUser(ctx, userID)
		if err != nil {
			return err
		}
		if !ok {
			return userNotFound(http.StatusBadRequest)
		}
		return fn(q, tx, u)
	})
}

// send queues m.
func (r *Routes) send(ctx context.Context, m mail.Message) error {
	return r.Store.InTx(ctx, func(_ store.Queries, tx pgx.Tx) error { return r.Mail.Add(ctx, tx, m) })
}
