package uses

import (
	"fmt"
	"testing"
	"time"

	"os"
	"switchyard/internal/schema"
	"switchyard/router/internal/generate/expression"
	"switchyard/router/internal/generate/function"
	"switchyard/router/internal/generate/source"
	"switchyard/router/internal/generate/wiring"
)

func TestProbe(t *testing.T) {
	m, err := source.Open("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	folders, shared, err := m.Scan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Load(t.Context(), folders, shared); err != nil {
		t.Fatal(err)
	}
	functions := function.Find(m, folders, expression.Judge)
	w := wiring.FindServices(m, shared).Wire(functions, nil, false)
	text, _ := os.ReadFile("../../../catalog/schema_gen.hcl")
	start := time.Now()
	f, err := Find(t.Context(), m, w, schema.Source(text))
	fmt.Println(time.Since(start), err)
	s, _ := f.JSON()
	fmt.Println(s)
	for _, p := range f.Unknown {
		fmt.Println(p)
	}
}
