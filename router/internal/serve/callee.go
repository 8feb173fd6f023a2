package serve

import (
	"switchyard/router/internal/logger"
	"switchyard/shared/fn"
)

// newCallee returns the Callee of a function, which all its calls share. The metrics show its panics and tasks.
func (h *Host) newCallee(name string, info fn.Info) *fn.Callee {
	f := logger.Callee(h.logger, name, info)
	if m, ok := h.config.Metrics.(figures); ok {
		m.Know(f)
	}
	return f
}
