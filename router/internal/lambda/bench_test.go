package lambda_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/akrylysov/algnhsa"

	"switchyard/router/internal/lambda"
)

// BenchmarkInvoke compares an event here with the same in algnhsa alone. A whole
// Lambda of either is compared in bench/lambda.
func BenchmarkInvoke(b *testing.B) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"message":"hello"}`)
	})
	host, bare := lambda.New(lambda.Config{HTTP: h}), algnhsa.New(h, nil)
	for _, size := range []int{0, 1 << 20} {
		for _, f := range fronts() {
			event := f.event(&testing.T{}, request{method: "POST", target: "/a?b=c", body: strings.Repeat("x", size)})
			b.Run(fmt.Sprintf("%s/%d", f.name, size), func(b *testing.B) {
				for b.Loop() {
					if _, err := host.Invoke(b.Context(), event); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run(fmt.Sprintf("%s/%d/algnhsa", f.name, size), func(b *testing.B) {
				for b.Loop() {
					_, _ = bare.Invoke(b.Context(), event) // of ALB without multi-value headers it has none
				}
			})
		}
	}
}
