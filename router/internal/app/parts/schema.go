//go:build !switchyard_nodb

package parts

import (
	"context"

	"switchyard/router/internal/schema"
)

func inStep() func(ctx context.Context, url, digest string) error { return schema.InStep }
