package isolation

import (
	"net/http"
	"strings"

	"switchyard/router/internal/function"
	"switchyard/shared/fn"
)

// askable returns the path of f if anybody may ask for it with a GET, without parameters, as
// often as they like, and the answer has an end.
func askable(f function.Function) (path string, ok bool) {
	info := f.Info()
	if info.Kind.Durable() || info.Access != fn.Public || info.Stream || info.RateLimit.Limit > 0 {
		return "", false
	}
	method, path, found := strings.Cut(info.Route, " ")
	if !found || method != http.MethodGet {
		return "", false
	}
	path = strings.TrimSuffix(path, "{$}")
	return path, strings.HasPrefix(path, "/") && !strings.Contains(path, "{")
}
