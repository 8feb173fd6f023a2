//go:build !switchyard_isolation

package cli

import "switchyard/router/wire"

// whole returns the program as it is.
func whole(of wire.Program) wire.Program { return of }
