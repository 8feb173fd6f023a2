package store

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Account is one way to sign in: a password (ProviderID "credential", AccountID
// the user's id) or an account with a provider.
type Account struct {
	ID                    string
	AccountID             string
	ProviderID            string
	UserID                string
	AccessToken           *string
	RefreshToken          *string
	IDToken               *string
	AccessTokenExpiresAt  *time.Time
	RefreshTokenExpiresAt *time.Time
	Scope                 *string // joined by ","
	Password              *string
	CreatedAt             time.Time
	UpdatedAt             time.Time
}

// Scopes returns what a was granted; never nil.
func (a Account) Scopes() []string {
	list := []string{}
	if a.Scope == nil {
		return list
	}
	for scope := range strings.SplitSeq(*a.Scope, ",") {
		if scope = strings.TrimSpace(scope); scope != "" {
			list = append(list, scope)
		}
	}
	return list
}

// Credential is the ProviderID of an account that is a password.
const Credential = "credential"

const accountColumns = `id, "accountId", "providerId", "userId", "accessToken", "refreshToken", "idToken",
	"accessTokenExpiresAt", "refreshTokenExpiresAt", scope, password, "createdAt", "updatedAt"`

func accountMillis(a Account) Account {
	a.AccessTokenExpiresAt, a.RefreshTokenExpiresAt = millisOrNil(a.AccessTokenExpiresAt), millisOrNil(a.RefreshTokenExpiresAt)
	a.CreatedAt, a.UpdatedAt = millis(a.CreatedAt), millis(a.UpdatedAt)
	return a
}

func scanAccount(row pgx.CollectableRow) (Account, error) {
	var a Account
	err := row.Scan(&a.ID, &a.AccountID, &a.ProviderID, &a.UserID, &a.AccessToken, &a.RefreshToken, &a.IDToken,
		&a.AccessTokenExpiresAt, &a.RefreshTokenExpiresAt, &a.Scope, &a.Password, &a.CreatedAt, &a.UpdatedAt)
	return accountMillis(a), err
}

// Accounts returns the accounts of a user, oldest first.
func (q Queries) Accounts(ctx context.Context, userID string) ([]Account, error) {
	return all(ctx, q, "list accounts", scanAccount,
		`SELECT `+accountColumns+` FROM account WHERE "userId" = $1 ORDER BY "createdAt", id`, userID)
}

// AccountOf returns the account with a provider that has this id there. If there
// are several, it fails.
func (q Queries) AccountOf(ctx context.Context, providerID, accountID string) (Account, bool, error) {
	return one(ctx, q, "find an account", scanAccount,
		`SELECT `+accountColumns+` FROM account WHERE "providerId" = $1 AND "accountId" = $2 LIMIT 2`, providerID, accountID)
}

// CreateAccount adds a as it is.
func (q Queries) CreateAccount(ctx context.Context, a Account) error {
	a = accountMillis(a)
	column, value, err := q.issued(ctx, "$3")
	if err != nil {
		return err
	}
	_, err = q.exec(ctx, "add an account",
		`INSERT INTO account (`+accountColumns+column+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13`+value+`)`,
		a.ID, a.AccountID, a.ProviderID, a.UserID, a.AccessToken, a.RefreshToken, a.IDToken,
		a.AccessTokenExpiresAt, a.RefreshTokenExpiresAt, a.Scope, a.Password, a.CreatedAt, a.UpdatedAt)
	return err
}

// issued returns what an INSERT into account needs more for the column issuer, which
// Better Auth had from 1.7.0 to 1.7.2 and asks a value for: the column and its value, or
// nothing if the table does not have it. provider is where the statement has the
// account's ProviderID. Accounts are added rarely; nothing is remembered, so that the
// column may come and go.
func (q Queries) issued(ctx context.Context, provider string) (column, value string, err error) {
	table, _ := q.names.Table("account")
	there, _, err := one(ctx, q, "look for account.issuer", pgx.RowTo[bool],
		`SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = quote_ident($1)::regclass AND attname = $2 AND NOT attisdropped)`,
		table, q.names.Column("account", "issuer"))
	if err != nil || !there {
		return "", "", err
	}
	// As @better-auth/core 1.7.1 has it: db/schema/account.mjs, social-providers/google.mjs.
	return ", issuer", `, CASE ` + provider + `::text WHEN 'credential' THEN 'local:credential'
		WHEN 'google' THEN 'https://accounts.google.com' ELSE 'local:oauth:' || ` + provider + ` END`, nil
}

// UpdateTokens stores the tokens of a, their ends and their scope, by its id, and
// returns the account; false if it is gone. Those that are nil stay as they are.
func (q Queries) UpdateTokens(ctx context.Context, a Account, now time.Time) (Account, bool, error) {
	a = accountMillis(a)
	return one(ctx, q, "store an account's tokens", scanAccount,
		`UPDATE account SET "accessToken" = coalesce($2, "accessToken"), "refreshToken" = coalesce($3, "refreshToken"),
			"idToken" = coalesce($4, "idToken"), "accessTokenExpiresAt" = coalesce($5, "accessTokenExpiresAt"),
			"refreshTokenExpiresAt" = coalesce($6, "refreshTokenExpiresAt"), scope = coalesce($7, scope), "updatedAt" = $8
		WHERE id = $1 RETURNING `+accountColumns,
		a.ID, a.AccessToken, a.RefreshToken, a.IDToken, a.AccessTokenExpiresAt, a.RefreshTokenExpiresAt, a.Scope, millis(now))
}

// LockAccount makes others who lock an account with a provider wait until the
// transaction ends: no constraint keeps an account from being added twice, after
// which nobody could tell whose it is.
func (q Queries) LockAccount(ctx context.Context, providerID, accountID string) error {
	_, err := q.exec(ctx, "lock an account", `SELECT pg_advisory_xact_lock(hashtextextended($1 || ' ' || $2, 0))`, providerID, accountID)
	return err
}

// SetPassword stores the hash of a user's password; if the user has none yet, it
// adds the account.
func (q Queries) SetPassword(ctx context.Context, userID, hash string, now time.Time) error {
	// No constraint keeps a user from having two passwords. The account that is
	// added here takes the user's id as its own, so that of two callers at once
	// the second finds the row of the first.
	column, value, err := q.issued(ctx, "$4")
	if err != nil {
		return err
	}
	_, err = q.exec(ctx, "store a password",
		`WITH changed AS (
			UPDATE account SET password = $2, "updatedAt" = $3
			WHERE "userId" = $1 AND "providerId" = $4 AND "accountId" = $1 RETURNING id
		)
		INSERT INTO account (id, "accountId", "providerId", "userId", password, "createdAt", "updatedAt"`+column+`)
		SELECT $1, $1, $4, $1, $2, $3, $3`+value+` WHERE NOT EXISTS (SELECT FROM changed)
		ON CONFLICT (id) DO UPDATE SET password = excluded.password, "updatedAt" = excluded."updatedAt"`,
		userID, hash, millis(now), Credential)
	return err
}

// DeleteAccount deletes an account by its row id.
func (q Queries) DeleteAccount(ctx context.Context, id string) error {
	_, err := q.exec(ctx, "delete an account", `DELETE FROM account WHERE id = $1`, id)
	return err
}
