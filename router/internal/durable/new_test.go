package durable_test

import (
	"net/http"
	"strings"
	"testing"

	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/router/internal/function"
	"switchyard/shared/config"
	"switchyard/shared/fn"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	spec := fn.Job{Events: []string{"test/e"}}
	c := &durabletest.Tally{}
	page := function.Function{Name: "pages/files/home", Spec: fn.Page{}, Bind: func() any { return http.NotFoundHandler() }}
	wrong := durabletest.NewJob("jobs/task", spec, durabletest.Count(c))
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
		{"no event", ok, []function.Function{durabletest.NewJob("jobs/task", fn.Job{}, durabletest.Count(c))}, "names no event"},
		{"no time", ok, []function.Function{durabletest.Schedule("jobs/task", fn.Schedule{}, nil)}, "no Cron"},
		{
			"one id for two", ok,
			[]function.Function{durabletest.NewJob("jobs/a/b", spec, durabletest.Count(c)), durabletest.NewJob("jobs/a-b", spec, durabletest.Count(c))},
			`jobs/a-b: its id "jobs-a-b" is already that of jobs/a/b`,
		},
		{
			"one id for a job and the failures of another", ok,
			[]function.Function{durabletest.Fallible("jobs/a", spec, durabletest.Count(c), giveUp(c)), durabletest.NewJob("jobs/a-failed", spec, durabletest.Count(c))},
			`jobs/a-failed: its id "jobs-a-failed" is already that of jobs/a failed`,
		},
	}
	for _, tt := range tests {
		jobs := durabletest.Production(t)
		tt.change(&jobs)
		_, err := durable.New(durable.Config{Functions: tt.functions, Jobs: jobs, Logger: durabletest.Log(t)})
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "prod-secret") {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}
