package stack_test

import (
	"net"
	"net/http"
	"strings"
	"testing"

	"switchyard/internal/stack"
)

func startInngest(t *testing.T) *stack.Inngest {
	t.Helper()
	in, err := stack.StartInngest(t.Context(), stack.Options{Dir: tempDir(t), Log: logOf(t), Progress: progressOf(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := in.Stop(); err != nil {
			t.Error(err)
		}
	})
	return in
}

func TestInngest(t *testing.T) {
	t.Parallel()
	a, b := startInngest(t), startInngest(t)
	if a.URL == b.URL {
		t.Errorf("two servers have one URL: %s", a.URL)
	}
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	res := send(t, http.MethodPost, b.URL+"/e/"+b.EventKey, `{"name":"test/event","data":{}}`,
		http.Header{"Content-Type": {"application/json"}})
	if res.StatusCode != http.StatusOK {
		t.Errorf("an event is answered %s", res.Status)
	}
}

// The server itself would move to another port and say nothing.
func TestInngestPortTaken(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, err = stack.StartInngest(t.Context(), stack.Options{
		Dir: tempDir(t), Log: logOf(t), Progress: progressOf(t), Port: taken.Addr().(*net.TCPAddr).Port,
	})
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("start on a port that is taken: %v", err)
	}
}

// The path of the program is where whoever builds first puts it for all.
func TestBuildInngest(t *testing.T) {
	t.Parallel()
	first, err := stack.BuildInngest(t.Context(), progressOf(t))
	if err != nil {
		t.Fatal(err)
	}
	second, err := stack.BuildInngest(t.Context(), func(line string) { t.Errorf("built again: %s", line) })
	if err != nil || second != first || !strings.HasSuffix(first, "/inngest") {
		t.Errorf("BuildInngest() = %q, then %q, %v", first, second, err)
	}
}
