package migrate

import (
	"context"
	"errors"
	"strings"

	"switchyard/internal/migrate/adopt"
	"switchyard/internal/migrate/snapshot"
	"switchyard/internal/schema"
)

// Adopt writes files into the folder dir that describe the database at url, so that there is
// nothing to migrate. It does not change the database. services are the files that the program
// has beside those of dir, "" if it has none; it does not write their tables again. They need
// no block for the PostgreSQL schema public. See [adopt.Write].
func Adopt(ctx context.Context, url string, services schema.Source, dir string, o Options) (adopt.Report, error) {
	var r adopt.Report
	if services != "" {
		services = schema.Join(append(services.Files(), schema.File{Name: "public", Text: "schema \"public\" {}\n"}))
	}
	err := begin(ctx, url, services, o, func(m *migration) (err error) {
		r, err = adopt.Write(ctx, adopt.Input{Conn: m.conn, Have: services, Names: o.Names, Dir: dir, Make: m.makes})
		return err
	})
	return r, err
}

// makes returns what s makes in the scratch database. Each of its statements must run.
func (m *migration) makes(ctx context.Context, s schema.Source) (snapshot.Snapshot, error) {
	other, err := newMigration(ctx, m.url, s, m.Options)
	if err != nil {
		return snapshot.Snapshot{}, err
	}
	other.conn = m.conn
	if err := other.desire(ctx); err != nil {
		return snapshot.Snapshot{}, err
	}
	if other.warnings != nil {
		return snapshot.Snapshot{}, errors.New(strings.Join(other.warnings, "\n"))
	}
	return other.then, nil
}
