package jobs_test

import (
	"strings"
	"testing"

	"switchyard/router/internal/routertest"
)

// TestProcessOfJobs has jobs run in a process beside the router, which one of them ends in the
// middle of a step: Inngest calls again.
func TestProcessOfJobs(t *testing.T) {
	t.Parallel()
	inngest := routertest.StartInngest(t)
	env := append(routertest.Environment(t, inngest), "TMPDIR="+t.TempDir())
	r := routertest.Start(t, sample(), env, "--apart", "jobs/sample/**").SignUp()
	r.ForgetsPassword("ada@example.com")
	r.Mailed(1)
	// What the process was at beside the step is tried again, too.
	for _, does := range []string{"survived", "counted"} {
		routertest.Eventually(t, "the jobs are tried again", func() bool { return strings.Contains(r.Log.String(), `"msg":"`+does+`","apart":"jobs/sample/**"`) })
	}
	for _, want := range []string{`"ended":"exit status 7"`, `"function":"jobs/sample/dies"`} {
		if !strings.Contains(r.Log.String(), want) {
			t.Errorf("the log has no %s:\n%s", want, r.Log)
		}
	}
	if got := known(t, inngest)["jobs-sample-dies"]; got != r.URL {
		t.Errorf("Inngest calls the job at %q", got)
	}
}
