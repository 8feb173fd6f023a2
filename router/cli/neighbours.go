//go:build switchyard_isolation

package cli

import (
	"switchyard/router/internal/isolation/neighbours"
	"switchyard/router/wire"
)

// whole returns the program with the neighbours of `router isolation`.
func whole(of wire.Program) wire.Program { return neighbours.Add(of) }
