// Package catalog lists every function below functions/, with its fields wired to
// the services in shared/. It is generated; after adding, moving or removing a
// function, or changing the fields of one, run
//
//	go generate ./...
package catalog

//go:generate go run ../internal/generate/catalog
