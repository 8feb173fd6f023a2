package serve

import (
	"switchyard/router/internal/logger"
	"switchyard/shared/fn"
)

// named returns what the calls of a function know of it. Its panics and tasks are counted.
func (h *Host) named(name string, info fn.Info) *fn.Named {
	f := logger.Named(h.logger, name, info)
	if m, ok := h.config.Metrics.(figures); ok {
		m.Know(f)
	}
	return f
}
