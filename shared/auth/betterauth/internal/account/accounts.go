package account

import (
	"context"
	"net/http"
	"slices"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth/internal/store"
	"switchyard/shared/auth/betterauth/internal/wire"
)

// shape is an account as the wire has it: without tokens and password.
type shape struct {
	AccountID  string    `json:"accountId"`
	ProviderID string    `json:"providerId"`
	UserID     string    `json:"userId"`
	CreatedAt  wire.Time `json:"createdAt"`
	UpdatedAt  wire.Time `json:"updatedAt"`
	ID         string    `json:"id"`
	Scopes     []string  `json:"scopes"`
}

// List returns the ways in which the user can sign in.
func (r *Routes) List(ctx context.Context, c *wire.Call) ([]store.Account, error) {
	return r.Store.Accounts(ctx, c.User.ID)
}

func shapes(accounts []store.Account) any {
	list := make([]shape, len(accounts))
	for i, a := range accounts {
		list[i] = shape{a.AccountID, a.ProviderID, a.UserID, wire.Time(a.CreatedAt), wire.Time(a.UpdatedAt), a.ID, a.Scopes()}
	}
	return list
}

// unlinkAccount takes one of the ways to sign in away, but never the last.
func (r *Routes) unlinkAccount(ctx context.Context, c *wire.Call) (any, error) {
	id := c.Body.Text("accountId")
	return wire.Done(), r.change(ctx, c.User.ID, func(q store.Queries, _ pgx.Tx, u auth.User) error {
		accounts, err := q.Accounts(ctx, u.ID)
		if err != nil {
			return err
		}
		if len(accounts) == 1 {
			return wire.Fail(http.StatusBadRequest, "FAILED_TO_UNLINK_LAST_ACCOUNT", "You can't unlink your last account")
		}
		if !slices.ContainsFunc(accounts, func(a store.Account) bool { return a.ID == id }) {
			return wire.Fail(http.StatusBadRequest, "ACCOUNT_NOT_FOUND", "Account not found")
		}
		return q.DeleteAccount(ctx, id)
	})
}
