package alarms_test

import (
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// history is what Prometheus would know of a router after some scrapes.
type history struct {
	series map[uint64]*series
}

type series struct {
	labels labels.Labels
	points []chunks.Sample
}

// add adds a scrape, made at the time at. What it does not show any more ends.
func (h *history) add(at time.Time, page []byte) error {
	p, err := textparse.New(page, "text/plain", labels.NewSymbolTable(), textparse.ParserOptions{})
	if err != nil {
		return err
	}
	seen := map[uint64]bool{}
	for {
		entry, err := p.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if entry != textparse.EntrySeries {
			continue
		}
		var l labels.Labels
		p.Labels(&l)
		_, _, v := p.Series()
		h.append(l, point{at.UnixMilli(), v})
		seen[l.Hash()] = true
	}
	for id, s := range h.series {
		if last := s.points[len(s.points)-1]; !seen[id] && !value.IsStaleNaN(last.F()) {
			s.points = append(s.points, point{at.UnixMilli(), math.Float64frombits(value.StaleNaN)})
		}
	}
	return nil
}

func (h *history) append(l labels.Labels, p point) {
	if h.series == nil {
		h.series = map[uint64]*series{}
	}
	s := h.series[l.Hash()]
	if s == nil {
		s = &series{labels: l}
		h.series[l.Hash()] = s
	}
	s.points = append(s.points, p)
}

// Querier implements [storage.Queryable].
func (h *history) Querier(int64, int64) (storage.Querier, error) { return querier{h}, nil }

type querier struct{ *history }

// Select implements [storage.Querier].
func (q querier) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	found := &set{}
	for _, s := range q.series {
		if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(s.labels.Get(m.Name)) }) {
			found.all = append(found.all, storage.NewListSeries(s.labels, s.points))
		}
	}
	slices.SortFunc(found.all, func(a, b storage.Series) int { return labels.Compare(a.Labels(), b.Labels()) })
	return found
}

// LabelValues implements [storage.Querier]; rules do not ask for it.
func (querier) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, errors.ErrUnsupported
}

// LabelNames implements [storage.Querier]; rules do not ask for it.
func (querier) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, errors.ErrUnsupported
}

// Close implements [storage.Querier].
func (querier) Close() error { return nil }

// set is the series that were selected.
type set struct {
	all []storage.Series
	n   int
}

func (s *set) Next() bool                        { s.n++; return s.n <= len(s.all) }
func (s *set) At() storage.Series                { return s.all[s.n-1] }
func (s *set) Err() error                        { return nil }
func (s *set) Warnings() annotations.Annotations { return nil }

// point is one value of a series.
type point struct {
	at int64 // milliseconds since 1970
	v  float64
}

func (p point) T() int64                      { return p.at }
func (p point) ST() int64                     { return 0 }
func (p point) F() float64                    { return p.v }
func (p point) H() *histogram.Histogram       { return nil }
func (p point) FH() *histogram.FloatHistogram { return nil }
func (p point) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (p point) Copy() chunks.Sample           { return p }
