package faults_test

import (
	"bufio"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
)

// metric returns the value of the series, such as `switchyard_inngest_stuck`, in the
// metrics of a replica, and whether it is there.
func (r *replica) metric(series string) (value float64, found bool) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.url+"/metrics", nil)
	must(r.t, err)
	req.Header.Set("Authorization", "Bearer "+metricsToken)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, false
	}
	defer func() { _ = res.Body.Close() }()
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		if text, is := strings.CutPrefix(lines.Text(), series+" "); is {
			value, err = strconv.ParseFloat(text, 64)
			return value, err == nil
		}
	}
	return 0, false
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
