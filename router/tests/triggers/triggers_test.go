package triggers_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"switchyard/internal/await"
	"switchyard/router/internal/routertest"
	"switchyard/router/internal/routertest/inboundtest"
)

func TestCloudEvents(t *testing.T) {
	t.Parallel()
	inboundtest.CloudEvents(t, shop(), names())
}

func TestCloudEventsAgain(t *testing.T) {
	t.Parallel()
	inboundtest.CloudEventsAgain(t, shop(), names())
}

func TestWebhooks(t *testing.T) {
	t.Parallel()
	inboundtest.Webhooks(t, shop(), names())
}

func TestWebhookFormats(t *testing.T) {
	t.Parallel()
	inboundtest.WebhookFormats(t, shop(), names())
}

// From outside to the end: jobs run on what a machine and a source of webhooks say.
func TestTriggersTakeEffect(t *testing.T) {
	t.Parallel()
	const order, other = "0194d4c2-5f6e-7c1a-9d53-0f6f4b1c2a3b", "0194d4c2-5f6e-7c1a-9d53-0f6f4b1c2a3c"
	env := append(routertest.Environment(t, routertest.StartInngest(t)), "WEBHOOKS=bank="+inboundtest.Secret)
	// In a process of its own: what functions log stands in the log of a process's last router.
	r, _ := routertest.StartProcess(t, "", env)
	ada := inboundtest.NewMachine(r, names(), "ada")
	one := map[string]string{"Content-Type": "application/cloudevents+json"}
	if got := ada.Publish(one, inboundtest.Structured("1", fmt.Sprintf(`,"data":{"orderId":%q}`, order))); got.Status != 202 {
		t.Errorf("ada: %+v", got)
	}
	body := fmt.Sprintf(`{"type":"order.disputed","timestamp":"2026-11-24T20:00:00Z","data":{"orderId":%q}}`, other)
	if got := r.Post("/api/webhooks/bank", inboundtest.Signed(t, inboundtest.Secret, "1", body, time.Now()), body); got.Status != 202 {
		t.Errorf("the bank: %+v", got)
	}
	for _, want := range []string{
		fmt.Sprintf(`"msg":"cancel","order":%q,"sender":%q`, order, ada.User),
		fmt.Sprintf(`"msg":"refund","order":%q`, other),
	} {
		await.That(t, "a job says "+want, func() bool { return strings.Contains(r.Log.String(), want) })
	}
}
