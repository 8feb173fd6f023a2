// Command router is the one program of this project. See `go run ./router --help`.
package main

import (
	"switchyard/router/cli"

	"example.com/acme/desk/router/catalog"
)

//go:generate go tool switchyard generate

func main() { cli.Main(catalog.Program()) }
