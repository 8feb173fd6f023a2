package faults_test

import (
	"bufio"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
)

// metric returns the value of the first series called name, with the label unless that is
// "", in the metrics of a replica; -1 if there is none.
func (r *replica) metric(name, label string) float64 {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.url+"/metrics", nil)
	must(r.t, err)
	req.Header.Set("Authorization", "Bearer "+metricsToken)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return -1
	}
	defer func() { _ = res.Body.Close() }()
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		series, text, _ := strings.Cut(lines.Text(), "} ")
		if strings.HasPrefix(series, name+"{") && strings.Contains(series, label) {
			value, err := strconv.ParseFloat(text, 64)
			must(r.t, err)
			return value
		}
	}
	return -1
}

// memory returns what a process has had in memory at most, in MiB, since it began.
func memory(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	must(t, err)
	for line := range strings.Lines(string(text)) {
		if kib, is := strings.CutPrefix(line, "VmHWM:"); is {
			n, err := strconv.Atoi(strings.Fields(kib)[0])
			must(t, err)
			return n >> 10
		}
	}
	t.Fatalf("process %d says nothing of its memory", pid)
	return 0
}
