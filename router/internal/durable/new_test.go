package durable_test

import (
	"net/http"
	"strings"
	"testing"

	"switchyard/router/internal/durable"
	"switchyard/router/internal/function"
	"switchyard/shared/config"
	"switchyard/shared/fn"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	spec := fn.Job{Events: []string{"test/e"}}
	c := &tally{}
	page := function.Function{Name: "pages/files/home", Spec: fn.Page{}, Bind: func() any { return http.NotFoundHandler() }}
	wrong := newJob("jobs/task", spec, count(c))
	wrong.Spec = fn.Endpoint{}
	ok := func(*config.Jobs) {}
	tests := []struct {
		name      string
		change    func(*config.Jobs)
		functions []function.Function
		want      string
	}{
		{"no key", func(j *config.Jobs) { j.SigningKey = "" }, nil, "INNGEST_SIGNING_KEY"},
		{"key not hexadecimal", func(j *config.Jobs) { j.SigningKey = "signkey-prod-secret" }, nil, "INNGEST_SIGNING_KEY"},
		{"no origin", func(j *config.Jobs) { j.Origin = config.URL{} }, nil, "no URL"},
		{"a page", ok, []function.Function{page}, "pages/files/home: it is neither"},
		{"another spec", ok, []function.Function{wrong}, "fn.Endpoint"},
		{"no event", ok, []function.Function{newJob("jobs/task", fn.Job{}, count(c))}, "names no event"},
		{"no time", ok, []function.Function{schedule("jobs/task", fn.Schedule{}, nil)}, "no Cron"},
		{
			"one id for two", ok,
			[]function.Function{newJob("jobs/a/b", spec, count(c)), newJob("jobs/a-b", spec, count(c))},
			`jobs/a-b: its id "jobs-a-b" is already that of jobs/a/b`,
		},
		{
			"one id for a job and the failures of another", ok,
			[]function.Function{fallible("jobs/a", spec, count(c), giveUp(c)), newJob("jobs/a-failed", spec, count(c))},
			`jobs/a-failed: its id "jobs-a-failed" is already that of jobs/a failed`,
		},
	}
	for _, tt := range tests {
		jobs := production(t)
		tt.change(&jobs)
		_, err := durable.New(durable.Config{Functions: tt.functions, Jobs: jobs, Logger: testLog(t)})
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "prod-secret") {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}
