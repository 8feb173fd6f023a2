package main

import (
	"context"
	"fmt"
	"slices"

	"switchyard/bench/product/result"
)

// sweep measures the product at sizes of something.
type sweep struct {
	name, title, unit string
	sizes, large      []int // large ones take long: they are measured with -large alone
	series            []result.Series
	at                func(ctx context.Context, size int) ([]float64, error) // a value of each series
}

const whyLarge = "go run ./product -curves -large measures these, which takes hours"

func (b *bench) sweeps() []sweep {
	one := func(name, unit string) result.Series { return result.Series{Name: name, Unit: unit} }
	asked := []result.Series{one("half of the requests take at most", "ms"), one("CPU of a request", "µs")}
	return []sweep{
		{
			"functions", "Functions of a project", "functions",
			[]int{10, 100},
			[]int{1000, 5000},
			[]result.Series{
				one("start to ready", "ms"), one("resident, idle", "MiB"), one("CPU of a request", "µs"),
				one("go generate, one changed", "s"), one("go build, one changed", "s"),
			},
			functions,
		},
		{"users", "Users who are signed in: a list", "users", []int{100, 1000, 10_000, 100_000}, []int{1_000_000}, asked, b.users},
		{"files", "Rows of one user: the newest 20", "rows", []int{20, 1000, 100_000}, []int{1_000_000}, asked, b.files},
		{"backlog", "Events that wait", "events", []int{1000, 10_000, 100_000}, []int{1_000_000}, []result.Series{one("sent", "events a second")}, backlog},
		{
			"clients", "Clients that listen to server-sent events", "clients",
			[]int{10, 100, 1000},
			[]int{10_000},
			[]result.Series{one("resident", "MiB"), one("CPU of an event for one client", "µs")},
			b.clients,
		},
		{
			"replicas", "Replicas on one core: a list", "replicas",
			[]int{1, 2, 4},
			nil,
			[]result.Series{one("answered", "requests a second"), one("CPU of a request", "µs")},
			b.replicas,
		},
	}
}

// measureCurves measures those that are wanted. It needs an open database and the product.
func (b *bench) measureCurves(ctx context.Context) error {
	for _, s := range b.sweeps() {
		if len(b.curves) > 0 && !slices.Contains(b.curves, s.name) {
			continue
		}
		c := result.Curve{Name: s.name, Title: s.title, Unit: s.unit, Series: s.series}
		sizes := s.sizes
		if b.large {
			sizes = append(sizes, s.large...)
		} else if len(s.large) > 0 {
			c.NotRun, c.Why = floats(s.large), whyLarge
		}
		c.X = floats(sizes)
		for _, size := range sizes {
			values, err := s.at(ctx, size)
			if err != nil {
				return fmt.Errorf("%d %s: %w", size, s.unit, err)
			}
			for i, value := range values {
				c.Series[i].Y = append(c.Series[i].Y, value)
			}
			b.say("%d %s: %.2f", size, s.unit, values)
		}
		b.Curves = append(b.Curves, c)
	}
	return nil
}

// addCurves measures curves, and puts them into the results that are there, in place of
// older ones of the same names.
func (b *bench) addCurves(ctx context.Context) error {
	there, err := result.Read(b.settings.out)
	if err != nil {
		return err
	}
	if err := b.measureCurves(ctx); err != nil {
		return err
	}
	for _, c := range b.Curves {
		if i := slices.IndexFunc(there.Curves, func(old result.Curve) bool { return old.Name == c.Name }); i >= 0 {
			there.Curves[i] = c
		} else {
			there.Curves = append(there.Curves, c)
		}
	}
	return there.Write(b.settings.out)
}

func floats(all []int) (f []float64) {
	for _, n := range all {
		f = append(f, float64(n))
	}
	return f
}
