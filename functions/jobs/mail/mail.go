// Package mail sends queued mail.
package mail

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/inngest/inngestgo/step"

	"switchyard/shared/fault"
	"switchyard/shared/fn"
	"switchyard/shared/mail"
	"switchyard/shared/mailer"
)

var Spec = fn.Job{
	Events:      []string{mail.EventQueued},
	Summary:     "Send a queued mail",
	Timeout:     2 * time.Minute, // the mailer gives up before
	Retries:     20,              // for a day, which is how long the links in mails work at most
	Concurrency: fn.Concurrency{Limit: 5},
}

// Function sends mail.
type Function struct {
	Mail   *mail.Queue
	Mailer *mailer.Mailer
}

// Output is how it ended.
type Output struct {
	Sent bool `json:"sent"` // false if it was sent before, or if its time had passed
}

// Handle sends the mail and removes it from the queue. If it gives up, the mail
// stays there until its time has passed, and is not tried again.
func (f Function) Handle(ctx context.Context, in *mail.Queued) (*Output, error) {
	out, err := step.Run(ctx, "send", func(ctx context.Context) (Output, error) { return f.Send(ctx, in.MailID) })
	if err != nil {
		return nil, err
	}
	// A step of its own: a database that fails now must not make it be sent again.
	_, err = step.Run(ctx, "remove", func(ctx context.Context) (Output, error) { return out, f.Mail.Done(ctx, in.MailID) })
	return &out, err
}

// Send sends the mail if it waits.
func (f Function) Send(ctx context.Context, id uuid.UUID) (Output, error) {
	m, err := f.Mail.Get(ctx, id)
	if fault.Is(err, fault.NotFound) {
		return Output{}, nil
	}
	if err != nil {
		return Output{}, err
	}
	if err := f.Mailer.Send(ctx, m); err != nil {
		return Output{}, err
	}
	return Output{Sent: true}, nil
}
