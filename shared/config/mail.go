package config

import (
	"errors"
	"net/mail"
	"net/url"
	"strconv"
)

// Mail is how mail is sent. Without SMTP_URL and MAIL_SINK it is off, and so is
// what needs it.
type Mail struct {
	SMTP Secret `env:"SMTP_URL" use:"the mail server: smtp://user:password@host:587, or smtps:// for TLS from the start; mail is off without it"`
	From string `env:"MAIL_FROM" use:"who mail comes from: Orders <orders@example.com>; needed with SMTP_URL"`
	Sink string `env:"MAIL_SINK" default:"smtp" use:"smtp, or file: write mail to MAIL_FILE and send none"`
	File string `env:"MAIL_FILE" default:"mail.jsonl" use:"the file that MAIL_SINK=file appends to, one JSON object a line"`
}

// Check implements [Checker].
func (m Mail) Check(report func(name, problem string)) {
	checkOneOf(report, "MAIL_SINK", m.Sink, "smtp", "file")
	if m.SMTP != "" {
		if _, err := m.Server(); err != nil {
			report("SMTP_URL", err.Error())
		}
	}
	if m.From != "" {
		if _, err := mail.ParseAddress(m.From); err != nil {
			report("MAIL_FROM", "is malformed: want an address such as Orders <orders@example.com>")
		}
	} else if m.SMTP != "" && m.Sink != "file" {
		report("MAIL_FROM", "is not set")
	}
}

// Enabled reports whether mail can be sent.
func (m Mail) Enabled() bool { return m.SMTP != "" || m.Sink == "file" }

// SMTPServer is a mail server and how to sign in there.
type SMTPServer struct {
	Host        string
	Port        int
	ImplicitTLS bool
	User        string // "" to send without signing in
	Password    Secret
}

// Server returns the mail server that SMTP_URL describes, by default at the port
// for submission (RFC 8314). The error says what is wrong with the variable, and
// never repeats it.
func (m Mail) Server() (SMTPServer, error) {
	malformed := errors.New("is malformed: want smtp://user:password@host:587, or smtps:// for TLS from the start")
	u, err := url.Parse(m.SMTP.Reveal())
	if err != nil || u.Hostname() == "" {
		return SMTPServer{}, malformed
	}
	password, _ := u.User.Password()
	s := SMTPServer{Host: u.Hostname(), User: u.User.Username(), Password: Secret(password)}
	switch u.Scheme {
	case "smtp":
		s.Port = 587
	case "smtps":
		s.Port, s.ImplicitTLS = 465, true
	default:
		return SMTPServer{}, malformed
	}
	if u.Port() != "" {
		if s.Port, err = strconv.Atoi(u.Port()); err != nil || s.Port < 1 || s.Port > 65535 {
			return SMTPServer{}, malformed
		}
	}
	return s, nil
}
