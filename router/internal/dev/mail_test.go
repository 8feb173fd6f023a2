package dev_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"switchyard/router/internal/dev"
	"switchyard/shared/config"
	"switchyard/shared/mail"
	"switchyard/shared/mailer"
)

// follow shows the mails in file until the test ends.
func follow(t *testing.T, file string) <-chan string {
	t.Helper()
	m, err := dev.OpenMailbox(file)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	shown, done := make(chan string, 100), make(chan error, 1)
	go func() { done <- m.Run(ctx, func(l dev.Mail) { shown <- l.String() }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("following ended with %v", err)
		}
	})
	return shown
}

// send writes a mail about subject, as the app does.
func send(t *testing.T, file, subject string) {
	t.Helper()
	m, err := mailer.Open(t.Context(), config.Mail{Sink: "file", File: file})
	if err != nil {
		t.Fatal(err)
	}
	err = m.Send(t.Context(), mail.Message{To: "ada@example.com", Subject: subject, URL: "http://shop/?a=1&b=2", Text: "Hello"})
	if err != nil {
		t.Fatal(err)
	}
}

// write adds text to file, whatever it is.
func write(t *testing.T, file, text string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, shown <-chan string, subject string) {
	t.Helper()
	if got, want := <-shown, "ada@example.com  "+subject+"  http://shop/?a=1&b=2"; got != want {
		t.Errorf("shown is %q, want %q", got, want)
	}
}

func TestNewMailIsShown(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "mail.jsonl")
	send(t, file, "of the run before")
	shown := follow(t, file)
	for i := range 20 {
		send(t, file, fmt.Sprint(i))
	}
	for i := range 20 {
		want(t, shown, fmt.Sprint(i))
	}
	write(t, file, "not ours\n\n"+`{"to":"ada@example.com","sub`)
	write(t, file, `ject":"in \u001b[31mtwo parts\r\n","url":"http://shop/?a=1&b=2"}`+"\n")
	want(t, shown, "in [31mtwo parts")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	send(t, file, "first of another file")
	want(t, shown, "first of another file")
	if err := os.Truncate(file, 0); err != nil {
		t.Fatal(err)
	}
	send(t, file, "short")
	want(t, shown, "short")
}

func TestMailboxBeforeThereIsMail(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "mail.jsonl")
	shown := follow(t, file)
	send(t, file, "first")
	want(t, shown, "first")
	if _, err := dev.OpenMailbox(filepath.Join(t.TempDir(), "no", "mail")); err == nil {
		t.Error("a folder that is not there can be followed")
	}
}
