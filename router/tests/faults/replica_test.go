package faults_test

import (
	"io"
	"net/http"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"switchyard/internal/stack/process"
)

// replica is one router, which keeps its address when it is started again.
type replica struct {
	t       *testing.T
	program string
	env     []string
	port    int
	url     string
	log     io.Writer

	mu      sync.Mutex
	process *process.Process // nil before the first start
	cmd     *exec.Cmd        // of it
}

// run runs a verb of the router to its end.
func (r *replica) run(verb string) {
	r.t.Helper()
	cmd := exec.Command(r.program, verb)
	cmd.Env = r.env
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Fatalf("router %s: %v\n%s", verb, err, out)
	}
}

// start starts the router and waits until it is ready.
func (r *replica) start() {
	r.t.Helper()
	r.launch()
	until(r.t, "the router is ready", func() bool { return answers(r.url + "/readyz") })
}

// launch starts the router.
func (r *replica) launch() {
	r.t.Helper()
	cmd := exec.Command(r.program, "serve")
	cmd.Env = r.env
	p, err := process.Start(process.Command{Label: "the router", Cmd: cmd, Log: r.log, Grace: time.Minute})
	must(r.t, err)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.process, r.cmd = p, cmd
}

// memory returns what the router has had in memory at most, in MiB, since it was started.
func (r *replica) memory() int {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	return memory(r.t, r.cmd.Process.Pid)
}

// kill ends the router without warning.
func (r *replica) kill() {
	r.mu.Lock()
	p := r.process
	r.mu.Unlock()
	if p != nil {
		p.Signal(syscall.SIGKILL)
		<-p.Done()
	}
}

// stop ends the router as a platform does, which must go well.
func (r *replica) stop() {
	r.t.Helper()
	must(r.t, r.process.Stop())
	if err := r.process.Err(); err != nil {
		r.t.Errorf("the router ended with %v", err)
	}
}

// answers reports whether a GET of the address is answered with 200.
func answers(address string) bool {
	client := http.Client{Timeout: 5 * time.Second}
	res, err := client.Get(address)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}
