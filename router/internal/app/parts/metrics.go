//go:build !switchyard_nometrics

package parts

import (
	"log/slog"

	"switchyard/router/internal/serve"
	"switchyard/router/internal/serve/metrics"
)

func counts() func(logger *slog.Logger, version string, counted ...any) (serve.Metrics, error) {
	return func(logger *slog.Logger, version string, counted ...any) (serve.Metrics, error) {
		return metrics.New(logger, version, counted...)
	}
}
