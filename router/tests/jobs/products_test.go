package jobs_test

import (
	"fmt"
	"strings"
	"testing"

	"switchyard/internal/project"
	"switchyard/router/internal/routertest"
)

// TestTwoProducts has two routers on one PostgreSQL server and one Inngest server: the
// same jobs, the same events, an id each.
func TestTwoProducts(t *testing.T) {
	t.Parallel()
	inngest := routertest.StartInngest(t)
	shop := routertest.Start(t, sample(), append(routertest.Environment(t, inngest), "INNGEST_APP_ID=shop")).SignUp()
	own := routertest.Start(t, sample(), routertest.Environment(t, inngest)).SignUp()
	products := map[string]*routertest.Router{"shop": shop, "own": own}
	for _, product := range products {
		product.ForgetsPassword("ada@example.com")
	}
	for name, product := range products {
		product.Mailed(1)
		counted(t, 1, product.Log)
		if log := product.Log.String(); strings.Contains(log, `"level":"ERROR"`) {
			t.Errorf("%s said:\n%s", name, log)
		}
	}

	third := routertest.Start(t, sample(), append(routertest.Environment(t, inngest), "INNGEST_APP_ID=shop"))
	refusal := fmt.Sprintf(`the app \"shop\" at Inngest is that of another program, %s with another database`, project.Name())
	routertest.Eventually(t, "a third one with the id of the first is refused", func() bool {
		return strings.Contains(third.Log.String(), refusal)
	})
	shop.ForgetsPassword("ada@example.com")
	shop.Mailed(2)
	counted(t, 2, shop.Log)
	if counts := strings.Count(own.Log.String(), `"msg":"counted"`); counts != 1 {
		t.Errorf("a job ran %d times for a mail of its own and two of another product", counts)
	}
}
