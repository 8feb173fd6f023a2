package durabletest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"switchyard/internal/await"
	"switchyard/router/internal/durable"
	"switchyard/shared/config"
)

// get reads an answer and reports whether there was one, of 200. The server keeps
// its answers by their URL, so each one is a new one.
func (s *Server) get(path string, answer any) bool {
	s.T.Helper()
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	url := fmt.Sprintf("%s%s%s_=%d", s.URL, path, separator, time.Now().UnixNano())
	req, err := http.NewRequestWithContext(s.T.Context(), http.MethodGet, url, nil)
	Must(s.T, err)
	req.Header.Set("Authorization", "Bearer "+s.Key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer func() { _ = res.Body.Close() }()
	if answer != nil && res.StatusCode == http.StatusOK {
		Must(s.T, json.NewDecoder(res.Body).Decode(answer))
	}
	return res.StatusCode == http.StatusOK
}

// Post sends v and reads the answer, which must be 200.
func (s *Server) Post(path string, v, answer any) {
	s.T.Helper()
	body, err := json.Marshal(v)
	Must(s.T, err)
	req, err := http.NewRequestWithContext(s.T.Context(), http.MethodPost, s.URL+path, bytes.NewReader(body))
	Must(s.T, err)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	Must(s.T, err)
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	Must(s.T, err)
	if res.StatusCode != http.StatusOK {
		s.T.Fatalf("POST %s: %s: %s", path, res.Status, text)
	}
	Must(s.T, json.Unmarshal(text, answer))
}

// Send publishes an event and returns its id.
func (s *Server) Send(event map[string]any) string {
	s.T.Helper()
	var answer struct{ IDs []string }
	s.Post("/e/"+EventKey, event, &answer)
	return answer.IDs[0]
}

// Run is one run of a function, as the server tells.
type Run struct {
	ID     string          `json:"run_id"`
	Status string          `json:"status"`
	Ended  *time.Time      `json:"ended_at"`
	Output json.RawMessage `json:"output"`
}

// Runs returns the runs that an event has started so far.
func (s *Server) Runs(event string) []Run {
	s.T.Helper()
	var answer struct{ Data []Run }
	s.get("/v1/events/"+event+"/runs", &answer)
	return answer.Data
}

// AwaitRun waits until the one run that event starts has ended, and returns it.
func (s *Server) AwaitRun(event string) Run {
	s.T.Helper()
	var runs []Run
	await.That(s.T, "the run ends", func() bool {
		runs = s.Runs(event)
		return len(runs) == 1 && runs[0].Ended != nil
	})
	return runs[0]
}

// AwaitStep returns when the run that an event has started waits in a step.
func (s *Server) AwaitStep(event, step string) {
	s.T.Helper()
	const query = `query($run: String!) {run(runID: $run) {trace {childrenSpans {name status}}}}`
	await.That(s.T, "the run waits in "+step, func() bool {
		runs := s.Runs(event)
		if len(runs) != 1 {
			return false
		}
		var answer struct {
			Data struct {
				Run struct {
					Trace struct {
						ChildrenSpans []struct{ Name, Status string }
					}
				}
			}
		}
		s.Post("/v0/gql", map[string]any{"query": query, "variables": map[string]any{"run": runs[0].ID}}, &answer)
		for _, span := range answer.Data.Run.Trace.ChildrenSpans {
			if span.Name == step && span.Status == "WAITING" {
				return true
			}
		}
		return false
	})
}

// HasFunctions reports whether the server has been told of any.
func (s *Server) HasFunctions() bool {
	var dev struct{ Functions []any }
	return s.get("/dev", &dev) && len(dev.Functions) > 0
}

// Functions returns those that the server has, in order: "jobs-a@" and where it is.
func (s *Server) Functions() []string {
	s.T.Helper()
	var answer struct {
		Data struct {
			Apps []struct{ Functions []struct{ Slug, URL string } }
		}
	}
	s.Post("/v0/gql", map[string]string{"query": "{apps{functions{slug url}}}"}, &answer)
	var got []string
	for _, app := range answer.Data.Apps {
		for _, f := range app.Functions {
			at, _, _ := strings.Cut(strings.Replace(f.URL, "//localhost:", "//127.0.0.1:", 1), durable.Path)
			got = append(got, strings.TrimPrefix(f.Slug, Slug(""))+"@"+at)
		}
	}
	slices.Sort(got)
	return got
}

// Slug returns the id at Inngest of a function of this program's app: "shop-jobs-task"
// for "jobs-task".
func Slug(id string) string { return config.Inngest{}.App() + "-" + id }

// AwaitFunctions waits until the server has exactly these functions: "jobs-a@" and where it is.
func (s *Server) AwaitFunctions(want ...string) {
	s.T.Helper()
	slices.Sort(want)
	var got []string
	await.That(s.T, "Inngest knows "+strings.Join(want, ", "), func() bool {
		got = s.Functions()
		return slices.Equal(got, want)
	})
}
