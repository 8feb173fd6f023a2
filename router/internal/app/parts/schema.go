//go:build !switchyard_nodb

package parts

import (
	"context"
	"fmt"
	"sync"

	"switchyard/internal/migrate/instep"
	"switchyard/internal/migrate/release"
	"switchyard/internal/migrate/snapshot"
	"switchyard/router/internal/app"
	"switchyard/router/internal/service"
	"switchyard/shared/db"
)

func schema() func(app.SchemaConfig) (*app.Schema, error) { return mindSchema }

// mindSchema has the database of an app know that this release lives, and compares its
// tables with what the release expects. It links no Atlas.
func mindSchema(c app.SchemaConfig) (*app.Schema, error) {
	database := service.Find[db.DB](c.App.Needs)
	if database == nil {
		return nil, nil
	}
	program := c.App.Program
	uses, err := release.Parse(program.Uses)
	if err != nil {
		return nil, fmt.Errorf("read what the program uses: %w", err)
	}
	expects := instep.Program{Digest: program.Digest, Uses: uses}
	watch := instep.NewWatch(func(ctx context.Context) (snapshot.Difference, error) {
		conn, err := database.Acquire(ctx)
		if err != nil {
			return snapshot.Difference{}, err
		}
		defer conn.Release()
		return expects.Look(ctx, conn.Conn())
	}, c.Logger)
	name := release.Name(c.App.Jobs.Value.Deployment, c.Build, program.Digest, program.Uses)
	presence := release.NewPresence(database, release.Release{ID: name, Digest: program.Digest, Uses: uses}, c.Frozen, c.Logger)
	return &app.Schema{
		Ready: watch.Ready,
		Run: func(ctx context.Context) {
			var wg sync.WaitGroup
			wg.Go(func() { watch.Run(ctx) })
			wg.Go(func() { presence.Run(ctx) })
			wg.Wait()
		},
		Say:     presence.Say,
		Counted: counted{watch},
	}, nil
}

// counted has the metrics of a watch, in programs that count.
type counted struct{ *instep.Watch }
