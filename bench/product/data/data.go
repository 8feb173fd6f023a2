// Package data is the database that all contestants share: a PostgreSQL of its own, with
// people who are signed in and their items.
package data

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5"

	"switchyard/bench/product/contract"
	"switchyard/internal/stack"
)

// Secret is BETTER_AUTH_SECRET of all contestants.
const Secret = "a secret of at least 32 characters"

// Size is how much there is.
type Size struct{ Users, Each int } // items of each user

// Usual is what contestants are compared with.
func Usual() Size { return Size{Users: 1000, Each: 100} }

// Database is a running PostgreSQL.
type Database struct {
	URL     string
	Version string

	postgres *stack.Postgres
	name     string
}

// Open starts PostgreSQL in dir, durable as in production, and makes an empty database.
func Open(ctx context.Context, dir string) (*Database, error) {
	pg, err := stack.StartPostgres(ctx, stack.PostgresOptions{Options: stack.Options{Dir: dir}, Durable: true})
	if err != nil {
		return nil, err
	}
	d := &Database{postgres: pg}
	if d.URL, err = pg.CreateDatabase(ctx, "desk"); err == nil {
		err = d.do(ctx, func(c *pgx.Conn) error {
			return c.QueryRow(ctx, "SHOW server_version").Scan(&d.Version)
		})
	}
	if err != nil {
		return nil, errors.Join(err, pg.Stop())
	}
	return d, nil
}

// Close stops PostgreSQL.
func (d *Database) Close() error { return d.postgres.Stop() }

func (d *Database) do(ctx context.Context, do func(*pgx.Conn) error) error {
	c, err := pgx.Connect(ctx, d.URL)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	return do(c)
}

// fill makes people u1, u2, …, each with a session and items, after the product has made its
// tables. The last item has a name that has to be escaped. Contestants that write an
// outbox of their own use desk_outbox.
const fill = `
CREATE TABLE IF NOT EXISTS desk_outbox (id uuid PRIMARY KEY, name text NOT NULL, data jsonb NOT NULL);
INSERT INTO "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
	SELECT 'u' || i, 'User ' || i, 'u' || i || '@example.com', true, now(), CURRENT_TIMESTAMP FROM generate_series(1, %[1]d) i;
INSERT INTO session (id, "expiresAt", token, "createdAt", "updatedAt", "ipAddress", "userAgent", "userId")
	SELECT 's' || i, now() + interval '7 days', md5('token' || i), now(), CURRENT_TIMESTAMP, '127.0.0.1', 'bench', 'u' || i FROM generate_series(1, %[1]d) i;
INSERT INTO session (id, "expiresAt", token, "createdAt", "updatedAt", "userId")
	VALUES ('over', now() - interval '1 hour', 'over', now() - interval '8 days', now() - interval '8 days', 'u1');
INSERT INTO item (id, owner, name, size, status, created_at)
	SELECT ('01900000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, 'u' || (i %% %[1]d + 1),
		CASE WHEN i = %[2]d THEN 'Terms <b>&"conditions".pdf' ELSE 'report-' || i || '.pdf' END,
		i * 1000, CASE i %% 3 WHEN 0 THEN 'stored' WHEN 1 THEN 'ready' ELSE 'failed' END, now() - (%[2]d - i) * interval '1 second'
	FROM generate_series(1, %[2]d) i;
`

// Fill fills the tables.
func (d *Database) Fill(ctx context.Context, size Size) error {
	return d.do(ctx, func(c *pgx.Conn) error {
		if _, err := c.Exec(ctx, fmt.Sprintf(fill, size.Users, size.Users*size.Each)); err != nil {
			return fmt.Errorf("fill the tables: %w", err)
		}
		_, err := c.Exec(ctx, "VACUUM ANALYZE")
		return err
	})
}

// Contract returns what the contract asks for.
func (d *Database) Contract(ctx context.Context) (contract.Data, error) {
	const user = "u1"
	c := contract.Data{User: user, Expired: Sign("over"), Forged: url.QueryEscape("over." + base64.StdEncoding.EncodeToString(make([]byte, 32)))}
	err := d.do(ctx, func(conn *pgx.Conn) (err error) {
		var token string
		if err := conn.QueryRow(ctx, `SELECT token FROM session WHERE "userId" = $1 AND "expiresAt" > now()`, user).Scan(&token); err != nil {
			return err
		}
		c.Cookie = Sign(token)
		const items = `SELECT id::text, owner, name, size, status, created_at FROM item WHERE $1 IN ('', owner) ORDER BY id DESC LIMIT 20`
		if c.Newest, err = list(ctx, conn, items, ""); err == nil {
			c.Mine, err = list(ctx, conn, items, user)
		}
		return err
	})
	return c, err
}

func list(ctx context.Context, conn *pgx.Conn, sql, owner string) ([]contract.Item, error) {
	rows, err := conn.Query(ctx, sql, owner)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[contract.Item])
}

// Cookies returns the session cookies of some people: values of better-auth.session_token.
func (d *Database) Cookies(ctx context.Context, n int) (cookies []string, err error) {
	err = d.strings(ctx, &cookies, `SELECT token FROM session WHERE "expiresAt" > now() ORDER BY md5(id) LIMIT $1`, n)
	for i := range cookies {
		cookies[i] = Sign(cookies[i])
	}
	return cookies, err
}

// Items returns the ids of some items.
func (d *Database) Items(ctx context.Context, n int) (ids []string, err error) {
	err = d.strings(ctx, &ids, `SELECT id::text FROM item ORDER BY md5(id::text) LIMIT $1`, n)
	return ids, err
}

func (d *Database) strings(ctx context.Context, into *[]string, sql string, n int) error {
	return d.do(ctx, func(c *pgx.Conn) error {
		rows, err := c.Query(ctx, sql, n)
		if err != nil {
			return err
		}
		*into, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
}

// Sign signs a session's token as Better Auth does.
func Sign(token string) string {
	mac := hmac.New(sha256.New, []byte(Secret))
	mac.Write([]byte(token))
	return url.QueryEscape(token + "." + base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}
