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

// question is what a server is asked.
type question struct {
	url    string
	bearer string // who asks; "" for nobody
	body   string // JSON, which is POSTed; "" for a GET
}

// healthy returns nil if a GET of the URL is answered with 200.
func healthy(ctx context.Context, url string) error { return ask(ctx, question{url: url}, nil) }

// ask sends q and decodes an answer of 200 into answer, unless that is nil. Any
// other answer is an error.
func ask(ctx context.Context, q question, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	method := http.MethodGet
	if q.body != "" {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, q.url, strings.NewReader(q.body))
	if err != nil {
		return err
	}
	if q.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if q.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+q.bearer)
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
		return fmt.Errorf("%s answers %s", q.url, res.Status)
	case answer == nil:
		return nil
	}
	return json.Unmarshal(text, answer)
}
