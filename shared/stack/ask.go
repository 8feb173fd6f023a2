package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// maxAnswer is how much of a server's answer is read, in bytes.
const maxAnswer = 1 << 20

// healthy returns nil if a GET of the URL is answered with 200.
func healthy(ctx context.Context, url string) error {
	return ask(ctx, http.MethodGet, url, "", nil)
}

// ask sends body, JSON if it is not empty, and decodes an answer of 200 into
// answer, unless that is nil. Any other answer is an error.
func ask(ctx context.Context, method, url, body string, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // and no proxy
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	switch {
	case err != nil:
		return err
	case res.StatusCode != http.StatusOK:
		return fmt.Errorf("%s answers %s", url, res.Status)
	case answer == nil:
		return nil
	}
	return json.Unmarshal(text, answer)
}
