package jobs_test

import (
	"strings"
	"testing"

	"switchyard/internal/await"
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
	for _, want := range []string{
		`"ended":"exit status 7"`, `"function":"jobs/sample/dies"`,
		// What the process was at beside the step is tried again, too.
		`"msg":"survived","apart":"jobs/sample/**"`, `"msg":"counted","apart":"jobs/sample/**"`,
	} {
		await.That(t, "the log has "+want, func() bool { return strings.Contains(r.Log.String(), want) })
	}
	if got := known(t, inngest)["jobs-sample-dies"]; got != r.URL {
		t.Errorf("Inngest calls the job at %q", got)
	}
}
