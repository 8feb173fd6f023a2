package ui

import (
	"context"
	"strings"

	"github.com/a-h/templ"

	"switchyard/shared/auth"
	"switchyard/shared/fn"
)

// menu returns the links that stand on every page. Where people sign in, who has not sees none.
func (k *Kit) menu(ctx context.Context) []fn.Link {
	if auth.UserFrom(ctx).ID == "" && k.project.Has(auth.SignInPath) {
		return nil
	}
	return k.project.Menu
}

// current returns the attribute of a link to target on the page at path, if it leads to where
// one is, or to what that is a part of.
func current(target, path string) templ.Attributes {
	switch {
	case path == target:
		return templ.Attributes{"aria-current": "page"}
	case strings.HasPrefix(path, target+"/"):
		return templ.Attributes{"aria-current": "true"}
	}
	return nil
}
