package files_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"switchyard/internal/await"
	"switchyard/router/catalog"
	"switchyard/router/internal/routertest"
	"switchyard/shared/files/hooks/hookstest"
)

// page sends a form to a page, or opens it if there is none, and returns what it shows.
func (d desk) page(path string, form url.Values) string {
	d.T.Helper()
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	resp := d.Ask(method, path, form.Encode(), "Content-Type: application/x-www-form-urlencoded", "Origin: "+d.URL)
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		d.T.Fatalf("%s: %d, %v: %s", path, resp.StatusCode, err, body)
	}
	return string(body)
}

// TestWebhook has a receiver told that a file is ready, and then that it is gone. It is down
// at first.
func TestWebhook(t *testing.T) {
	t.Parallel()
	receiver := hookstest.Receive(t, func(n int, w http.ResponseWriter) {
		if n < 2 {
			http.Error(w, "out for <b>lunch</b>", http.StatusServiceUnavailable)
		}
	})
	env := append(routertest.Environment(t, routertest.StartInngest(t)), "OUTGOING_ALLOWED=127.0.0.0/8", "WEBHOOK_RETRIES=1s,1s,1s")
	d := desk{routertest.Start(t, catalog.Program(), env).SignUp()}
	made := d.page("/webhooks", url.Values{"url": {receiver.URL}})
	secret := regexp.MustCompile(`<code>(whsec_[^<]+)</code>`).FindStringSubmatch(made)
	path := regexp.MustCompile(`href="(/webhooks/[^"]+)"`).FindStringSubmatch(made)
	if secret == nil || path == nil {
		t.Fatal(made)
	}
	file := d.upload("<note>.txt", "text/plain", []byte("hello"))
	await.That(t, "the webhook is delivered", func() bool { return strings.Contains(d.page(path[1], nil), ">delivered<") })
	got := receiver.Received()
	if len(got) != 3 {
		t.Fatalf("%d attempts", len(got))
	}
	for _, w := range got {
		w.Verify(t, secret[1])
		if a, b := w.Header.Get("webhook-id"), got[0].Header.Get("webhook-id"); a != b {
			t.Errorf("the id was %s, and is %s", b, a)
		}
	}
	var told struct {
		Type string
		Data struct{ ID, Name, Status, SHA256, OwnerID, Key string }
	}
	if err := json.Unmarshal(got[2].Body, &told); err != nil || told.Type != "file.ready" || told.Data.ID != file.ID || told.Data.Name != "<note>.txt" || told.Data.SHA256 == "" || told.Data.OwnerID+told.Data.Key != "" {
		t.Errorf("%v: %s", err, got[2].Body)
	}
	log := d.page(path[1], nil)
	for _, want := range []string{"3 attempts, the last answered 200", "answered 503", "out for &lt;b&gt;lunch"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log has no %q: %s", want, log)
		}
	}
	if status := d.Call("DELETE", "/api/files/"+file.ID, nil, nil); status != http.StatusNoContent {
		t.Fatalf("delete: %d", status)
	}
	await.That(t, "the receiver is told of the deletion", func() bool {
		all := receiver.Received()
		return len(all) == 4 && strings.Contains(string(all[3].Body), `"type":"file.deleted"`)
	})
	if strings.Contains(d.Log.String(), receiver.URL) || strings.Contains(d.Log.String(), secret[1]) {
		t.Error("the log has the URL or the secret of the webhook")
	}
}
