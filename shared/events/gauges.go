package events

import (
	"context"
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/internal/gauge"
	"switchyard/shared/db"
)

// gaugeNames bounds the names of events that gauges tell of: the oldest of them.
const gaugeNames = 100

// gauges measures the outbox and Inngest, which are the same in every process. What it
// costs does not depend on how much is in the outbox.
type gauges struct {
	db     *db.DB
	events *prometheus.Desc
	oldest *prometheus.Desc
	window *prometheus.Desc
	flying *prometheus.Desc
	stuck  *prometheus.Desc
}

func newGauges(d *db.DB) *gauge.Gauges {
	g := &gauges{
		db: d,
		events: prometheus.NewDesc("switchyard_outbox_events",
			"Events in the outbox, the same in every process. Above 10,000 of a state they are estimated.",
			[]string{"state"}, nil),
		oldest: prometheus.NewDesc("switchyard_outbox_oldest_seconds",
			"Age of the oldest event of a name that is due and has not begun, the same in every process.", []string{"event"}, nil),
		window: prometheus.NewDesc("switchyard_outbox_window",
			"Events of a name that Inngest may have and not have begun, the same in every process.", []string{"event"}, nil),
		flying: prometheus.NewDesc("switchyard_outbox_in_flight",
			"Events of a name that Inngest has and has not begun, the same in every process.", []string{"event"}, nil),
		stuck: prometheus.NewDesc("switchyard_inngest_stuck",
			"1 while Inngest takes events and begins no run, else 0; the same in every process.", nil, nil),
	}
	return gauge.New(g.measure, g.events, g.oldest, g.window, g.flying, g.stuck)
}

func (g *gauges) measure(ctx context.Context) (all []prometheus.Metric, err error) {
	depth, err := Depth(ctx, g.db)
	if err != nil {
		return nil, err
	}
	oldest, err := oldestOf(ctx, g.db)
	if err != nil {
		return nil, err
	}
	engine, err := EngineOf(ctx, g.db)
	if err != nil {
		return nil, err
	}
	show := func(d *prometheus.Desc, v float64, labels ...string) {
		all = append(all, prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...))
	}
	for state, n := range depth {
		show(g.events, n, string(state))
	}
	for name, age := range oldest {
		show(g.oldest, age, name)
	}
	for _, name := range fullest(engine.Windows) {
		show(g.window, float64(engine.Windows[name].Size), name)
		show(g.flying, float64(engine.Windows[name].InFlight), name)
	}
	stuck := 0.0
	if engine.State == Stuck {
		stuck = 1
	}
	show(g.stuck, stuck)
	return all, nil
}

// fullest returns the names with the most events in flight, as many as gauges tell of.
func fullest(windows map[string]*Window) []string {
	names := slices.SortedFunc(maps.Keys(windows), func(a, b string) int { return windows[b].InFlight - windows[a].InFlight })
	return names[:min(len(names), gaugeNames)]
}
