package result_test

import (
	"testing"

	"switchyard/bench/product/result"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	rounds := func(all ...float64) (r []result.Round) {
		for _, x := range all {
			r = append(r, result.Round{PerSecond: x})
		}
		return r
	}
	r := result.Results{
		Contestants: []result.Contestant{{Name: "gin", StartMs: 500}, {Name: "switchyard", StartMs: 31, IdleMiB: 29}},
		Works: []result.Work{
			{Name: "list", Results: []result.Score{
				{Contestant: "switchyard", Ratio: result.Ratio{PerSecond: 1.2, CPU: 0.95}, Rounds: rounds(12, 10, 30)},
				{Contestant: "hono", Rounds: rounds(6, 6, 6)},
				{Contestant: "fiber", Rounds: rounds(60, 60, 60)},
			}},
			{Name: "sse", Results: []result.Score{{Contestant: "switchyard", PerSecond: 7}}},
		},
	}
	r.Judge()
	want := []result.Gate{
		{"list", "perSecond", "switchyard", "nethttp", true, 1.10, 1.2, true},
		{"list", "cpu", "switchyard", "nethttp", false, 0.92, 0.95, false},
		{"list", "perSecond", "switchyard", "hono", true, 2, 2, true},
		{"", "startMs", "switchyard", "", false, 30, 31, false},
		{"", "idleMiB", "switchyard", "", false, 30, 29, true},
	}
	if len(r.Gates) != len(want) {
		t.Fatalf("gates: %v", r.Gates)
	}
	for i := range want {
		if r.Gates[i] != want[i] {
			t.Errorf("gate %d is %v, want %v", i, r.Gates[i], want[i])
		}
	}
	if n := len(r.Missed()); n != 2 {
		t.Errorf("%d gates were missed, want 2", n)
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		of   []float64
		want float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{3, 1}, 2}, {[]float64{9, 1, 3}, 3}} {
		if got := result.Median(c.of); got != c.want {
			t.Errorf("the median of %v is %g, want %g", c.of, got, c.want)
		}
	}
}
