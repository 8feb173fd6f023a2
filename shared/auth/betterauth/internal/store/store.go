// Package store keeps Better Auth's tables: user, session, account, verification.
// A Node server may use them at the same time.
package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/shared/auth"
	"switchyard/shared/db"
)

// Store is the tables in a database. Each of its methods is one query, outside of
// a transaction unless it comes from [Store.InTx].
type Store struct {
	Queries
	db *db.DB
}

// New returns the store in d.
func New(d *db.DB) *Store { return &Store{Queries: Queries{d}, db: d} }

// InTx runs fn in a transaction; see db.DB.InTx.
func (s *Store) InTx(ctx context.Context, fn func(q Queries, tx pgx.Tx) error) error {
	return s.db.InTx(ctx, func(tx pgx.Tx) error { return fn(Queries{tx}, tx) })
}

// Querier is a database or a transaction.
type Querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Queries are the queries. What is looked for and not there is reported by a bool,
// not by an error. Rows are stored and returned with times in whole milliseconds.
type Queries struct{ q Querier }

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

// Credential is the ProviderID of an account that is a password.
const Credential = "credential"

// UserChange is what to change of a user. Nil fields stay as they are.
type UserChange struct {
	Name          *string
	Email         *string
	EmailVerified *bool
	Image         **string // a pointer to nil clears it
}

// Live returns the session with this token and its user, whether or not it has
// expired.
func (q Queries) Live(ctx context.Context, token string) (auth.Session, auth.User, bool, error) {
	panic("not built yet")
}

// CreateSession adds s as it is.
func (q Queries) CreateSession(ctx context.Context, s auth.Session) error { panic("not built yet") }

// ExtendSession moves the end of a session; false if it is gone.
func (q Queries) ExtendSession(ctx context.Context, token string, expiresAt, updatedAt time.Time) (auth.Session, bool, error) {
	panic("not built yet")
}

// Sessions returns the sessions of a user that have not expired at now.
func (q Queries) Sessions(ctx context.Context, userID string, now time.Time) ([]auth.Session, error) {
	panic("not built yet")
}

// DeleteSession deletes the session with this token if it belongs to the user, or
// to anybody if userID is "".
func (q Queries) DeleteSession(ctx context.Context, userID, token string) error {
	panic("not built yet")
}

// DeleteSessions deletes the sessions of a user but the one with the token keep,
// "" for none.
func (q Queries) DeleteSessions(ctx context.Context, userID, keep string) error {
	panic("not built yet")
}

// UserByEmail returns the user with this address, which must be in lower case.
func (q Queries) UserByEmail(ctx context.Context, email string) (auth.User, bool, error) {
	panic("not built yet")
}

// UserByID returns a user.
func (q Queries) UserByID(ctx context.Context, id string) (auth.User, bool, error) {
	panic("not built yet")
}

// SignIn returns the user with this address, in lower case, and the hash of the
// password, "" if there is none.
func (q Queries) SignIn(ctx context.Context, email string) (u auth.User, hash string, ok bool, err error) {
	panic("not built yet")
}

// CreateUser adds u as it is. It is false if the address is taken.
func (q Queries) CreateUser(ctx context.Context, u auth.User) (bool, error) { panic("not built yet") }

// UpdateUser changes a user and returns the result; false if the user is gone. An
// address that is taken fails with fault.Conflict.
func (q Queries) UpdateUser(ctx context.Context, id string, c UserChange, now time.Time) (auth.User, bool, error) {
	panic("not built yet")
}

// DeleteUser deletes a user, and with it sessions, accounts and keys. It is false
// if there was none.
func (q Queries) DeleteUser(ctx context.Context, id string) (bool, error) { panic("not built yet") }

// Accounts returns the accounts of a user, oldest first.
func (q Queries) Accounts(ctx context.Context, userID string) ([]Account, error) {
	panic("not built yet")
}

// AccountOf returns the account with a provider that has this id there. If there
// are several, it fails.
func (q Queries) AccountOf(ctx context.Context, providerID, accountID string) (Account, bool, error) {
	panic("not built yet")
}

// CreateAccount adds a as it is.
func (q Queries) CreateAccount(ctx context.Context, a Account) error { panic("not built yet") }

// UpdateTokens stores the tokens and their ends of a, by its id. Those that are
// nil stay as they are.
func (q Queries) UpdateTokens(ctx context.Context, a Account, now time.Time) error {
	panic("not built yet")
}

// SetPassword stores the hash of a user's password; if the user has none yet, it
// adds the account.
func (q Queries) SetPassword(ctx context.Context, userID, hash string, now time.Time) error {
	panic("not built yet")
}

// DeleteAccount deletes an account by its row id.
func (q Queries) DeleteAccount(ctx context.Context, id string) error { panic("not built yet") }

// AddVerification adds a value that can be fetched by its identifier until
// expiresAt.
func (q Queries) AddVerification(ctx context.Context, identifier, value string, now, expiresAt time.Time) error {
	panic("not built yet")
}

// Verification returns the newest value with this identifier that has not expired.
func (q Queries) Verification(ctx context.Context, identifier string, now time.Time) (value string, ok bool, err error) {
	panic("not built yet")
}

// TakeVerification is Verification, and deletes the identifier's rows: of several
// callers at once, one gets the value.
func (q Queries) TakeVerification(ctx context.Context, identifier string, now time.Time) (value string, ok bool, err error) {
	panic("not built yet")
}

// DeleteExpired deletes verifications that have expired.
func (q Queries) DeleteExpired(ctx context.Context, now time.Time) error { panic("not built yet") }
