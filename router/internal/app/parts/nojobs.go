//go:build switchyard_nojobs

package parts

import (
	"context"

	"switchyard/router/internal/app"
)

func jobs() func(context.Context, app.JobsConfig) (*app.Jobs, error) { return nil }
