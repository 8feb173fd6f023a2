package fn_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/shared/fn"
)

func ExampleChange() {
	lent := fn.Page{Route: "/sign-in", Access: fn.Public, Summary: "Sign in"} // signin.Spec
	spec := fn.Change(lent, func(s *fn.Page) { s.Route, s.Timeout = "/login", 5*time.Second })
	fmt.Println(spec.Route, spec.Summary, spec.Timeout)
	// Output: /login Sign in 5s
}

// A zero value is a change, too, and the lender's Spec stays as it is.
func TestChange(t *testing.T) {
	t.Parallel()
	lent := fn.Endpoint{Route: "GET /api/parcels", Access: fn.Public, ETag: true}
	before := lent
	got := fn.Change(lent, func(s *fn.Endpoint) {
		s.Access = fn.SignedIn
		s.ETag = false
	})
	if diff := cmp.Diff(fn.Endpoint{Route: "GET /api/parcels"}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(before, lent); diff != "" {
		t.Errorf("the lender's Spec has changed\n%s", diff)
	}
}
