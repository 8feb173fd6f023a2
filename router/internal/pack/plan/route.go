package plan

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// APIRoutes returns the keys under which an HTTP API of API Gateway leads to each unit, by
// the unit's name. It fails if the API could not tell two of the routes apart. A unit
// that holds all functions takes every request, and answers itself what is not found.
func (p Plan) APIRoutes() (map[string][]string, error) {
	if len(p.Units) == 1 && p.Units[0].Routed && len(p.Units[0].Functions) > 1 {
		return map[string][]string{p.Units[0].Name: {"$default"}}, nil
	}
	routes := map[string][]string{}
	owner := map[string]string{} // of what the API takes for one and the same
	for _, u := range p.Units {
		if !u.Routed {
			continue
		}
		for _, pattern := range u.Routes() {
			keys, err := routeKeys(pattern)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", u.Name, err)
			}
			for _, key := range keys {
				same := anyName(key)
				if other, taken := owner[same]; taken && other != u.Name {
					return nil, fmt.Errorf("an HTTP API takes %q of %s and %q of %s for one route; package both with --all, or give each a function URL with --front url", key, u.Name, same, other)
				}
				owner[same] = u.Name
				if !slices.Contains(routes[u.Name], key) {
					routes[u.Name] = append(routes[u.Name], key)
				}
			}
		}
	}
	addPreflights(p, routes, owner)
	return routes, nil
}

// addPreflights adds the keys under which browsers ask whether a page of another origin
// may call: OPTIONS of each path. Of a path whose methods are of several units one
// answers for all; that is one which everybody's pages may call, if there is one.
func addPreflights(p Plan, routes map[string][]string, owner map[string]string) {
	for _, anyOrigin := range []bool{true, false} {
		for _, u := range p.Units {
			for _, f := range u.Functions {
				info := f.Info()
				if info.Route == "" || info.AnyOrigin != anyOrigin || len(routes[u.Name]) == 0 {
					continue
				}
				keys, _ := routeKeys(info.Route) // which has been looked at
				for _, key := range keys {
					method, path, _ := strings.Cut(key, " ")
					same := anyName(http.MethodOptions + " " + path)
					_, all := owner[anyName("ANY "+path)]
					if _, taken := owner[same]; taken || all || method == "ANY" {
						continue
					}
					owner[same] = u.Name
					routes[u.Name] = append(routes[u.Name], http.MethodOptions+" "+path)
				}
			}
		}
	}
}

// routeKeys returns the keys of an HTTP API that together match what a pattern of
// http.ServeMux matches. The two differ in this:
//
//   - the API leads /x/ to the route /x, and refuses keys that end in a slash, so that
//     what stands for a folder has two keys: itself, and all below it;
//   - GET of ServeMux is HEAD too;
//   - {name...} is {name+}, which wants one byte at least; "{$}" is nothing.
func routeKeys(pattern string) ([]string, error) {
	methods, path := []string{"ANY"}, pattern
	if method, rest, found := strings.Cut(pattern, " "); found {
		methods, path = []string{method}, strings.TrimLeft(rest, " \t")
		if method == "GET" {
			methods = append(methods, "HEAD")
		}
	}
	if !strings.HasPrefix(path, "/") {
		return nil, fmt.Errorf("the route %q names a host, which an HTTP API cannot; give the API a domain of its own and leave the host out", pattern)
	}
	dir, last := path[:strings.LastIndex(path, "/")], path[strings.LastIndex(path, "/")+1:]
	folder := dir
	if folder == "" {
		folder = "/"
	}
	var paths []string
	switch name, rest := strings.CutSuffix(last, "...}"); {
	case last == "{$}":
		paths = []string{folder}
	case last == "":
		paths = []string{folder, dir + "/{proxy+}"}
	case rest:
		paths = []string{folder, dir + "/" + name + "+}"}
	default:
		paths = []string{path}
	}
	var keys []string
	for _, method := range methods {
		for _, path := range paths {
			keys = append(keys, method+" "+path)
		}
	}
	return keys, nil
}

// anyName returns the key with its variables unnamed: an HTTP API compares them so.
func anyName(key string) string {
	return regexp.MustCompile(`\{[^}+]*(\+?)\}`).ReplaceAllString(key, "{$1}")
}
