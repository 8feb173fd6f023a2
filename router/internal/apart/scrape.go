package apart

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// A scrape waits no longer for a process, and reads no more of it.
const (
	scrapeTime = time.Second
	maxScrape  = 8 << 20 // bytes
)

// Gather implements [prometheus.Gatherer]: it returns the metrics of the processes. Each has one
// more label, apart, which names the group. A process that does not answer has none.
func (s *Supervisor) Gather() ([]*dto.MetricFamily, error) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime) //nolint:forbidigo // a Gatherer is given no context
	defer cancel()
	found := make([]map[string]*dto.MetricFamily, len(s.groups))
	errs := make([]error, len(s.groups))
	var all sync.WaitGroup
	for i, g := range s.groups {
		if g.token != "" && g.gate.open.Load() {
			all.Go(func() { found[i], errs[i] = g.scrape(ctx) })
		}
	}
	all.Wait()
	merged := map[string]*dto.MetricFamily{}
	for _, families := range found {
		for name, family := range families {
			if first := merged[name]; first != nil {
				first.Metric = append(first.Metric, family.GetMetric()...)
			} else {
				merged[name] = family
			}
		}
	}
	var list []*dto.MetricFamily
	for _, family := range merged {
		list = append(list, family)
	}
	return list, errors.Join(errs...)
}

// scrape returns the metrics of the process, which name the group.
func (g *group) scrape(ctx context.Context) (map[string]*dto.MetricFamily, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+g.token)
	res, err := g.transport.RoundTrip(r)
	if err != nil {
		return nil, fmt.Errorf("scrape %s: %w", g.Name, err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("scrape %s: it answered %s", g.Name, res.Status)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(io.LimitReader(res.Body, maxScrape))
	if err != nil {
		return nil, fmt.Errorf("scrape %s: %w", g.Name, err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			m.Label = append(m.Label, &dto.LabelPair{Name: new("apart"), Value: &g.Name})
			slices.SortFunc(m.Label, func(a, b *dto.LabelPair) int { return cmp.Compare(a.GetName(), b.GetName()) })
		}
	}
	return families, nil
}
