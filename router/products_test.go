package main

import (
	"strings"
	"testing"
)

// TestTwoProducts has two file desks on one PostgreSQL server and one Inngest server: the
// same jobs, the same events, an id each.
func TestTwoProducts(t *testing.T) {
	t.Parallel()
	inngest := startInngest(t)
	shop := startDesk(t, append(environment(t, inngest), "INNGEST_APP_ID=shop")).signUp()
	own := startDesk(t, environment(t, inngest)).signUp()
	for _, product := range []*desk{shop, own} {
		f := product.upload("photo.jpg", "image/jpeg", jpegPhoto(t, 300, 200))
		if got := product.settled(f.ID); got.Status != "ready" || !got.Thumbnail {
			t.Errorf("a file: %+v", got)
		}
	}
	for name, product := range map[string]*desk{"shop": shop, "own": own} {
		log := product.log.String()
		if n := strings.Count(log, `"function":"jobs/files/process"`); n == 0 || strings.Contains(log, `"level":"ERROR"`) || strings.Contains(log, "no such file") {
			t.Errorf("%s: a job of its own ran in %d calls:\n%s", name, n, log)
		}
	}

	third := startDesk(t, append(environment(t, inngest), "INNGEST_APP_ID=shop"))
	eventually(t, "a third one with the id of the first is refused", func() bool {
		return strings.Contains(third.log.String(), `the app \"shop\" at Inngest is that of another program, switchyard with another database`)
	})
	f := shop.upload("again.jpg", "image/jpeg", jpegPhoto(t, 300, 200))
	if got := shop.settled(f.ID); got.Status != "ready" {
		t.Errorf("a file of the first: %+v", got)
	}
}
