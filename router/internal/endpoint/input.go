package endpoint

import (
	"net/http"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"switchyard/router/internal/answer"
)

// input reads requests into an Input. huma documents what there is to read.
type input struct {
	params  []param
	checks  *checks
	body    body // nil if the Input has none
	resolve *resolving
}

// newInput returns what reads an Input of the type t, as op describes it.
func newInput(registry huma.Registry, op *huma.Operation, t reflect.Type) (*input, error) {
	in := &input{checks: newChecks(registry), resolve: newResolving(op, t)}
	var err error
	if in.params, err = findParams(registry, t, "path", "query", "header", "cookie"); err != nil {
		return nil, err
	}
	if in.body, err = newBody(registry, op, t); err != nil {
		return nil, err
	}
	return in, nil
}

// read reads r into v, or returns what is wrong with r.
func (in *input) read(w http.ResponseWriter, r *http.Request, v reflect.Value) *answer.Problem {
	c := in.checks.take()
	defer in.checks.put(c)
	in.readParams(r, v, c)
	if in.body != nil {
		if p := in.body.read(r, v, c); p != nil {
			return p
		}
	}
	if in.resolve != nil {
		in.resolve.run(w, r, v, c)
	}
	return c.problem()
}

func (in *input) readParams(r *http.Request, v reflect.Value, c *check) {
	var room [8]pair
	query := parseQuery(r.URL.RawQuery, room[:0])
	in.refuseUnknown(query, c)
	var one [1]string
	for i := range in.params {
		p := &in.params[i]
		var given []string
		switch p.in {
		case "path":
			one[0] = r.PathValue(p.name)
			given = one[:]
		case "query":
			given = valuesOf(query, p.name)
		case "header":
			given = r.Header[p.header]
		case "cookie":
			given = cookie(r, v, p)
		}
		p.read(v, given, c)
	}
}

// valuesOf returns all values of a name.
func valuesOf(query []pair, name string) []string {
	var values []string
	for _, part := range query {
		if part.name == name {
			values = append(values, part.value)
		}
	}
	return values
}

// cookie returns the value of the first cookie of this name, which is the one for the
// narrowest path (RFC 6265, section 5.4).
func cookie(r *http.Request, v reflect.Value, p *param) []string {
	c, err := r.Cookie(p.name)
	if err != nil {
		return nil
	}
	if p.cookie {
		fieldOf(v, p.index).Set(reflect.ValueOf(*c))
	}
	return []string{c.Value}
}

// refuseUnknown notes the parts of the query that the Input does not ask for, in the
// order of their names: some hosts do not know the one they were sent in.
func (in *input) refuseUnknown(query []pair, c *check) {
	var unknown []string
	for _, part := range query {
		if !in.asks(part.name) {
			unknown = append(unknown, part.name)
		}
	}
	slices.Sort(unknown)
	for _, name := range slices.Compact(unknown) {
		c.add("query."+name, "unknown query parameter")
	}
}

func (in *input) asks(name string) bool {
	for i := range in.params {
		if p := &in.params[i]; p.in == "query" && p.name == name {
			return true
		}
	}
	return false
}
