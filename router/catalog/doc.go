// Package catalog lists every function below functions/, with its fields wired to
// the services in shared/. It is generated; after adding, moving or removing a
// function, or changing the fields of one, or a template anywhere in the module, run
//
//	go generate ./...
package catalog

//go:generate go run ../internal/generate/catalog
