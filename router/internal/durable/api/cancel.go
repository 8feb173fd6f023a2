package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// Cancel has the server cancel a run. One that it does not know any more is no error where
// it says so, and else a [RefusedError].
//
// Self-hosted servers with PostgreSQL answer 404 for every run; they are asked over
// GraphQL, which Inngest's cloud does not have.
func (c *Client) Cancel(ctx context.Context, run string) error {
	status, _, err := c.Do(ctx, http.MethodDelete, "/v1/runs/"+url.PathEscape(run), nil)
	if status != http.StatusNotFound {
		return err
	}
	body, err := json.Marshal(map[string]any{
		"query":     "mutation Cancel($run: ULID!) { cancelRun(runID: $run) { id } }",
		"variables": map[string]string{"run": run},
	})
	if err != nil {
		return fmt.Errorf("cancel a run: %w", err)
	}
	status, text, err := c.Do(ctx, http.MethodPost, "/v0/gql", body)
	if err != nil {
		if status == http.StatusNotFound {
			return nil
		}
		return err
	}
	var answer struct {
		Errors []struct{ Message string }
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return fmt.Errorf("cancel a run: read what Inngest answers: %w", err)
	}
	if len(answer.Errors) > 0 {
		return RefusedError{errors.New("cancel a run: Inngest answered: " + answer.Errors[0].Message)}
	}
	return nil
}
