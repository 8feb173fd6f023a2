//go:build !switchyard_nometrics

package parts

import (
	"log/slog"

	"switchyard/router/internal/serve"
	"switchyard/router/internal/serve/metrics"
)

func counts() func(logger *slog.Logger, project, version string, counted ...any) (serve.Metrics, error) {
	return func(logger *slog.Logger, project, version string, counted ...any) (serve.Metrics, error) {
		return metrics.New(logger, project, version, counted...)
	}
}
