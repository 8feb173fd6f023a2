package main

import (
	"net/http"
	"strings"
	"testing"
)

// TestServedOverConnect has a router that opens the connection to Inngest.
func TestServedOverConnect(t *testing.T) {
	t.Parallel()
	env := append(environment(t, startInngest(t)), "INNGEST_CONNECT=on")
	out := &buffer{}
	if status := run(t.Context(), []string{"serve", "--only", "jobs/mail"}, env, out, out); status != exitUsage {
		t.Errorf("some of the jobs: status %d, %s", status, out)
	}
	d := startDesk(t, env).signUp()
	f := d.upload("photo.jpg", "image/jpeg", jpegPhoto(t, 300, 200))
	if got := d.settled(f.ID); got.Status != "ready" || !got.Thumbnail {
		t.Errorf("a file: %+v", got)
	}
	if status := d.call("GET", "/api/inngest", nil, nil); status != http.StatusNotFound {
		t.Errorf("calls to the router are answered with %d", status)
	}
	if log := d.log.String(); !strings.Contains(log, "jobs are connected to Inngest") || strings.Contains(log, `"level":"ERROR"`) {
		t.Errorf("it said:\n%s", log)
	}
}
