package events

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// refusedError is Inngest's answer that it will not take what was sent, however
// often: one of the events is at fault.
type refusedError struct{ answer string }

func (e *refusedError) Error() string { return e.answer }

// answerError is any other answer than 200: Inngest or a proxy is there, and fails.
type answerError struct{ answer string }

func (e *answerError) Error() string { return e.answer }

// send sends the events in one request. Its errors never show the key.
func (b *Bus) send(ctx context.Context, messages []message) error {
	for i := range messages {
		messages[i].User.App = b.app
	}
	var body bytes.Buffer
	text := json.NewEncoder(&body)
	text.SetEscapeHTML(false) // "\u003c" for "<" would count six times towards Inngest's 3 MiB
	if err := text.Encode(messages); err != nil {
		return fmt.Errorf("write the events as JSON: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url, &body)
	if err != nil {
		return errors.New("send to Inngest: its URL is malformed") // err holds the URL, and so the key
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := b.client.Do(req)
	if err != nil {
		if withURL, ok := errors.AsType[*url.Error](err); ok {
			err = withURL.Err
		}
		return fmt.Errorf("send to Inngest: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	// Read to its end, so that the connection is used again.
	said, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return b.answer(resp.StatusCode, string(said[:min(len(said), 1<<10)]))
}

// answer makes an error of an answer other than 200.
func (b *Bus) answer(status int, text string) error {
	if b.key != "" {
		text = strings.ReplaceAll(text, b.key.Reveal(), b.key.String())
	}
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "?"), "\x00", "?") // PostgreSQL holds no others
	text = strings.TrimSpace(fmt.Sprintf("Inngest answered %d %s", status, text))
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed,
		http.StatusRequestTimeout, http.StatusTooManyRequests:
		return &answerError{text} // the fault of the set-up or of the moment, not of an event
	}
	if status >= 400 && status < 500 {
		return &refusedError{text}
	}
	return &answerError{text}
}
