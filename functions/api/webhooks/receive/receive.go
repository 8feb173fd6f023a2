// Package receive takes webhooks from the sources that are configured: Standard Webhooks
// (https://www.standardwebhooks.com), and those of Svix, GitHub and Stripe.
package receive

import (
	"context"
	"net/http"
	"time"

	"switchyard/functions/api/webhooks/receive/internal/webhook"
	"switchyard/shared/config"
	"switchyard/shared/events/inbound"
	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{
	Route:     "POST /api/webhooks/{source}",
	Summary:   "Take a webhook",
	Access:    fn.Public, // the signature says who sends
	AnyOrigin: true,      // wherever it is sent from
	Logged:    []string{"source"},
	Status:    http.StatusAccepted,
	Timeout:   10 * time.Second,
}

// Function lets webhooks in.
type Function struct {
	Inbound  *inbound.Receiver
	Webhooks config.Webhooks
}

// Input is a webhook as it was signed, with the headers of its source's format.
type Input struct {
	Source          string `path:"source" maxLength:"63" doc:"Who sends: a name in WEBHOOKS"`
	ID              string `header:"webhook-id" maxLength:"1024" doc:"Standard Webhooks: names the webhook; the same again is the same event"`
	Timestamp       string `header:"webhook-timestamp" maxLength:"20" doc:"Standard Webhooks: when it was sent, in seconds since 1970"`
	Signature       string `header:"webhook-signature" maxLength:"2048" doc:"Standard Webhooks: by one of the source's secrets: v1,… or v1a,…; several with spaces between them"`
	SvixID          string `header:"svix-id" maxLength:"1024" doc:"webhook-id, as Svix calls it"`
	SvixTimestamp   string `header:"svix-timestamp" maxLength:"20" doc:"webhook-timestamp, as Svix calls it"`
	SvixSignature   string `header:"svix-signature" maxLength:"2048" doc:"webhook-signature, as Svix calls it"`
	GitHubID        string `header:"X-GitHub-Delivery" maxLength:"1024" doc:"GitHub: names the webhook; the same again is the same event"`
	GitHubEvent     string `header:"X-GitHub-Event" maxLength:"256" doc:"GitHub: what has happened"`
	GitHubSignature string `header:"X-Hub-Signature-256" maxLength:"128" doc:"GitHub: by one of the source's secrets: sha256=…"`
	StripeSignature string `header:"Stripe-Signature" maxLength:"2048" doc:"Stripe: when it was sent, and by one of the source's secrets: t=…,v1=…"`
	RawBody         []byte `contentType:"application/json"`
}

// Output says whether it was taken.
type Output struct {
	Status int // 202; 204 if the event is of no interest here
}

// Handle puts what the webhook tells into the outbox, as the event source/type. It
// fails with fault.NotFound if there is no such source, or if it was not signed with
// one of its secrets; with fault.Invalid if it lacks a header, is too old, or not what
// the event's type wants.
func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	m, err := webhook.Open(f.Webhooks.Sources[in.Source], webhook.Request{Headers: in.headers(), Body: in.RawBody})
	if err != nil {
		return nil, err
	}
	for _, m.Name = range m.Types {
		taken, err := f.Inbound.Webhook(ctx, in.Source, m.Message)
		if err != nil {
			return nil, err
		}
		if taken {
			return &Output{Status: http.StatusAccepted}, nil
		}
	}
	return &Output{Status: http.StatusNoContent}, nil
}

// headers returns the headers by their names.
func (in *Input) headers() map[string]string {
	return map[string]string{
		"webhook-id": in.ID, "webhook-timestamp": in.Timestamp, "webhook-signature": in.Signature,
		"svix-id": in.SvixID, "svix-timestamp": in.SvixTimestamp, "svix-signature": in.SvixSignature,
		"X-GitHub-Delivery": in.GitHubID, "X-GitHub-Event": in.GitHubEvent, "X-Hub-Signature-256": in.GitHubSignature,
		"Stripe-Signature": in.StripeSignature,
	}
}
