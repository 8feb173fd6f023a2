// Command program is what `router parity` compares if it is given no files: the probes, in
// a package of their own.
package main

import (
	"switchyard/router/internal/parity/probe"
	"switchyard/router/wire"
)

func main() { wire.Main(wire.Program{Functions: probe.Functions()}) }
