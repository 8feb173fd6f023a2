//go:build !switchyard_nodb

package parts

import (
	"context"

	"switchyard/schema"
)

func inStep() func(ctx context.Context, url string) error { return schema.InStep }
