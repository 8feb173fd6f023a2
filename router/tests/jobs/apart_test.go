package jobs_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"switchyard/internal/await"
	"switchyard/internal/project"
	"switchyard/router/internal/routertest"
)

// known returns the functions that the Inngest server at url knows, without the app's
// name: "jobs-mail", and where each is.
func known(t *testing.T, url string) map[string]string {
	t.Helper()
	query := bytes.NewReader([]byte(`{"query":"{apps{functions{slug url}}}"}`))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v0/gql", query)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Data struct {
			Apps []struct{ Functions []struct{ Slug, URL string } }
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	at := map[string]string{}
	for _, app := range answer.Data.Apps {
		for _, f := range app.Functions {
			origin, _, _ := strings.Cut(strings.Replace(f.URL, "//localhost:", "//127.0.0.1:", 1), "/api/inngest")
			at[strings.TrimPrefix(f.Slug, project.Name()+"-")] = origin
		}
	}
	return at
}

// TestServedApart has a service of pages and two of jobs: one app to Inngest, whichever
// comes and goes.
func TestServedApart(t *testing.T) {
	t.Parallel()
	inngest := routertest.StartInngest(t)
	env := routertest.Environment(t, inngest)
	// Where users go is the same for all; where Inngest goes is not.
	at := func() []string { return append(slices.Clone(env), portOf(routertest.Environment(t, inngest))...) }
	web := routertest.Start(t, sample(), env, "--except", "jobs/**").SignUp()
	mail := routertest.Start(t, sample(), at(), "--only", "jobs/mail", "--only", "jobs/sample/yearly")
	var inRest tally // what functions log stands in the log of the last router of the process
	rest := routertest.Start(t, sampleWith(&inRest), at(), "--only", "jobs/**", "--except", "jobs/mail", "--except", "jobs/sample/yearly")
	want := map[string]string{
		"jobs-mail": mail.URL, "jobs-sample-yearly": mail.URL, "jobs-sample-count": rest.URL,
	}
	await.That(t, "Inngest knows the jobs of both", func() bool {
		got := known(t, inngest)
		for name, origin := range want {
			if got[name] != origin {
				return false
			}
		}
		return true
	})
	web.ForgetsPassword("ada@example.com")
	web.Mailed(1)
	await.That(t, "the mail is counted", func() bool { return inRest.mails() == 1 })
	if status := web.Call("GET", "/api/inngest", nil, nil); status != http.StatusNotFound {
		t.Errorf("a service without jobs answers Inngest with %d", status)
	}
	if status := rest.Call("GET", "/api/keys", nil, nil); status != http.StatusNotFound {
		t.Errorf("a service of jobs alone answers the API with %d", status)
	}
	var document struct{ Paths map[string]any }
	if status := rest.Call("GET", "/openapi.json", nil, &document); status != http.StatusOK || len(document.Paths) != 0 {
		t.Errorf("its API document: %d, %v", status, document.Paths)
	}
	rest.Ready()
}

// portOf returns the variables of an environment that say where a router listens and
// where Inngest reaches it.
func portOf(env []string) []string {
	var some []string
	for _, v := range env {
		if port, ok := strings.CutPrefix(v, "PORT="); ok {
			some = append(some, v, "INNGEST_SERVE_ORIGIN=http://127.0.0.1:"+port)
		}
	}
	return some
}
