package jobs_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"

	"github.com/inngest/inngestgo/step"

	"switchyard/internal/await"
	"switchyard/router/catalog"
	"switchyard/router/internal/apart"
	"switchyard/router/internal/function"
	"switchyard/router/internal/job"
	"switchyard/router/internal/program"
	"switchyard/router/internal/routertest"
	"switchyard/shared/fn"
	"switchyard/shared/mail"
)

func TestMain(m *testing.M) { routertest.Main(m, sample()) }

// sample is the router with two jobs and a schedule more, which need no service.
func sample() program.Program { return sampleWith(&tally{}) }

// sampleWith is that router, whose job counts in t.
func sampleWith(t *tally) program.Program {
	p := catalog.Program()
	p.Functions = append(
		p.Functions,
		function.Function{
			Name: "jobs/sample/count", Spec: fn.Job{Events: []string{mail.EventQueued}},
			Bind: func() any { return job.New(count{t}) },
		},
		function.Function{
			Name: "jobs/sample/yearly", Spec: fn.Schedule{Cron: "0 0 1 1 *"},
			Bind: func() any { return job.NewSchedule(yearly{}) },
		},
		function.Function{
			Name: "jobs/sample/dies", Spec: fn.Job{Events: []string{mail.EventQueued}},
			Bind: func() any { return job.New(dies{}) },
		},
	)
	return p
}

// tally is which mails were counted in this process.
type tally struct{ sync.Map }

func (t *tally) mails() (n int) {
	t.Range(func(any, any) bool { n++; return true })
	return n
}

// count is a job of several steps, which counts a mail at the end, and says which.
type count struct{ t *tally }

func (c count) Handle(ctx context.Context, in *mail.Queued) (*struct{}, error) {
	for i := range 3 {
		if _, err := step.Run(ctx, fmt.Sprint("step ", i), func(context.Context) (int, error) { return i, nil }); err != nil {
			return nil, err
		}
	}
	c.t.Store(in.MailID, true)
	// A warning, which is written at once: a router that is killed may lose the last of its other lines.
	slog.WarnContext(ctx, "counted", slog.Any("mail", in.MailID)) //nolint:sloglint // as functions log
	return nil, nil
}

// dies is a job that ends its process once for each mail, if it has one of its own.
type dies struct{}

func (dies) Handle(ctx context.Context, in *mail.Queued) (*struct{}, error) {
	if os.Args[1] != apart.Verb {
		return nil, nil
	}
	_, err := step.Run(ctx, "a step", func(context.Context) (bool, error) {
		once := filepath.Join(os.TempDir(), in.MailID.String())
		if os.Mkdir(once, 0o700) == nil {
			os.Exit(7)
		}
		slog.InfoContext(ctx, "survived", slog.Any("mail", in.MailID)) //nolint:sloglint // as functions log
		return true, nil
	})
	return nil, err
}

// yearly is a schedule that does nothing.
type yearly struct{}

func (yearly) Handle(context.Context) error { return nil }

var countedMail = regexp.MustCompile(`"msg":"counted".*"mail":"([^"]+)"`)

// counted waits until so many mails have been counted, by the logs of some routers that
// have a process each: of several in one, what functions log stands in the log of the last.
func counted(t *testing.T, n int, logs ...*routertest.Output) {
	t.Helper()
	await.That(t, fmt.Sprint(n, " mails are counted"), func() bool {
		mails := map[string]bool{}
		for _, log := range logs {
			for _, found := range countedMail.FindAllStringSubmatch(log.String(), -1) {
				mails[found[1]] = true
			}
		}
		return len(mails) >= n
	})
}
