//go:build switchyard_nodb

package parts

import "switchyard/router/internal/app"

func schema() func(app.SchemaConfig) (*app.Schema, error) { return nil }
