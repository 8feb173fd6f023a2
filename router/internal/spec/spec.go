// Package spec has the rules for what Specs say of routes, which the generator and the
// host check alike. Errors say what is wrong with the Spec's field.
package spec

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"switchyard/internal/lazy"
	"switchyard/shared/fn"
)

// wildcard is a parameter of a route: {id}, {path...}. The {$} at an end is none.
var wildcard = lazy.Regexp{Source: `\{([^{}$.]+)(?:\.\.\.)?\}`}

// Params returns the names of the parameters of a route, in order.
func Params(route string) []string {
	var names []string
	for _, match := range wildcard.Get().FindAllStringSubmatch(route, -1) {
		names = append(names, match[1])
	}
	return names
}

// Check checks what a Spec says.
func Check(info fn.Info) error {
	var errs []error
	if info.ETag {
		errs = append(errs, ETag(info.Route))
	}
	errs = append(errs, Rate(info.RateLimit))
	for _, name := range info.Logged {
		errs = append(errs, Logged(info.Route, name))
	}
	for _, name := range info.Expose {
		errs = append(errs, Expose(name))
	}
	return errors.Join(errs...)
}

// ETag checks that a route may have ETag.
func ETag(route string) error {
	if !strings.HasPrefix(route, http.MethodGet+" ") {
		return errors.New("ETag is set, which only answers to GET have")
	}
	return nil
}

// Logged checks one of the names in Logged.
func Logged(route, name string) error {
	if !slices.Contains(Params(route), name) {
		return fmt.Errorf("Logged names %q, which is no parameter of the route", name)
	}
	return nil
}

// Expose checks one of the names in Expose: it must be a token (RFC 9110, 5.6.2).
func Expose(name string) error {
	const marks, letters = "!#$%&'*+-.^_`|~0123456789", "abcdefghijklmnopqrstuvwxyz"
	if name == "" || strings.Trim(strings.ToLower(name), marks+letters) != "" {
		return fmt.Errorf("Expose names %q, which is no name of a header", name)
	}
	return nil
}
