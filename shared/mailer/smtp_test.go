package mailer_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"switchyard/shared/config"
	"switchyard/shared/mailer"
	"switchyard/shared/mailer/mailertest"
)

// box returns a mailer for the server at url, signing in unless user is "".
func box(t *testing.T, server, user string) *mailer.Mailer {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	if user != "" {
		u.User = url.UserPassword(user, password)
	}
	return open(t, config.Mail{SMTP: config.Secret(u.String()), From: "Shop <shop@shop.example>", Sink: "smtp"})
}

func TestSend(t *testing.T) {
	t.Parallel()
	security, roots := mailertest.Certificate(t, "127.0.0.1")
	for name, tt := range map[string]struct {
		options mailertest.Options
		user    string
		tls     bool
	}{
		"plain":                  {},
		"signed in":              {options: mailertest.Options{User: "ada", Password: password}, user: "ada"},
		"STARTTLS":               {options: mailertest.Options{TLS: security}, tls: true},
		"STARTTLS and signed in": {options: mailertest.Options{TLS: security, User: "ada", Password: password}, user: "ada", tls: true},
		"TLS from the start":     {options: mailertest.Options{TLS: security, ImplicitTLS: true, User: "ada", Password: password}, user: "ada", tls: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := mailertest.Start(t, tt.options)
			b := box(t, server.URL(), tt.user)
			b.Trust(roots)
			for range 2 {
				if err := b.Send(t.Context(), message()); err != nil {
					t.Fatal(err)
				}
			}
			got := server.Received()
			if len(got) != 2 || got[0].TLS != tt.tls || got[0].User != tt.user || got[0].To != "ada@example.com" || got[0].From != "shop@shop.example" {
				t.Fatalf("the server got %+v", got)
			}
			checkMail(t, got[0])
			if id := got[0].Header(t).Get("Message-Id"); id != got[1].Header(t).Get("Message-Id") || !strings.HasSuffix(id, "@shop.example>") {
				t.Errorf("the same mail has the ids %q and %q", id, got[1].Header(t).Get("Message-Id"))
			}
		})
	}
}

// checkMail looks whether m is what message says.
func checkMail(t *testing.T, m mailertest.Mail) {
	t.Helper()
	header := m.Header(t)
	subject, err := new(mime.WordDecoder).DecodeHeader(header.Get("Subject"))
	if err != nil || subject != message().Subject {
		t.Errorf("subject %q, %v", subject, err)
	}
	for name, want := range map[string]string{"From": `"Shop" <shop@shop.example>`, "To": "<ada@example.com>", "Auto-Submitted": "auto-generated"} {
		if got := header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("content type %q, %v", kind, err)
	}
	_, body, _ := strings.Cut(m.Raw, "\r\n\r\n")
	parts := multipart.NewReader(strings.NewReader(body), params["boundary"])
	for _, want := range []struct{ kind, text string }{
		{"text/plain; charset=UTF-8", message().Text},
		{"text/html; charset=UTF-8", message().HTML},
	} {
		part, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(quotedprintable.NewReader(part))
		if got := strings.ReplaceAll(string(text), "\r\n", "\n"); err != nil || got != want.text || part.Header.Get("Content-Type") != want.kind {
			t.Errorf("%s: %q, %v; want %s: %q", part.Header.Get("Content-Type"), got, err, want.kind, want.text)
		}
	}
	if _, err := parts.NextRawPart(); !errors.Is(err, io.EOF) {
		t.Errorf("there is more than the two parts: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	no := func(code int) func(string) error {
		return func(what string) error {
			return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 1, 1}, Message: "no: " + what}
		}
	}
	for name, tt := range map[string]struct {
		options   mailertest.Options
		user      string
		permanent bool
		says      string
	}{
		"no such recipient":     {options: mailertest.Options{To: no(550)}, permanent: true, says: "550 5.1.1"},
		"recipient is busy":     {options: mailertest.Options{To: no(450)}, says: "450 4.1.1"},
		"not with this content": {options: mailertest.Options{Data: no(554)}, permanent: true, says: "554"},
		"no room":               {options: mailertest.Options{Data: no(452)}, says: "452"},
		"not from this sender":  {options: mailertest.Options{From: no(553)}, says: "553 5.1.1"},
		"sign in first":         {options: mailertest.Options{User: "ada", Password: password}, says: "502 5.7.0"},
		"wrong password":        {options: mailertest.Options{User: "ada", Password: "another"}, user: "ada", says: "sign in: 535"},
		"nobody can sign in":    {user: "ada", says: "AUTH"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := mailertest.Start(t, tt.options)
			text := refused(t.Context(), t, box(t, server.URL(), tt.user), message(), tt.permanent)
			if !strings.Contains(text, tt.says) || !strings.Contains(text, message().ID.String()) {
				t.Errorf("the error does not say %q, or of which mail: %s", tt.says, text)
			}
			if got := server.Received(); len(got) > 0 {
				t.Errorf("the server took %+v", got)
			}
		})
	}
}

// A server that nobody vouches for, or that is far away and knows no TLS, gets
// neither mail nor password.
func TestOnlyTrustedServersLearnThePassword(t *testing.T) {
	t.Parallel()
	security, _ := mailertest.Certificate(t, "127.0.0.1", "0.0.0.0")
	for name, o := range map[string]mailertest.Options{
		"STARTTLS":           {TLS: security},
		"TLS from the start": {TLS: security, ImplicitTLS: true},
	} {
		server := mailertest.Start(t, o)
		text := refused(t.Context(), t, box(t, server.URL(), "ada"), message(), false)
		if !strings.Contains(text, "certificate") || len(server.Received()) > 0 {
			t.Errorf("%s: %s", name, text)
		}
	}
	heard := make(chan string, 1)
	port := listen(t, func(line string) string {
		if strings.HasPrefix(line, "EHLO") {
			return "250-evil.test\r\n250 AUTH PLAIN LOGIN"
		}
		heard <- line
		return "221 bye"
	})
	// Which is this machine, but does not look so.
	text := refused(t.Context(), t, box(t, "smtp://0.0.0.0:"+port, "ada"), message(), false)
	if !strings.Contains(text, "STARTTLS") {
		t.Error(text)
	}
	select {
	case line := <-heard:
		t.Errorf("the server heard %q", line)
	default:
	}
}

// TestBadServers are servers that misbehave. None gets a mail, none is final, and
// none holds the mailer up when it is told to stop.
func TestBadServers(t *testing.T) {
	t.Parallel()
	hello := func(rest func(line string) string) func(string) string {
		return func(line string) string {
			if strings.HasPrefix(line, "EHLO") {
				return "250-bad.test\r\n250 AUTH PLAIN"
			}
			return rest(line)
		}
	}
	hangUp := func(at string) func(string) string {
		data := false
		return hello(func(line string) string {
			switch {
			case strings.HasPrefix(line, at):
				return ""
			case line == "DATA":
				data = true
				return "354 go on"
			case data:
				return silent
			case strings.HasPrefix(line, "AUTH"):
				return "235 welcome"
			}
			return "250 ok"
		})
	}
	for name, answer := range map[string]func(string) string{
		"ends at EHLO":         func(string) string { return "" },
		"ends at MAIL":         hangUp("MAIL"),
		"ends at RCPT":         hangUp("RCPT"),
		"ends at DATA":         hangUp("DATA"),
		"ends within the mail": hangUp("Subject"),
		"ends after the mail":  hangUp("."),
		"repeats the password": hello(func(line string) string { return "535 wrong: " + line }),
		"asks for nonsense":    hello(func(line string) string { return "334 " + strings.TrimPrefix(line, "AUTH PLAIN ") }),
		"is no mail server":    func(string) string { return "HTTP/1.1 400 Bad Request" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t.Context(), t, box(t, "smtp://127.0.0.1:"+listen(t, answer), "ada"), message(), false)
		})
	}
	t.Run("is not there", func(t *testing.T) {
		t.Parallel()
		server := mailertest.Start(t, mailertest.Options{})
		server.Stop()
		refused(t.Context(), t, box(t, server.URL(), "ada"), message(), false)
	})
	for _, at := range []string{"EHLO", "AUTH", "MAIL", "."} {
		t.Run("is silent at "+at, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			block := make(chan struct{})
			t.Cleanup(func() { close(block) })
			talk := hangUp("none")
			port := listen(t, func(line string) string {
				if strings.HasPrefix(line, at) {
					cancel()
					<-block
				}
				return talk(line)
			})
			text := refused(ctx, t, box(t, "smtp://127.0.0.1:"+port, "ada"), message(), false)
			if !strings.Contains(text, context.Canceled.Error()) {
				t.Errorf("got %s", text)
			}
		})
	}
}

// The mail was taken: what the connection comes to after that does not matter.
func TestTakenIsSent(t *testing.T) {
	t.Parallel()
	data := false
	port := listen(t, func(line string) string {
		switch {
		case line == "DATA":
			data = true
			return "354 go on"
		case line == ".":
			data = false
			return "250 taken"
		case line == "QUIT":
			return ""
		case data:
			return silent
		}
		return "250 ok"
	})
	if err := box(t, "smtp://127.0.0.1:"+port, "").Send(t.Context(), message()); err != nil {
		t.Error(err)
	}
}

// silent is the answer of a server that has nothing to say to a line.
const silent = "-"

// listen serves SMTP by answer, connection after connection; "" hangs up. It
// returns the port.
func listen(t *testing.T, answer func(line string) string) string {
	t.Helper()
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			talk(conn, answer)
		}
	}()
	address, _ := l.Addr().(*net.TCPAddr)
	return strconv.Itoa(address.Port)
}

func talk(conn net.Conn, answer func(line string) string) {
	defer conn.Close()
	fmt.Fprint(conn, "220 bad.test\r\n")
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		switch reply := answer(lines.Text()); reply {
		case "":
			return
		case silent:
		default:
			fmt.Fprint(conn, reply+"\r\n")
		}
	}
}
