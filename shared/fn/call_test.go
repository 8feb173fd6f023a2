package fn_test

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/shared/fn"
)

func TestNameOf(t *testing.T) {
	t.Parallel()
	var c fn.Call
	ctx := fn.WithCall(t.Context(), &c)
	if got := fn.NameOf(ctx); got != "" || fn.CallOf(ctx) != nil {
		t.Errorf("before the call begins: %q", got)
	}
	c.Begin(&fn.Callee{Name: "api/hello"})
	if got := fn.NameOf(ctx); got != "api/hello" || fn.CallOf(ctx) != &c {
		t.Errorf("NameOf = %q", got)
	}
	if got := fn.NameOf(t.Context()); got != "" {
		t.Errorf("outside of a call: %q", got)
	}
}

type thing struct {
	name string
	once sync.Once
}

func (o *thing) Abandon() (what string) {
	o.once.Do(func() { what = o.name })
	return what
}

func TestCallEnds(t *testing.T) {
	t.Parallel()
	var c fn.Call
	closed, left, raced := &thing{name: "closed"}, &thing{name: "left"}, &thing{name: "raced"}
	for _, o := range []*thing{closed, left, raced} {
		if !c.Opens(o) {
			t.Fatalf("%s: the call has ended", o.name)
		}
	}
	c.Closes(closed)
	raced.Abandon() // closed while the call ends
	if diff := cmp.Diff([]string{"left"}, c.End()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if again := c.End(); again != nil {
		t.Errorf("ended twice: %q", again)
	}
	if c.Opens(&thing{}) {
		t.Error("a call that has ended opens something")
	}
}
