package jobs_test

import (
	"fmt"
	"strings"
	"testing"

	"switchyard/internal/await"
	"switchyard/internal/project"
	"switchyard/router/internal/routertest"
)

// TestTwoProducts has two routers on one PostgreSQL server and one Inngest server: the
// same jobs, the same events, an id each.
func TestTwoProducts(t *testing.T) {
	t.Parallel()
	inngest := routertest.StartInngest(t)
	var inShop, inOwn tally
	shop := routertest.Start(t, sampleWith(&inShop), append(routertest.Environment(t, inngest), "INNGEST_APP_ID=shop")).SignUp()
	own := routertest.Start(t, sampleWith(&inOwn), routertest.Environment(t, inngest)).SignUp()
	shop.ForgetsPassword("ada@example.com")
	own.ForgetsPassword("ada@example.com")
	for name, product := range map[string]*routertest.Router{"shop": shop, "own": own} {
		product.Mailed(1)
		if log := product.Log.String(); strings.Contains(log, `"level":"ERROR"`) {
			t.Errorf("%s said:\n%s", name, log)
		}
	}

	third := routertest.Start(t, sample(), append(routertest.Environment(t, inngest), "INNGEST_APP_ID=shop"))
	refusal := fmt.Sprintf(`the app \"shop\" at Inngest is that of another program, %s with another database`, project.Name())
	await.That(t, "a third one with the id of the first is refused", func() bool {
		return strings.Contains(third.Log.String(), refusal)
	})
	shop.ForgetsPassword("ada@example.com")
	shop.Mailed(2)
	await.That(t, "all mails are counted", func() bool { return inShop.mails() >= 2 && inOwn.mails() >= 1 })
	if inShop.mails() != 2 || inOwn.mails() != 1 {
		t.Errorf("%d mails of the shop were counted, want 2, and %d of the other, want 1", inShop.mails(), inOwn.mails())
	}
}
