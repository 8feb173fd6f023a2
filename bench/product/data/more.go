package data

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Another makes an empty database beside this one.
func (d *Database) Another(ctx context.Context, name string) (*Database, error) {
	address, err := d.postgres.CreateDatabase(ctx, name)
	if err != nil {
		return nil, err
	}
	return &Database{URL: address, Version: d.Version, postgres: d.postgres, name: name}, nil
}

// Drop removes what Another made.
func (d *Database) Drop(ctx context.Context) error {
	usual := &Database{URL: d.postgres.URL}
	return usual.do(ctx, func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, fmt.Sprintf("DROP DATABASE %s WITH (FORCE)", pgx.Identifier{d.name}.Sanitize()))
		return err
	})
}
