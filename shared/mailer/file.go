package mailer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	queue "switchyard/shared/mail"
)

// entry is a line of the file.
type entry struct {
	To      string `json:"to"`
	Subject string `json:"subject"`
	URL     string `json:"url"`
	Token   string `json:"token"`
	Text    string `json:"text"`
	HTML    string `json:"html"`
}

// appendTo adds m to the file called name, which only this user may read. The line
// is written at once, so that several processes can share the file.
func appendTo(name string, m queue.Message) error {
	var line bytes.Buffer
	e := json.NewEncoder(&line)
	e.SetEscapeHTML(false) // it is for people to read, too
	if err := e.Encode(entry{m.To, m.Subject, m.URL, m.Token, m.Text, m.HTML}); err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(line.Bytes())
	return errors.Join(err, f.Close())
}
