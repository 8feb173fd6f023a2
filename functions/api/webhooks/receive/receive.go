// Package receive takes Standard Webhooks (https://www.standardwebhooks.com) from
// the sources that are configured.
package receive

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"switchyard/shared/config"
	"switchyard/shared/events/door"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// Spec is what the hosts know of it.
var Spec = fn.Endpoint{
	Route:     "POST /api/webhooks/{source}",
	Summary:   "Take a Standard Webhook",
	Access:    fn.Public, // the signature says who sends
	AnyOrigin: true,      // wherever it is sent from
	Logged:    []string{"source"},
	Status:    http.StatusAccepted,
	Timeout:   10 * time.Second,
}

// Function lets webhooks in.
type Function struct {
	Door     *door.Door
	Webhooks config.Webhooks
}

// Input is a webhook as it was signed.
type Input struct {
	Source    string `path:"source" maxLength:"63" doc:"Who sends: a name in WEBHOOKS"`
	ID        string `header:"webhook-id" doc:"Names the webhook: the same again is the same event"`
	Timestamp string `header:"webhook-timestamp" doc:"When it was sent, in seconds since 1970"`
	Signature string `header:"webhook-signature" doc:"By one of the source's secrets: v1,…"`
	RawBody   []byte `contentType:"application/json"`
}

// Output says whether it was taken.
type Output struct {
	Status int // 202; 204 if the event is of no interest here
}

// payload is the body of a Standard Webhook.
type payload struct {
	Type      string          `json:"type"`
	Timestamp time.Time       `json:"timestamp"`
	Data      json.RawMessage `json:"data"`
}

// Handle puts what the webhook tells into the outbox, as the event source/type. It
// fails with fault.NotFound if there is no such source, or if it was not signed with
// one of its secrets; with fault.Invalid if it is too old, or not what the event's
// type wants.
func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	if err := verify(in, f.Webhooks.Sources[in.Source]); err != nil {
		return nil, err
	}
	var p payload
	if err := json.Unmarshal(in.RawBody, &p); err != nil || p.Type == "" {
		return nil, fault.New(fault.Invalid, "This is no Standard Webhook.").
			In(fault.Issue{Location: "body", Message: "expected an object with a type, a timestamp and data"}).Because(err)
	}
	taken, err := f.Door.Webhook(ctx, in.Source, door.Message{
		Source: in.Source, ID: in.ID, Name: p.Type, Time: p.Timestamp, Data: p.Data, At: "body.type", DataAt: "body.data",
	})
	switch {
	case err != nil:
		return nil, err
	case !taken:
		return &Output{Status: http.StatusNoContent}, nil
	}
	return &Output{Status: http.StatusAccepted}, nil
}

// tolerance is how far the clocks may be apart, and how long a webhook can be
// replayed; its id is remembered for longer.
const tolerance = 5 * time.Minute

// decoy is a secret that nothing is signed with.
const decoy = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

// verify fails unless in was signed with one of the secrets, lately. Who has none of
// them cannot tell from the answer, nor from the time it takes, whether the source
// exists.
func verify(in *Input, secrets []config.Secret) error {
	known := len(secrets) > 0
	if !known {
		secrets = []config.Secret{decoy}
	}
	header := http.Header{}
	header.Set(standardwebhooks.HeaderWebhookID, in.ID)
	header.Set(standardwebhooks.HeaderWebhookTimestamp, in.Timestamp)
	header.Set(standardwebhooks.HeaderWebhookSignature, in.Signature)
	signed := false
	var cause error
	for _, s := range secrets {
		hook, err := standardwebhooks.NewWebhook(s.Reveal())
		if err == nil {
			err = hook.VerifyIgnoringTimestamp(in.RawBody, header)
		}
		signed = signed || err == nil
		cause = err
	}
	if !known || !signed {
		return fault.New(fault.NotFound, "There is no such source, or none of its secrets signed this.").Because(cause)
	}
	seconds, err := strconv.ParseInt(in.Timestamp, 10, 64)
	if age := time.Since(time.Unix(seconds, 0)).Abs(); err != nil || age > tolerance {
		return fault.New(fault.Invalid, "This webhook was signed more than 5 minutes ago, or the sender's clock is wrong.").
			In(fault.Issue{Location: "header.webhook-timestamp", Message: "is not within 5 minutes of now"})
	}
	return nil
}
