package mailer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"switchyard/shared/config"
	"switchyard/shared/fault"
	queue "switchyard/shared/mail"
)

// timeout bounds each of: reaching the server, signing in there, sending.
const timeout = 30 * time.Second

// server is a mail server that mail is sent to.
type server struct{ config.SMTPServer }

// compose returns the mail as the server gets it.
func (m *Mailer) compose(message queue.Message) (*mail.Msg, error) {
	letter := mail.NewMsg(mail.WithNoDefaultUserAgent())
	letter.FromMailAddress(m.from)
	if err := letter.To(message.To); err != nil {
		return nil, errors.New("the recipient is not an address")
	}
	letter.Subject(message.Subject)
	letter.SetMessageIDWithValue(message.ID.String() + "@" + domain(m.from.Address))
	letter.SetDate()
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no replies from the absent
	letter.SetBodyString(mail.TypeTextPlain, message.Text)
	letter.AddAlternativeString(mail.TypeTextHTML, message.HTML)
	return letter, nil
}

func domain(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

// send hands letter to the server. A server that is vouched for by roots is
// trusted.
func (s *server) send(ctx context.Context, letter *mail.Msg, roots *x509.CertPool) error {
	from, err := letter.GetSender(false)
	if err != nil {
		return err
	}
	// The client closes no connection over which it could not sign in, and heeds
	// ctx only until there is one.
	ctx, hangUp := context.WithCancel(ctx)
	defer hangUp()
	client, err := s.client(ctx, domain(strings.Trim(from, "<>")), roots)
	if err != nil {
		return err
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return unreached(ctx, err)
	}
	err = client.SendWithSMTPClient(session, letter)
	if letter.IsDelivered() { // whatever came after that
		_ = client.CloseWithSMTPClient(session)
		return nil
	}
	return refused(ctx, err)
}

// client returns a client for one mail, which introduces itself as name. Its
// connection is closed when ctx ends.
func (s *server) client(ctx context.Context, name string, roots *x509.CertPool) (*mail.Client, error) {
	security := &tls.Config{ServerName: s.Host, MinVersion: tls.VersionTLS12, RootCAs: roots}
	policy := mail.TLSOpportunistic
	if s.User != "" && !isLoopback(s.Host) {
		policy = mail.TLSMandatory
	}
	dial := func(dialing context.Context, network, address string) (net.Conn, error) {
		var d net.Dialer
		conn, err := d.DialContext(dialing, network, address)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, func() { _ = conn.Close() })
		if !s.ImplicitTLS {
			return conn, nil
		}
		secure := tls.Client(conn, security)
		return secure, secure.HandshakeContext(dialing)
	}
	options := []mail.Option{
		mail.WithPort(s.Port), mail.WithTimeout(timeout), mail.WithHELO(name), mail.WithDialContextFunc(dial),
		mail.WithTLSConfig(security), mail.WithTLSPolicy(policy), mail.WithoutNoop(), mail.WithoutRset(),
	}
	if s.ImplicitTLS {
		options = append(options, mail.WithSSL())
	}
	if s.User != "" {
		// Both are refused, before anything is sent, without TLS on the way to another host.
		options = append(options, mail.WithOpportunisticSMTPAuth(mail.SMTPAuthPlain, mail.SMTPAuthLogin),
			mail.WithUsername(s.User), mail.WithPassword(s.Password.Reveal()))
	}
	return mail.NewClient(s.Host, options...)
}

func isLoopback(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "::1"
}

// unreached describes err, which came before the mail was offered. What a server
// says while signing in may repeat the password.
func unreached(ctx context.Context, err error) error {
	var reply *textproto.Error
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("reach the mail server: %w", ctx.Err())
	case !strings.HasPrefix(err.Error(), "SMTP AUTH failed"):
		return fmt.Errorf("reach the mail server: %w", err)
	case errors.As(err, &reply):
		return fmt.Errorf("the mail server does not let us sign in: %d", reply.Code)
	}
	return errors.New("signing in to the mail server failed")
}

// refused describes why the mail was not taken. What a server says of a mail may
// repeat it, so that only its codes are shown.
func refused(ctx context.Context, err error) error {
	var e *mail.SendError
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("send: %w", ctx.Err())
	case !errors.As(err, &e) || e.ErrorCode() == 0:
		return errors.New("the connection to the mail server broke")
	}
	code := strings.TrimSpace(strconv.Itoa(e.ErrorCode()) + " " + e.EnhancedStatusCode())
	err = fmt.Errorf("the mail server refused it with %s while %s", code, e.Reason)
	if e.ErrorCode() < 500 {
		return err
	}
	if r := e.Reason; r == mail.ErrSMTPRcptTo || r == mail.ErrSMTPData || r == mail.ErrSMTPDataClose {
		return fault.Permanent(err) // it is about this mail
	}
	return err // about who sends it, which can be put right
}
