// Package mailer sends mail: over SMTP, or into a file that tests and developers
// read.
package mailer

import (
	"context"

	"switchyard/shared/config"
	"switchyard/shared/mail"
)

// Mailer sends mail. It is safe for concurrent use.
type Mailer struct{ config config.Mail }

// Open returns the mailer that c describes. It makes no connection yet.
func Open(_ context.Context, c config.Mail) (*Mailer, error) { return &Mailer{config: c}, nil }

// Send sends m, or returns why it could not be sent: fault.Permanent if it never
// can.
func (m *Mailer) Send(ctx context.Context, message mail.Message) error { panic("not built yet") }
