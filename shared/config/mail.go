package config

import (
	"net/mail"
	"net/url"
)

// Mail is how mail is sent. Without SMTP_URL and MAIL_SINK it is off, and so is
// what needs it.
type Mail struct {
	SMTP Secret `env:"SMTP_URL" use:"the mail server: smtp://user:password@host:587, or smtps:// for TLS from the start; mail is off without it"`
	From string `env:"MAIL_FROM" use:"who mail comes from: Desk <desk@example.com>; needed with SMTP_URL"`
	Sink string `env:"MAIL_SINK" default:"smtp" use:"smtp, or file: write mail to MAIL_FILE and send none"`
	File string `env:"MAIL_FILE" default:"mail.jsonl" use:"the file that MAIL_SINK=file appends to, one JSON object a line"`
}

// Check implements [Checker].
func (m Mail) Check(report func(name, problem string)) {
	checkOneOf(report, "MAIL_SINK", m.Sink, "smtp", "file")
	if m.SMTP != "" {
		u, err := url.Parse(m.SMTP.Reveal())
		if err != nil || u.Hostname() == "" || (u.Scheme != "smtp" && u.Scheme != "smtps") {
			report("SMTP_URL", "is malformed: want smtp://user:password@host:587, or smtps:// for TLS from the start")
		}
	}
	if m.From != "" {
		if _, err := mail.ParseAddress(m.From); err != nil {
			report("MAIL_FROM", "is malformed: want an address such as Desk <desk@example.com>")
		}
	} else if m.SMTP != "" && m.Sink == "smtp" {
		report("MAIL_FROM", "is not set")
	}
}

// Enabled reports whether mail can be sent.
func (m Mail) Enabled() bool { return m.SMTP != "" || m.Sink == "file" }
