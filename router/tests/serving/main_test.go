package serving_test

import (
	"context"
	"testing"

	"switchyard/router/catalog"
	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/router/internal/program"
	"switchyard/router/internal/routertest"
	"switchyard/router/tests/serving/testdata/functions/api/hog"
	"switchyard/shared/fn"
)

func TestMain(m *testing.M) { routertest.Main(m, withHog()) }

// withHog is the router with a function that takes much memory.
func withHog() program.Program {
	p := catalog.Program()
	p.Functions = append(p.Functions, function.Function{
		Name: "api/hog", Spec: hog.Spec, Bind: func() any { return endpoint.New(hog.Function{}) },
	})
	return p
}

// find is an endpoint that takes a query.
type find struct{}

func (find) Handle(context.Context, *struct {
	Status string `query:"status"`
},
) (*struct{}, error) {
	return nil, nil
}

// withFind is the router with that endpoint as well.
func withFind() program.Program {
	p := catalog.Program()
	p.Functions = append(p.Functions, function.Function{
		Name: "api/sample/find", Spec: fn.Endpoint{Route: "GET /api/sample", Access: fn.Public},
		Bind: func() any { return endpoint.New(find{}) },
	})
	return p
}
