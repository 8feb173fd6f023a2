package account

import (
	"context"
	"strings"

	"switchyard/shared/auth/betterauth/internal/wire"
)

// ok tells that the service is there.
func (r *Routes) ok(context.Context, *wire.Call) (any, error) {
	return map[string]bool{"ok": true}, nil
}

// errorPage is where a flow ends that went wrong and has nowhere else to lead to.
// It hands the error on to the first page.
func (r *Routes) errorPage(_ context.Context, c *wire.Call) (any, error) {
	query := c.Request.URL.Query()
	code := query.Get("error")
	if code == "" || strings.ContainsFunc(code, notInCode) {
		code = "UNKNOWN"
	}
	target := "/?error=" + formEncode(code)
	if description := query.Get("error_description"); description != "" {
		target += "&error_description=" + formEncode(description)
	}
	return wire.Redirect(target), nil
}

// notInCode reports whether a code of an error has no such character.
func notInCode(r rune) bool {
	const allowed = "'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
	return !strings.ContainsRune(allowed, r)
}
