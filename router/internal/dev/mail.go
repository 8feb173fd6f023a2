package dev

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/fsnotify/fsnotify"
)

// mailbox is the file that the app writes mail to, a line each; see package mailer.
type mailbox struct {
	file   string
	notify *fsnotify.Watcher
	read   int64 // how much of the file is known
}

// mail holds the parts of a mail that are shown.
type mail struct {
	To      string `json:"to"`
	Subject string `json:"subject"`
	URL     string `json:"url"`
}

// openMailbox follows file, which need not be there, from its end on.
func openMailbox(file string) (*mailbox, error) {
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	if err := notify.Add(filepath.Dir(file)); err != nil { // the file may come, and be replaced
		return nil, errors.Join(err, notify.Close())
	}
	m := &mailbox{file: file, notify: notify}
	if info, err := os.Stat(file); err == nil {
		m.read = info.Size()
	}
	return m, nil
}

// Run calls show for each mail that comes, until ctx ends.
func (m *mailbox) Run(ctx context.Context, show func(mail)) error {
	defer m.notify.Close()
	for {
		select {
		case <-ctx.Done():
			return nil
		case e := <-m.notify.Events:
			if e.Name != m.file || !e.Has(fsnotify.Create|fsnotify.Write) {
				continue
			}
		case <-m.notify.Errors: //nolint:errcheck // events were lost; a look finds them
		}
		found, err := m.fresh()
		if err != nil {
			return err
		}
		for _, l := range found {
			show(l)
		}
	}
}

// fresh returns the mails that came since the last call. A file that got shorter
// is a new one.
func (m *mailbox) fresh() ([]mail, error) {
	f, err := os.Open(m.file)
	if errors.Is(err, fs.ErrNotExist) {
		m.read = 0
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() < m.read {
		m.read = 0
	}
	text, err := io.ReadAll(io.NewSectionReader(f, m.read, info.Size()-m.read))
	if err != nil {
		return nil, err
	}
	text = text[:bytes.LastIndexByte(text, '\n')+1] // the rest of a line is to come
	m.read += int64(len(text))
	var found []mail
	for line := range bytes.Lines(text) {
		var l mail
		if json.Unmarshal(line, &l) == nil { // else somebody else wrote it
			found = append(found, l)
		}
	}
	return found, nil
}

// showMail returns what prints each mail that the app sends, until ctx ends.
func (s *session) showMail(ctx context.Context) func() {
	m, err := openMailbox(s.state.MailFile())
	return func() {
		if err == nil {
			err = m.Run(ctx, func(l mail) { s.terminal.Say("  ✉ %s", l) })
		}
		if err != nil {
			s.terminal.Say("  ! mail cannot be shown here (%v); it is in %s", err, s.shownPath("mail.jsonl"))
		}
	}
}

// String returns the mail as one line.
func (l mail) String() string {
	line := fmt.Sprintf("%s  %s  %s", l.To, l.Subject, l.URL)
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) { // nothing that a terminal would act upon
			return -1
		}
		return r
	}, line)
}
