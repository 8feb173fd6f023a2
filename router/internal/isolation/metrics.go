package isolation

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"switchyard/internal/backoff"
)

// token opens /metrics of a router that lives for one run.
const token = "isolation of neighbours"

// scrapes is how often the metrics are read while the neighbour is called.
const scrapes = 500 * time.Millisecond

// scraper reads the metrics of a router, and finds those of a function that change.
type scraper struct {
	url    string
	name   string
	client *http.Client
	before map[string]string // value by series, before the neighbour was called
	moved  map[string]bool   // names of metrics
}

// newScraper returns one that knows how the metrics are now.
func newScraper(ctx context.Context, base, name string) (*scraper, error) {
	s := &scraper{url: base + "/metrics", name: name, client: newClient(), moved: map[string]bool{}}
	var err error
	s.before, err = s.read(ctx)
	return s, err
}

// run reads until ctx ends, and once more.
func (s *scraper) run(ctx context.Context) {
	for ctx.Err() == nil {
		s.look(ctx)
		backoff.Sleep(ctx, scrapes)
	}
	s.look(context.WithoutCancel(ctx))
}

// look compares what there is now. A router that is gone has no metrics.
func (s *scraper) look(ctx context.Context) {
	now, err := s.read(ctx)
	if err != nil {
		return
	}
	for series, value := range now {
		if s.before[series] != value {
			name, _, _ := strings.Cut(series, "{")
			s.moved[plain(name)] = true
		}
	}
}

// plain returns the name of a metric without what a histogram adds to it.
func plain(name string) string {
	for _, suffix := range []string{"_bucket", "_count", "_sum"} {
		name = strings.TrimSuffix(name, suffix)
	}
	return name
}

// names returns the names of the metrics that have changed.
func (s *scraper) names() []string { return slices.Sorted(maps.Keys(s.moved)) }

// read returns the values of the series that are labelled with the function, by series.
// Those of the process of a function apart, which change anyway, have another label.
func (s *scraper) read(ctx context.Context) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	response, err := s.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("read the metrics: %s", response.Status)
	}
	values := map[string]string{}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		series, value, found := strings.Cut(lines.Text(), "} ")
		if found && s.name != "" && strings.Contains(series, `function="`+s.name+`"`) {
			values[series] = value
		}
	}
	return values, lines.Err()
}
