package alarms_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
)

// rulesFile is what projects load.
const rulesFile = "../../../docs/alarms.yml"

// readRules reads the rules as Prometheus does.
func readRules(t *testing.T) []rulefmt.Rule {
	t.Helper()
	groups, errs := rulefmt.ParseFile(rulesFile, false, model.UTF8Validation)
	if len(errs) > 0 || len(groups.Groups) != 1 {
		t.Fatalf("%d groups, %v", len(groups.Groups), errs)
	}
	return groups.Groups[0].Rules
}

// watch evaluates rules again and again over the history of a router.
type watch struct {
	history
	engine *promql.Engine
	rules  []rulefmt.Rule
	active map[string]time.Time // since when each alarm has held without a break
}

func newWatch(t *testing.T) *watch {
	t.Helper()
	return &watch{
		engine: promql.NewEngine(promql.EngineOpts{MaxSamples: 1e6, Timeout: time.Minute, LookbackDelta: 5 * time.Minute}),
		rules:  readRules(t), active: map[string]time.Time{},
	}
}

// fire returns the alarms that fire at the time at, with what they are about: "EventsOld
// test/note". One fires when its expression has held for as long as the rule says.
func (w *watch) fire(ctx context.Context, at time.Time) ([]string, error) {
	var firing []string
	holds := map[string]bool{}
	for _, r := range w.rules {
		query, err := w.engine.NewInstantQuery(ctx, w, nil, r.Expr, at)
		if err != nil {
			return nil, err
		}
		found, err := query.Exec(ctx).Vector()
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			alarm := r.Alert + about(s.Metric)
			holds[alarm] = true
			if w.active[alarm].IsZero() {
				w.active[alarm] = at
			}
			if at.Sub(w.active[alarm]) >= time.Duration(r.For) {
				firing = append(firing, alarm)
			}
		}
		query.Close()
	}
	for alarm := range w.active {
		if !holds[alarm] {
			delete(w.active, alarm)
		}
	}
	slices.Sort(firing)
	return firing, nil
}

// about returns what an alarm is about, besides the project.
func about(l labels.Labels) (text string) {
	l.Range(func(l labels.Label) {
		if l.Name != "project" {
			text += " " + l.Value
		}
	})
	return text
}
