//go:build switchyard_nometrics

package parts

import (
	"log/slog"

	"switchyard/router/internal/serve"
)

func counts() func(logger *slog.Logger, project, version string, counted ...any) (serve.Metrics, error) {
	return nil
}
