// Package mailertest gives tests a real mail server.
package mailertest

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/mail"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"switchyard/internal/stack"
)

// Options say what a server is like. The zero value takes every mail from everybody.
type Options struct {
	Port           int         // defaults to one that stays free for another server when this one is stopped
	User, Password string      // if they are set, who sends has to sign in
	TLS            *tls.Config // if it is set, the server offers STARTTLS
	ImplicitTLS    bool        // there is no other way to talk to it than by TLS

	// From, To and Data may refuse a sender, a recipient, or a mail, with a *smtp.SMTPError.
	// If nil, they accept every one.
	From, To, Data func(string) error
}

// Server is a mail server that keeps what it gets.
type Server struct {
	Port int

	options Options
	smtp    *smtp.Server
	listen  net.Listener
	done    chan struct{}

	mu       sync.Mutex
	received []Mail
}

// Mail is one that the server took.
type Mail struct {
	From, To string // of the envelope
	TLS      bool   // whether it came over TLS
	User     string // who had signed in
	Raw      string
}

// Start returns a server that runs until the test ends.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	if o.Port == 0 {
		port, err := stack.FreePort()
		if err != nil {
			t.Fatal(err)
		}
		o.Port = port
	}
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(o.Port))) //nolint:noctx // local and at once
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Port: o.Port, options: o, done: make(chan struct{})}
	s.smtp = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{server: s, conn: c}, nil
	}))
	s.smtp.Domain, s.smtp.AllowInsecureAuth = "mail.test", true
	s.smtp.ReadTimeout, s.smtp.WriteTimeout = time.Minute, time.Minute
	s.smtp.ErrorLog = silence{} // a client that goes away is no news
	switch {
	case o.ImplicitTLS:
		l = tls.NewListener(l, o.TLS)
	case o.TLS != nil:
		s.smtp.TLSConfig = o.TLS
	}
	s.listen = l
	go func() {
		defer close(s.done)
		_ = s.smtp.Serve(l) // ends with Close
	}()
	t.Cleanup(s.Stop)
	return s
}

// Stop stops the server. It may be called more than once.
func (s *Server) Stop() {
	_ = s.listen.Close() // in case that it has not begun to serve
	_ = s.smtp.Close()
	<-s.done
}

// URL returns the SMTP_URL of the server, without a user.
func (s *Server) URL() string {
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port))
	if s.options.ImplicitTLS {
		return "smtps://" + address
	}
	return "smtp://" + address
}

// Received returns the mails that the server took so far.
func (s *Server) Received() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.received...)
}

// Header returns the mail's header.
func (m Mail) Header(t testing.TB) mail.Header {
	t.Helper()
	parsed, err := mail.ReadMessage(bytes.NewReader([]byte(m.Raw)))
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Header
}

// session is one connection to the server.
type session struct {
	server *Server
	conn   *smtp.Conn
	mail   Mail
}

func (s *session) AuthMechanisms() []string {
	if s.server.options.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.server.options.User || password != s.server.options.Password {
			return smtp.ErrAuthFailed
		}
		s.mail.User = user
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.mail.User != s.server.options.User {
		return smtp.ErrAuthRequired
	}
	s.mail.From = from
	return ask(s.server.options.From, from)
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.To = to
	return ask(s.server.options.To, to)
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := ask(s.server.options.Data, string(raw)); err != nil {
		return err
	}
	s.mail.Raw = string(raw)
	_, s.mail.TLS = s.conn.TLSConnectionState()
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.received = append(s.server.received, s.mail)
	return nil
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

func ask(opinion func(string) error, of string) error {
	if opinion == nil {
		return nil
	}
	return opinion(of)
}

// silence is a log that nobody reads.
type silence struct{}

func (silence) Printf(string, ...any) {}
func (silence) Println(...any)        {}
