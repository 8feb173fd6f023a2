package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
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
			at[strings.TrimPrefix(f.Slug, "switchyard-")] = origin
		}
	}
	return at
}

// TestServedApart has a service of pages and two of jobs: one app to Inngest, whichever
// comes and goes.
func TestServedApart(t *testing.T) {
	t.Parallel()
	inngest := startInngest(t)
	env := environment(t, inngest)
	// Where users go is the same for all; where Inngest goes is not.
	at := func() []string { return append(slices.Clone(env), portOf(environment(t, inngest))...) }
	web := startDesk(t, env, "--except", "jobs/**").signUp()
	mail := startDesk(t, at(), "--only", "jobs/{mail,files/deleteobjects}")
	rest := startDesk(t, at(), "--only", "jobs/**", "--except", "jobs/mail", "--except", "jobs/files/deleteobjects")
	want := map[string]string{
		"jobs-mail": mail.url, "jobs-files-deleteobjects": mail.url,
		"jobs-files-process": rest.url, "jobs-files-deleteownerless": rest.url, "jobs-files-deleteabandoned": rest.url,
	}
	eventually(t, "Inngest knows the jobs of both", func() bool {
		got := known(t, inngest)
		for name, origin := range want {
			if got[name] != origin {
				return false
			}
		}
		return true
	})
	f := web.upload("photo.jpg", "image/jpeg", jpegPhoto(t, 300, 200))
	if got := web.settled(f.ID); got.Status != "ready" || !got.Thumbnail {
		t.Errorf("a file: %+v", got)
	}
	if status := web.call("GET", "/api/inngest", nil, nil); status != http.StatusNotFound {
		t.Errorf("a service without jobs answers Inngest with %d", status)
	}
	if status := rest.call("GET", "/api/files/"+f.ID, nil, nil); status != http.StatusNotFound {
		t.Errorf("a service of jobs alone answers the API with %d", status)
	}
	var document struct{ Paths map[string]any }
	if status := rest.call("GET", "/openapi.json", nil, &document); status != http.StatusOK || len(document.Paths) != 0 {
		t.Errorf("its API document: %d, %v", status, document.Paths)
	}
	if status := rest.call("GET", "/readyz", nil, nil); status != http.StatusOK {
		t.Errorf("it is not ready: %d", status)
	}
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

// TestReadyWithoutInngest has nobody to register with.
func TestReadyWithoutInngest(t *testing.T) {
	t.Parallel()
	d := startDesk(t, environment(t, ""))
	eventually(t, "it has tried to register", func() bool { return strings.Contains(d.log.String(), "not registered with Inngest") })
	if status := d.call("GET", "/readyz", nil, nil); status != http.StatusOK {
		t.Errorf("got %d", status)
	}
}

func TestServeUnknownFunctions(t *testing.T) {
	t.Parallel()
	for _, verbName := range []string{"serve", "env", "functions", "check"} {
		_, errOut, status := verb(t, nil, verbName, "--only", "job/**")
		if status != exitUsage || !strings.Contains(errOut, "jobs/mail") {
			t.Errorf("%s: status %d, %s", verbName, status, errOut)
		}
	}
}
