package serve

import (
	"switchyard/router/internal/logger"
	"switchyard/shared/fn"
)

// newCallee returns a function for its calls. Its panics and tasks are counted.
func (h *Host) newCallee(name string, info fn.Info) *fn.Callee {
	f := logger.Callee(h.logger, name, info)
	if m, ok := h.config.Metrics.(figures); ok {
		m.Know(f)
	}
	return f
}
