package mailer_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"switchyard/shared/config"
	"switchyard/shared/fault"
	"switchyard/shared/mail"
	"switchyard/shared/mailer"
)

const password = "geheim/+@:" // what a URL has to encode

func message() mail.Message {
	return mail.Message{
		ID: uuid.MustParse("01890000-0000-7000-8000-000000000001"),
		To: "ada@example.com", Subject: "Grüße", Text: "Hello, Ada\n.\nhttps://shop.example/?token=vertraulich\n",
		HTML: "<p>Hello, Ada & Söhne", URL: "https://shop.example/?token=vertraulich", Token: "vertraulich",
		ExpiresAt: time.Now().Add(time.Hour),
	}
}

func open(t *testing.T, c config.Mail) *mailer.Mailer {
	t.Helper()
	m, err := mailer.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// refused sends m, which must fail, permanently or not, and must not say in its
// error what is private.
func refused(ctx context.Context, t *testing.T, box *mailer.Mailer, m mail.Message, permanent bool) string {
	t.Helper()
	err := box.Send(ctx, m)
	if err == nil {
		t.Fatal("it was sent")
	}
	if is := isPermanent(err); is != permanent {
		t.Errorf("permanent: %t, want %t: %v", is, permanent, err)
	}
	for _, private := range []string{password, "AGFkYQ", "Z2VoZWlt", m.Token, m.To} {
		if strings.Contains(err.Error(), private) {
			t.Errorf("the error says %q: %v", private, err)
		}
	}
	return err.Error()
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"http://host", "smtp://", "smtp://u:geheim@host:99999", "smtp://u:geheim@host:0", "smtp://u:geheim%zz@host", "geheim",
	} {
		_, err := mailer.Open(t.Context(), config.Mail{SMTP: config.Secret(url), From: "a@b.cd", Sink: "smtp"})
		if err == nil || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%q: %v, want an error that does not repeat it", url, err)
		}
	}
	if _, err := mailer.Open(t.Context(), config.Mail{SMTP: "smtp://host", From: "nobody", Sink: "smtp"}); err == nil {
		t.Error("a sender that is no address is accepted")
	}
}

func TestOff(t *testing.T) {
	t.Parallel()
	text := refused(t.Context(), t, open(t, config.Mail{Sink: "smtp"}), message(), true)
	if !strings.Contains(text, "SMTP_URL") {
		t.Errorf("the error does not say what to set: %s", text)
	}
}

// Nothing that a caller puts into a mail can become a header or a recipient.
func TestHeadersCannotBeInjected(t *testing.T) {
	t.Parallel()
	box := open(t, config.Mail{Sink: "file", File: filepath.Join(t.TempDir(), "mail")})
	for name, change := range map[string]func(*mail.Message){
		"subject":           func(m *mail.Message) { m.Subject = "Hello\r\nBcc: eve@example.com" },
		"subject, LF":       func(m *mail.Message) { m.Subject = "Hello\nBcc: eve@example.com" },
		"recipient":         func(m *mail.Message) { m.To = "ada@example.com\r\nBcc: eve@example.com" },
		"folded recipient":  func(m *mail.Message) { m.To = "\"ada\r\n \"@example.com" },
		"several":           func(m *mail.Message) { m.To = "ada@example.com, eve@example.com" },
		"a name as well":    func(m *mail.Message) { m.To = "Ada <ada@example.com>" },
		"not an address":    func(m *mail.Message) { m.To = "ada" },
		"nobody":            func(m *mail.Message) { m.To = "" },
		"an SMTP parameter": func(m *mail.Message) { m.To = "ada@example.com> NOTIFY=NEVER" },
	} {
		m := message()
		change(&m)
		if err := box.Send(t.Context(), m); !isPermanent(err) {
			t.Errorf("%s: %v, want fault.Permanent", name, err)
		}
	}
}

func TestFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "mail.jsonl")
	var wait sync.WaitGroup
	for range 20 { // as several processes would
		wait.Go(func() {
			if err := open(t, config.Mail{Sink: "file", File: file}).Send(t.Context(), message()); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m, n := message(), 0
	want := map[string]string{"to": m.To, "subject": m.Subject, "url": m.URL, "token": m.Token, "text": m.Text, "html": m.HTML}
	for line := range strings.Lines(string(text)) {
		n++
		var got map[string]string
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	}
	if n != 20 {
		t.Errorf("%d lines, want 20", n)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
	}
	refused(t.Context(), t, open(t, config.Mail{Sink: "file", File: filepath.Join(t.TempDir(), "no", "folder")}), m, false)
}

func isPermanent(err error) bool {
	_, is := errors.AsType[*fault.PermanentError](err)
	return is
}
