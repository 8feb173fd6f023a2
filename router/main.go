// Command router is the one program of this project: it loads every function of the
// catalog and serves it, migrates the database, and runs the whole product on a
// developer's machine. See `router --help`.
package main

import (
	"switchyard/router/catalog"
	"switchyard/router/cli"
)

//go:generate go tool switchyard generate

func main() { cli.Main(catalog.Program()) }
