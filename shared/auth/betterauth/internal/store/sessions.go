package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/auth"
	"switchyard/shared/auth/standing"
	"switchyard/shared/db"
)

const sessionColumns = `s.id, s.token, s."userId", s."expiresAt", s."createdAt", s."updatedAt", s."ipAddress", s."userAgent"`

// sessionFields are where sessionColumns go.
func sessionFields(s *auth.Session) []any {
	return []any{&s.ID, &s.Token, &s.UserID, &s.ExpiresAt, &s.CreatedAt, &s.UpdatedAt, &s.IPAddress, &s.UserAgent}
}

func sessionMillis(s auth.Session) auth.Session {
	s.ExpiresAt, s.CreatedAt, s.UpdatedAt = millis(s.ExpiresAt), millis(s.CreatedAt), millis(s.UpdatedAt)
	return s
}

func scanSession(row pgx.CollectableRow) (auth.Session, error) {
	var s auth.Session
	err := row.Scan(sessionFields(&s)...)
	return sessionMillis(s), err
}

// Live returns the session with this token and its user, whether or not it has
// expired. That of a banned user has: at the zero time.
func (s *Store) Live(ctx context.Context, token string) (auth.Session, auth.User, bool, error) {
	l, err := s.live.Get(ctx, token)
	if errors.Is(err, pgx.ErrNoRows) {
		return auth.Session{}, auth.User{}, false, nil
	}
	if err != nil {
		return auth.Session{}, auth.User{}, false, failure("read a session", err)
	}
	l.session.UserID = l.user.ID
	if l.banned {
		l.session.ExpiresAt = time.Time{}
	}
	return sessionMillis(l.session), userMillis(l.user), true, nil
}

// findLive reads the session with this token.
const findLive = `SELECT s.token, s.id, s."expiresAt", s."createdAt", s."updatedAt", s."ipAddress", s."userAgent", ` + userColumns + `, u.standing = '` + standing.Banned + `'
	FROM session s JOIN ` + standing.Users + ` u ON u.id = s."userId" WHERE s.token = $1`

// live is a session and its user.
type live struct {
	session auth.Session
	user    auth.User
	banned  bool
}

func scanLive(row pgx.CollectableRow) (live, error) {
	c := db.ColumnsOf(row)
	l := live{
		session: auth.Session{
			Token: c.Text(), ID: c.Text(), ExpiresAt: c.Time(), CreatedAt: c.Time(), UpdatedAt: c.Time(),
			IPAddress: c.TextOrNil(), UserAgent: c.TextOrNil(),
		},
		user: auth.User{
			ID: c.Text(), Name: c.Text(), Email: c.Text(), EmailVerified: c.Bool(), Image: c.TextOrNil(),
			CreatedAt: c.Time(), UpdatedAt: c.Time(),
		},
		banned: c.Bool(),
	}
	return l, c.Err()
}

// EndedSessions returns those of these ids that no session has at now whose user may sign in. The
// ids go there as JSON: of the thousands that are asked for every few seconds, pgx would put an
// array together in five times the memory.
func (q Queries) EndedSessions(ctx context.Context, ids []string, now time.Time) ([]string, error) {
	asked, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	return all(ctx, q, "look for sessions that have ended", pgx.RowTo[string],
		`SELECT asked.id FROM json_array_elements_text($1::text::json) AS asked (id) WHERE NOT EXISTS (
			SELECT FROM session s JOIN `+standing.Users+` u ON u.id = s."userId"
			WHERE s.id = asked.id AND s."expiresAt" > $2 AND u.standing <> '`+standing.Banned+`')`,
		string(asked), millis(now))
}

// CreateSession adds s as it is, if the standing of its user is good, or the one that is
// allowed. It returns the standing: if it is another one, nothing was added.
func (q Queries) CreateSession(ctx context.Context, s auth.Session, allowed string) (found string, err error) {
	s = sessionMillis(s)
	n, err := q.exec(ctx, "add a session",
		`INSERT INTO session (id, token, "userId", "expiresAt", "createdAt", "updatedAt", "ipAddress", "userAgent")
		SELECT $1::text, $2::text, u.id, $4::timestamptz, $5::timestamptz, $6::timestamptz, $7::text, $8::text
		FROM `+standing.Users+` u WHERE u.id = $3 AND u.standing IN ('', $9)`,
		s.ID, s.Token, s.UserID, s.ExpiresAt, s.CreatedAt, s.UpdatedAt, s.IPAddress, s.UserAgent, allowed)
	if err != nil || n == 1 {
		return standing.Good, err
	}
	found, ok, err := one(ctx, q, "find a user's standing", pgx.RowTo[string],
		`SELECT u.standing FROM `+standing.Users+` u WHERE u.id = $1`, s.UserID)
	if err == nil && (!ok || found == standing.Good) {
		err = errors.New("store: add a session: the user is gone, or was let in again just now")
	}
	return found, err
}

// ExtendSession moves the end of a session; false if it is gone.
func (q Queries) ExtendSession(ctx context.Context, token string, expiresAt, updatedAt time.Time) (auth.Session, bool, error) {
	return one(ctx, q, "extend a session", scanSession,
		`UPDATE session s SET "expiresAt" = $2, "updatedAt" = $3 WHERE s.token = $1 RETURNING `+sessionColumns,
		token, millis(expiresAt), millis(updatedAt))
}

// Sessions returns the sessions of a user that have not expired at now, oldest
// first.
func (q Queries) Sessions(ctx context.Context, userID string, now time.Time) ([]auth.Session, error) {
	return all(ctx, q, "list sessions", scanSession,
		`SELECT `+sessionColumns+` FROM session s WHERE s."userId" = $1 AND s."expiresAt" > $2 ORDER BY s."createdAt", s.id`,
		userID, millis(now))
}

// DeleteSession deletes the session with this token if it belongs to the user, or
// to anybody if userID is "".
func (q Queries) DeleteSession(ctx context.Context, userID, token string) error {
	_, err := q.exec(ctx, "delete a session",
		`DELETE FROM session WHERE token = $1 AND ($2 = '' OR "userId" = $2)`, token, userID)
	return err
}

// DeleteSessions deletes the sessions of a user but the one with the token keep,
// "" for none.
func (q Queries) DeleteSessions(ctx context.Context, userID, keep string) error {
	_, err := q.exec(ctx, "delete sessions",
		`DELETE FROM session WHERE "userId" = $1 AND token <> $2`, userID, keep)
	return err
}
