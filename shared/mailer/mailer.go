// Package mailer sends mail: over SMTP, or into a file that tests and developers
// read.
package mailer

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"unicode"

	"switchyard/shared/config"
	"switchyard/shared/fault"
	queue "switchyard/shared/mail"
)

// Mailer sends mail. It is safe for concurrent use.
type Mailer struct {
	file   string  // where mail goes in place of a server; "" for a server
	server *server // nil if mail is off
	from   *mail.Address
	roots  *x509.CertPool // who vouches for the server; nil for those of the system
}

// Open returns the mailer that c describes. It makes no connection yet. Its errors
// never repeat what c says.
func Open(_ context.Context, c config.Mail) (*Mailer, error) {
	if c.Sink == "file" {
		return &Mailer{file: c.File}, nil
	}
	if !c.Enabled() {
		return &Mailer{}, nil
	}
	s, err := c.Server()
	if err != nil {
		return nil, fmt.Errorf("SMTP_URL %w", err)
	}
	from, err := mail.ParseAddress(c.From)
	if err != nil {
		return nil, errors.New("MAIL_FROM is malformed")
	}
	return &Mailer{server: &server{s}, from: from}, nil
}

// Send sends message. The error is a fault.Permanent if it can never be sent. With a server, Send
// takes a minute and a half at most, or until ctx ends. Errors name the message by its id, and
// repeat neither its text nor its recipient.
//
// After an error the server may have taken the mail all the same. If the message is then sent
// once more, the mail has the same Message-ID.
func (m *Mailer) Send(ctx context.Context, message queue.Message) error {
	if err := m.send(ctx, message); err != nil {
		return fmt.Errorf("mailer: send mail %s: %w", message.ID, err)
	}
	return nil
}

func (m *Mailer) send(ctx context.Context, message queue.Message) error {
	if err := check(message); err != nil {
		return fault.Permanent(err)
	}
	switch {
	case m.file != "":
		return appendTo(m.file, message)
	case m.server == nil:
		return fault.Permanent(errors.New("mail is off: set SMTP_URL and MAIL_FROM, or MAIL_SINK=file"))
	}
	letter, err := m.compose(message)
	if err != nil {
		return fault.Permanent(err)
	}
	return m.server.send(ctx, letter, m.roots)
}

// check returns an error unless m can stand in a mail's header.
func check(m queue.Message) error {
	to, err := mail.ParseAddress(m.To)
	switch {
	case err != nil || to.Address != m.To:
		return errors.New("the recipient is not an address alone")
	case strings.ContainsFunc(m.To+m.Subject, unicode.IsControl):
		return errors.New("the recipient or the subject has control characters")
	}
	return nil
}
