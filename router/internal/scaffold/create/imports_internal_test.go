package create

import "testing"

func TestImports(t *testing.T) {
	t.Parallel()
	m := newImports("sw", "example.com/shop", "context", "github.com/inngest/inngestgo/step", "sw/shared/fn")
	m.nameAs("example.com/shop/functions/jobs/t", "t")            // what the test is called
	m.nameAs("example.com/shop/functions/jobs/my_mail", "mymail") // not as its folder
	const want = `import (
	"context"

	"github.com/inngest/inngestgo/step"

	"sw/shared/fn"

	mymail "example.com/shop/functions/jobs/my_mail"
	jobst "example.com/shop/functions/jobs/t"
)`
	if got := m.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
