// Package browser tests the page in a real browser, on the whole product as
// `go run ./router dev` starts it. It is a module of its own, so that what drives
// a browser stays out of the router's dependencies. Run it with: make browser
package browser
