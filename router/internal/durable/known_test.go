package durable_test

import (
	"fmt"
	"testing"
	"time"

	"switchyard/router/internal/durable"
)

func TestKnown(t *testing.T) {
	t.Parallel()
	r := durable.NewKnown(time.Hour, 10)
	for n := range 25 {
		if !r.Add(fmt.Sprint(n), "seen") {
			t.Fatalf("%d was known", n)
		}
	}
	if r.Get("24") != "seen" || r.Get("15") != "seen" || r.Add("15", "again") {
		t.Error("it has forgotten one of the last")
	}
	for n := range 10 {
		if r.Get(fmt.Sprint(n)) != "" {
			t.Errorf("it remembers %d, which was too long ago", n)
		}
	}
	aged := durable.NewKnown(0, 10)
	for _, key := range []string{"a", "b", "c"} {
		aged.Add(key, "seen")
	}
	if aged.Get("a") != "" || aged.Get("c") != "seen" {
		t.Error("it does not forget by age")
	}
}
