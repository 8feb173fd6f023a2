package contract_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"switchyard/bench/product/contract"
)

// A server that agrees to everything is told what it should have refused.
func TestCheck(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"ok":true}`))
	}))
	t.Cleanup(server.Close)
	item := contract.Item{ID: "01900000-0000-7000-8000-000000000001", Name: "<b>"}
	two := []contract.Item{item, item}
	err := contract.Check(t.Context(), server.URL, contract.Data{Newest: two, Mine: two})
	if err == nil {
		t.Fatal("all is well")
	}
	for _, want := range []string{
		"echo: answered", "echo: negative price: POST /api/echo answered 200 in place of [400 422]", "echo: a long body",
		"row: answered", "row: none", "list: nobody", "list: a forged signature", "page: has 0 rows in place of 2",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("nothing is said of %q in\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "ping") || strings.Contains(err.Error(), "changes nothing") {
		t.Errorf("what is right is called wrong:\n%v", err)
	}
}
