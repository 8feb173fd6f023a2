package files_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"testing"

	"switchyard/router/catalog"
	"switchyard/router/internal/routertest"
)

var update = flag.Bool("update", false, "rewrite openapi.json") //nolint:gochecknoglobals // go test's flags are global

// TestOpenAPI holds openapi.json against the functions, so that a change of
// the API shows in review.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	const golden = "openapi.json"
	d := routertest.Start(t, catalog.Program(), routertest.Environment(t, ""))
	var document any
	if status := d.Call(http.MethodGet, "/openapi.json", nil, &document); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	document.(map[string]any)["info"].(map[string]any)["version"] = "devel" // not the commit it was built from
	got, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile(golden, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is stale; run: go test ./router/tests/files -run TestOpenAPI -update", golden)
	}
}
