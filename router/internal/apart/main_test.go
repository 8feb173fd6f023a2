package apart_test

import (
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"switchyard/router/internal/function"
	"switchyard/router/internal/program"
	"switchyard/router/internal/routertest"
	"switchyard/shared/fn"
)

func TestMain(m *testing.M) { routertest.Main(m, sample()) }

// sample is a router of public pages: in pages/bad/… a request says how bad it is.
func sample() program.Program {
	page := func(name string, spec fn.Page, h http.HandlerFunc) function.Function {
		spec.Route, spec.Access = "/"+name, fn.Public
		return function.Function{Name: "pages/" + name, Spec: spec, Bind: func() any { return h }}
	}
	return program.Program{Project: fn.Project{Name: "sample", Title: "Sample"}, Functions: []function.Function{
		page("good", fn.Page{}, who),
		page("bad/one", fn.Page{Timeout: 2 * time.Minute}, behaves),
		page("bad/two", fn.Page{}, who),
		page("spec", fn.Page{Apart: true}, who),
	}}
}

// who answers with the id of the process, and of whose request it is.
func who(w http.ResponseWriter, r *http.Request) {
	if folder := r.URL.Query().Get("within"); folder != "" {
		stays(folder)
	}
	w.Header().Set("X-Process", strconv.Itoa(os.Getpid()))
	w.Header().Set("X-Asked", r.Header.Get("X-Request-Id")+" "+r.Host)
	_, _ = io.Copy(w, r.Body)
}

// stays says in a folder that it has begun, and returns when it is told there to end.
func stays(folder string) {
	_ = os.WriteFile(filepath.Join(folder, "begun"), nil, 0o600)
	for {
		if _, err := os.Stat(filepath.Join(folder, "end")); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// behaves does what the request says.
func behaves(w http.ResponseWriter, r *http.Request) {
	bad := map[string]func(){
		"panics":   func() { panic("a panic of its own request") },
		"gopanics": func() { go panic("a panic in a goroutine"); select {} },
		"exits":    func() { os.Exit(3) },
		"killed":   func() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL); select {} },
		"hogs":     hog,
		"recurses": func() { w.WriteHeader(recurse(0)) },
		"maps":     races,
		"prints":   func() { _, _ = os.Stdout.WriteString("printed by a function\n") },
		"starts":   func() { w.Header().Set("X-Started", begin()) },
		"waits":    func() { <-r.Context().Done() },
		"streams":  func() { streams(w, r) },
		"files": func() {
			var limit syscall.Rlimit
			_ = syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
			w.Header().Set("X-Files", strconv.FormatUint(limit.Cur, 10))
		},
	}
	if act := bad[r.URL.Query().Get("how")]; act != nil {
		act()
	}
	who(w, r)
}

// begin starts another program, and returns the id of its process.
func begin() string {
	cmd := exec.Command("/bin/sleep", "60")
	_ = cmd.Start()
	return strconv.Itoa(cmd.Process.Pid)
}

func hog() {
	var all [][]byte
	for range 1 << 20 {
		b := make([]byte, 8<<20)
		for i := 0; i < len(b); i += 4 << 10 {
			b[i] = 1
		}
		all = append(all, b)
	}
	runtime.KeepAlive(all)
}

func recurse(n int) int {
	if n < 0 {
		return n
	}
	return recurse(n+1) + 1
}

func races() {
	m := map[int]int{}
	for range 8 {
		go func() {
			for i := 0; ; i++ {
				m[i%8]++
				_ = maps.Clone(m)
			}
		}()
	}
	select {}
}

// streams answers a line for each that it gets.
func streams(w http.ResponseWriter, r *http.Request) {
	flusher := http.NewResponseController(w)
	_ = flusher.EnableFullDuplex()
	for i := range 3 {
		_, _ = io.WriteString(w, "line "+strconv.Itoa(i)+"\n")
		_ = flusher.Flush()
		if i == 1 && r.URL.Query().Has("until") {
			<-r.Context().Done()
			return
		}
	}
}
