package jobs_test

import (
	"testing"
	"time"

	"switchyard/router/internal/routertest"
)

// TestKilledRouter kills the router while jobs run, each time at another moment, and
// expects every one of them to be finished by the next.
func TestKilledRouter(t *testing.T) {
	t.Parallel()
	const times = 4
	env := routertest.Environment(t, routertest.StartInngest(t))
	var cookie string
	var logs []*routertest.Output
	for i := range times {
		r, kill := routertest.StartProcess(t, "", env)
		logs = append(logs, r.Log)
		if r.Cookie = cookie; cookie == "" {
			r = r.SignUp()
			cookie = r.Cookie
		}
		r.ForgetsPassword("ada@example.com")
		time.Sleep(time.Duration(i) * 150 * time.Millisecond) // the moment of the crash is what varies
		kill()
	}
	r, _ := routertest.StartProcess(t, "", env)
	counted(t, times, append(logs, r.Log)...)
	r.Mailed(times)
	r.Cookie = cookie
	r.MakeKey("the session has survived as well")
}
