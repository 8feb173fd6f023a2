// Package catalog lists every function below functions/, with its fields wired to
// the services in shared/. It is generated; after adding, moving or removing a
// function, or changing the fields of one, or a template anywhere in the module, run
//
//	go generate ./...
package catalog

// Title is the name of the product for people: on pages, in mails, in the document of the
// API.
const Title = "File desk"
