package live

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// counts are what has happened since the start.
type counts struct {
	published atomic.Int64 // messages that were read, of all topics
	delivered atomic.Int64 // into streams
	dropped   atomic.Int64 // streams whose clients read too slowly
	refused   atomic.Int64 // streams
}

// Collectors returns what a metrics endpoint shows of the streams of this process.
func (h *Hub) Collectors() []prometheus.Collector {
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "switchyard_live_" + name, Help: help}, value)
	}
	counter := func(name, help string, value *atomic.Int64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "switchyard_live_" + name, Help: help},
			func() float64 { return float64(value.Load()) })
	}
	return []prometheus.Collector{
		gauge("streams", "Streams that are open.", func() float64 { return float64(h.Streams()) }),
		gauge("topics", "Topics that they subscribe to.", func() float64 {
			h.mu.Lock()
			defer h.mu.Unlock()
			return float64(len(h.topics))
		}),
		gauge("behind_seconds", "Since when messages could not be read, while there are streams; 0 if they can.", h.behind),
		counter("messages_total", "Messages that were read, of all topics.", &h.counts.published),
		counter("deliveries_total", "Messages that were put into streams.", &h.counts.delivered),
		counter("dropped_total", "Streams that were ended since their clients read too slowly.", &h.counts.dropped),
		counter("refused_total", "Streams that were refused since there were too many.", &h.counts.refused),
	}
}

// Streams returns how many streams are open in this process.
func (h *Hub) Streams() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.streams)
}

// behind returns for how many seconds there has been no connection to read by.
func (h *Hub) behind() float64 {
	lost := h.lost.Load()
	if lost == 0 || h.Streams() == 0 {
		return 0
	}
	return time.Since(time.Unix(0, lost)).Seconds()
}
