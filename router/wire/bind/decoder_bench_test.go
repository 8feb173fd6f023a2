package bind_test

import (
	"testing"

	"switchyard/router/wire/bind"
	"switchyard/shared/ijson"
)

// How long it takes to read the model's body: by its binding, and by package ijson, which
// decodes it twice where it is bound by reflection. Compare both of one run.
func BenchmarkRead(b *testing.B) {
	r, body := newOrder(orderText)
	b.Run("compiled", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			body.Reset(orderText)
			if !bind.Accept(r, 1000, readOrder, new(orderInput)) {
				b.Fatal("not accepted")
			}
		}
	})
	b.Run("ijson", func(b *testing.B) {
		b.ReportAllocs()
		text := []byte(orderText)
		for b.Loop() {
			if err := ijson.Unmarshal(text, new(orderBody)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
