package social

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/auth/betterauth/internal/store"
)

// link links an account with a provider to the user who asked for it. It fails with
// a *flowError.
func (r *Routes) link(ctx context.Context, to link, who person, a store.Account) error {
	live, err := r.live(ctx, to)
	switch {
	case err != nil:
		return err
	case !live, !who.emailVerified:
		return refuse("unable_to_link_account")
	case !strings.EqualFold(who.email, to.Email):
		return refuse("email_does_not_match")
	}
	return r.attach(ctx, to.UserID, a)
}

// live reports whether the session that asked for a link is still there.
func (r *Routes) live(ctx context.Context, to link) (bool, error) {
	if to.EncryptedSessionToken == "" {
		_, ok, err := r.Store.UserByID(ctx, to.UserID)
		return ok, err
	}
	token, ok := r.Keys.DecryptLink(to.EncryptedSessionToken)
	if !ok {
		return false, nil
	}
	s, _, ok, err := r.Store.Live(ctx, token)
	return ok && s.UserID == to.UserID && s.ExpiresAt.After(time.Now()), err
}

// attach stores a as an account of the user, or its tokens if the user has it
// already, with what is granted now added to what was before.
func (r *Routes) attach(ctx context.Context, userID string, a store.Account) error {
	return r.Store.InTx(ctx, func(q store.Queries, _ pgx.Tx) error {
		if err := q.LockAccount(ctx, a.ProviderID, a.AccountID); err != nil {
			return err
		}
		known, ok, err := q.AccountOf(ctx, a.ProviderID, a.AccountID)
		if err != nil {
			return err
		}
		if !ok {
			return addAccount(ctx, q, a, userID, time.Now())
		}
		if known.UserID != userID {
			return refuse("account_already_linked_to_different_user")
		}
		a.ID, a.Scope = known.ID, mergeScope(known, a)
		_, _, err = q.UpdateTokens(ctx, a, time.Now())
		return err
	})
}

// mergeScope returns the scopes of either, each once, nil if there are none.
func mergeScope(before, now store.Account) *string {
	var all []string
	seen := map[string]bool{}
	for _, scope := range slices.Concat(before.Scopes(), now.Scopes()) {
		if !seen[scope] {
			all = append(all, scope)
		}
		seen[scope] = true
	}
	return textOrNil(strings.Join(all, ","))
}
