package faults_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestRollout replaces a release while a run of it is in flight and both register
// with Inngest in turn. The next release has a job more and one less.
func TestRollout(t *testing.T) {
	t.Parallel()
	r := start(t, kind{front: true})
	old := r.routers[0]
	id := r.held("stepped")
	next := r.add(router.next, "2")
	next.start()
	until(t, "the functions of the next release are registered", func() bool { return r.registered("added") && !r.registered("doomed") })

	old.kill() // it starts again after the new one, which makes it no newer
	r.front.only(next.url)
	old.start() // no call of a job that is held reaches it
	for range 3 {
		r.order("added")
		time.Sleep(size.load / 4)
	}
	if !r.registered("added") || r.registered("doomed") {
		t.Error("the functions of the old release are registered again")
	}
	old.stop()
	r.exec(`DELETE FROM faults.hold`)
	r.settled()
	if n := r.count(`SELECT count(*) FROM faults.step WHERE row_id = $1 AND bodies = 1`, id); n != 3 {
		t.Errorf("%d of 3 steps ran exactly once", n)
	}
}

// registered reports whether Inngest knows the job.
func (r *rig) registered(job string) bool {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.inngest.URL+"/v1/apps/"+appID+"/functions", nil)
	must(r.t, err)
	req.Header.Set("Authorization", "Bearer "+signingKey)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	must(r.t, err)
	if res.StatusCode != http.StatusOK {
		r.t.Fatalf("the list of functions is answered %s: %s", res.Status, text)
	}
	return strings.Contains(string(text), `"`+appID+`-jobs-`+job+`"`)
}
