package servers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Client asks servers of this machine, never through a proxy.
//
//nolint:gochecknoglobals // a client is made to be shared
var Client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// jobsPath is the path at which the app answers Inngest.
const jobsPath = "/api/inngest"

// UntilRegistered returns how many jobs the app has, once Inngest knows all of
// them. The app registers when it starts; it is reminded in case Inngest was not
// there then, or has started again and forgotten.
func UntilRegistered(ctx context.Context, app, inngest string) (int, error) {
	const ticks = 10 // from one reminder to the next
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for jobs, i := -1, 0; ; i++ {
		if jobs < 0 || i%ticks == 0 { // not each time: the app logs requests
			if n, err := countJobs(ctx, app); err == nil {
				jobs = n
			}
		}
		if jobs == 0 || (jobs > 0 && knows(ctx, inngest, app, jobs)) {
			return jobs, nil
		}
		if i%ticks == ticks-1 {
			_ = ask(ctx, http.MethodPut, app+jobsPath, nil, nil) // if it fails: again
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-tick.C:
		}
	}
}

// countJobs asks the app how many functions it runs for Inngest.
func countJobs(ctx context.Context, app string) (int, error) {
	var inspection struct {
		Count int `json:"function_count"`
	}
	err := ask(ctx, http.MethodGet, app+jobsPath, nil, &inspection)
	if errors.Is(err, errNotThere) {
		return 0, nil
	}
	return inspection.Count, err
}

// knows reports whether the Inngest server has that many jobs of app.
func knows(ctx context.Context, inngest, app string, jobs int) bool {
	public, err := url.Parse(app)
	if err != nil {
		return false
	}
	var answer struct {
		Data struct {
			Apps []struct {
				URL           string `json:"url"`
				FunctionCount int    `json:"functionCount"`
			} `json:"apps"`
		} `json:"data"`
	}
	query := []byte(`{"query":"{apps{url functionCount}}"}`)
	if ask(ctx, http.MethodPost, inngest+"/v0/gql", query, &answer) != nil {
		return false
	}
	for _, a := range answer.Data.Apps {
		u, err := url.Parse(a.URL) // with localhost for 127.0.0.1
		if err == nil && u.Port() == public.Port() && a.FunctionCount == jobs {
			return true
		}
	}
	return false
}

var errNotThere = errors.New("not found")

// ask sends body, if any, and decodes the JSON into answer, unless that is nil.
func ask(ctx context.Context, method, url string, body []byte, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := Client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
		if answer == nil {
			return nil
		}
		return json.NewDecoder(response.Body).Decode(answer)
	case http.StatusNotFound:
		return errNotThere
	}
	return fmt.Errorf("%s answered %s", url, response.Status)
}
