package files_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"switchyard/internal/await"
	"switchyard/router/catalog"
	"switchyard/router/internal/routertest"
	"switchyard/router/internal/routertest/inboundtest"
)

// names are what the desk calls the events that may come from outside.
func names() inboundtest.Names {
	return inboundtest.Names{Unwanted: "file/unwanted", Disputed: "scanner/file.infected", Field: "fileId"}
}

func TestCloudEvents(t *testing.T) {
	t.Parallel()
	inboundtest.CloudEvents(t, catalog.Program(), names())
}

func TestCloudEventsAgain(t *testing.T) {
	t.Parallel()
	inboundtest.CloudEventsAgain(t, catalog.Program(), names())
}

func TestWebhooks(t *testing.T) {
	t.Parallel()
	inboundtest.Webhooks(t, catalog.Program(), names())
}

// From outside to the end: what a machine and a scanner say has its effect.
func TestTriggersTakeEffect(t *testing.T) {
	t.Parallel()
	env := append(routertest.Environment(t, routertest.StartInngest(t)), "WEBHOOKS=scanner="+inboundtest.Secret)
	r := routertest.Start(t, catalog.Program(), env)
	ada, bob := inboundtest.NewMachine(r, names(), "ada"), inboundtest.NewMachine(r, names(), "bob")
	upload := func(name string) string { return desk{ada.Router}.upload(name, "text/plain", []byte(name)).ID }
	unwanted, infected, kept := upload("unwanted.txt"), upload("infected.txt"), upload("kept.txt")
	one := map[string]string{"Content-Type": "application/cloudevents+json"}
	say := func(id string) string { return inboundtest.Structured("1", fmt.Sprintf(`,"data":{"fileId":%q}`, id)) }
	if got := bob.Publish(one, say(kept)); got.Status != 202 {
		t.Errorf("bob: %+v", got)
	}
	if got := ada.Publish(one, say(unwanted)); got.Status != 202 {
		t.Errorf("ada: %+v", got)
	}
	body := fmt.Sprintf(`{"type":"file.infected","timestamp":"2026-11-24T20:00:00Z","data":{"fileId":%q}}`, infected)
	if got := r.Post("/api/webhooks/scanner", inboundtest.Signed(t, inboundtest.Secret, "1", body, time.Now()), body); got.Status != 202 {
		t.Errorf("scanner: %+v", got)
	}
	for _, id := range []string{unwanted, infected} {
		await.That(t, "the file is deleted", func() bool { return ada.Call("GET", "/api/files/"+id, nil, nil) == http.StatusNotFound })
	}
	if status := ada.Call("GET", "/api/files/"+kept, nil, nil); status != http.StatusOK {
		t.Errorf("bob could delete ada's file: %d", status)
	}
}
