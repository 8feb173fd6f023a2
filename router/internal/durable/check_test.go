package durable_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/router/internal/function"
	"switchyard/shared/events/ledger"
	"switchyard/shared/fn"
)

// TestNewRefusesOptions has Specs that make no sense, or ask for more than Inngest does.
func TestNewRefusesOptions(t *testing.T) {
	t.Parallel()
	const s = time.Second
	batchOf := func(spec fn.Job) fn.Job { spec.Batch = fn.Batch{Size: 2, Wait: s}; return spec }
	for want, spec := range map[string]fn.Job{
		"Retries is 21":                          {Retries: 21},
		"SQS needs the name of a Queue":          {From: []fn.Source{fn.SQS{}}},
		"Timeout is negative":                    {Timeout: -s},
		"Timeout is over 2 h":                    {Timeout: 3 * time.Hour},
		"Concurrency needs":                      {Concurrency: fn.Concurrency{Limit: -1}},
		"Concurrency needs a Limit":              {Concurrency: fn.Concurrency{Key: "event.data.key"}},
		"RateLimit needs":                        {RateLimit: fn.RateLimit{Limit: 1}},
		"RateLimit needs a Limit":                {RateLimit: fn.RateLimit{Per: s}},
		"Throttle needs":                         {Throttle: fn.Throttle{Limit: 1, Per: time.Millisecond}},
		"Throttle.Burst":                         {Throttle: fn.Throttle{Limit: 1, Per: s, Burst: -1}},
		"Debounce needs":                         {Debounce: fn.Debounce{Key: "event.data.key"}},
		"Debounce.Wait is over":                  {Debounce: fn.Debounce{Wait: 8 * 24 * time.Hour}},
		"Debounce.Max":                           {Debounce: fn.Debounce{Wait: 2 * s, Max: s}},
		"Batch needs a Size of 2":                {Batch: fn.Batch{Size: 1, Wait: s}},
		"Batch needs a Size of 2 or more":        {Batch: fn.Batch{Size: 2}},
		"Batch.Size is over":                     {Batch: fn.Batch{Size: 101, Wait: s}},
		"Batch.Wait is over":                     {Batch: fn.Batch{Size: 2, Wait: time.Hour}},
		"Input has to be a slice":                {Batch: fn.Batch{Size: 2, Wait: s}},
		"Singleton has no effect":                {Singleton: fn.Singleton{Key: "event.data.key"}},
		"Timeouts is negative":                   {Timeouts: fn.Timeouts{Start: -s}},
		"CancelOn needs an Event":                {CancelOn: []fn.Cancel{{If: "true"}}},
		"no negative Within":                     {CancelOn: []fn.Cancel{{Event: "test/cancel", Within: -s}}},
		"no Batch together with CancelOn":        batchOf(fn.Job{CancelOn: []fn.Cancel{{Event: "test/cancel"}}}),
		"no Batch together with CancelOn, Debou": batchOf(fn.Job{Debounce: fn.Debounce{Wait: s}}),
		"Debounce, Singleton or":                 batchOf(fn.Job{Singleton: fn.Singleton{On: true}}),
		"Singleton or Priority":                  batchOf(fn.Job{Priority: "1"}),
	} {
		spec.Events = []string{"test/e"}
		f := durabletest.NewJob("jobs/task", spec, durabletest.Count(&durabletest.Tally{}))
		if strings.HasPrefix(want, "no Batch") || strings.Contains(want, " or") && spec.Batch.Size == 2 && spec.Batch.Wait > 0 {
			f = batch("jobs/task", spec, nothing)
		}
		_, err := durable.New(durable.Config{Functions: []function.Function{f}, Jobs: durabletest.Production(t), Logger: durabletest.Log(t)})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "jobs/task") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	f := batch("jobs/task", fn.Job{Events: []string{"test/e"}}, nothing)
	if _, err := durable.New(durable.Config{Functions: []function.Function{f}, Jobs: durabletest.Production(t), Logger: durabletest.Log(t)}); err == nil ||
		!strings.Contains(err.Error(), "only with Batch") {
		t.Errorf("a slice without Batch: got %v", err)
	}
}

func nothing(context.Context, *[]durabletest.Input) (*durabletest.Output, error) { return nil, nil }

// TestAnHourCostsNoRun adds up how long Inngest tries. An outage uses up the attempts
// that fall into it.
func TestAnHourCostsNoRun(t *testing.T) {
	t.Parallel()
	var total time.Duration
	lost := 1 // the attempt with which it begins
	for attempt := 1; attempt <= fn.DefaultRetries; attempt++ {
		total += durable.RetryWait(attempt)
		if total <= time.Hour {
			lost++
		}
	}
	if left := fn.DefaultRetries + 1 - lost; lost != 8 || left < 3 {
		t.Errorf("an hour costs %d attempts, and leaves %d", lost, left)
	}
	if want := 4 * time.Hour; total < want {
		t.Errorf("a run is tried for %s, want %s", total, want)
	}
}

// TestEndsAreToldForADay adds up how long Inngest tries to tell of the end of a run: so long is
// its event kept.
func TestEndsAreToldForADay(t *testing.T) {
	t.Parallel()
	job := durabletest.NewJob("jobs/task", fn.Job{Events: []string{"test/e"}}, durabletest.Count(&durabletest.Tally{}))
	h, err := durable.New(durable.Config{
		Functions: []function.Function{job}, Jobs: durabletest.Production(t), Ledger: ledger.New(nil), Logger: durabletest.Log(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := h.Describe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var described struct {
		Functions []struct {
			Name  string
			Steps map[string]struct{ Retries struct{ Attempts int } }
		}
	}
	if err := json.Unmarshal(text, &described); err != nil {
		t.Fatal(err)
	}
	var total time.Duration
	for _, f := range described.Functions {
		for attempt := range f.Steps["step"].Retries.Attempts {
			if f.Name == "watch" {
				total += durable.RetryWait(attempt + 1)
			}
		}
	}
	if want := 24 * time.Hour; total < want {
		t.Errorf("the end of a run is told for %s, want %s", total, want)
	}
}
