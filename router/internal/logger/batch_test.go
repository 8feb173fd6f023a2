package logger_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"switchyard/router/internal/logger"
	"switchyard/shared/config"
)

func forMachines() config.Server { return config.Server{LogFormat: "json"} }

// pieces keeps what is written to it, call by call.
type pieces struct {
	mu    sync.Mutex
	all   []string
	bytes int
	err   error
}

func (p *pieces) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return 0, p.err
	}
	p.all, p.bytes = append(p.all, string(b)), p.bytes+len(b)
	return len(b), nil
}

func (p *pieces) calls() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.all...)
}

func (p *pieces) size() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bytes
}

func (p *pieces) text() string { return strings.Join(p.calls(), "") }

// TestBatch: ordinary lines wait for others, but not for longer than MaxDelay; a warning waits
// for nothing, and comes behind what was there before it.
func TestBatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := &pieces{}
		b := logger.NewBatch(out, forMachines())
		defer b.Close()
		log := logger.New(b, forMachines())
		log.Info("one")
		time.Sleep(logger.MaxDelay / 2)
		log.Info("two")
		if got := out.calls(); len(got) > 0 {
			t.Errorf("at once: %q", got)
		}
		time.Sleep(logger.MaxDelay/2 + 1)
		synctest.Wait()
		if got := out.calls(); len(got) != 1 || strings.Count(got[0], "\n") != 2 {
			t.Errorf("after its time: %q", got)
		}
		for i, level := range []slog.Level{slog.LevelWarn, slog.LevelError} {
			log.Info("before")
			log.With("a", 1).WithGroup("g").Log(context.Background(), level, "now")
			if got := out.calls(); len(got) != 2+i || !strings.Contains(got[1+i], "before") || !strings.Contains(got[1+i], "now") {
				t.Errorf("%s: %q", level, got)
			}
		}
		log.Info("last")
		time.Sleep(logger.MaxDelay + 1)
		synctest.Wait()
		if got := out.calls(); len(got) != 4 {
			t.Errorf("%q", got)
		}
	})
}

// TestBatchCloses: what is kept is written at the end, and what comes later at once.
func TestBatchCloses(t *testing.T) {
	t.Parallel()
	out := &pieces{}
	b := logger.NewBatch(out, forMachines())
	log := logger.New(b, forMachines())
	log.Info("kept")
	for range 2 {
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
	log.Info("late")
	if got := out.calls(); len(got) != 2 || !strings.Contains(got[0], "kept") || !strings.Contains(got[1], "late") {
		t.Errorf("got %q", got)
	}
}

// TestBatchForPeople: who looks at a terminal waits for no line.
func TestBatchForPeople(t *testing.T) {
	t.Parallel()
	out := &pieces{}
	c := config.Server{LogFormat: "text"}
	b := logger.NewBatch(out, c)
	logger.New(b, c).Info("hello")
	if got := out.calls(); len(got) != 1 || !strings.Contains(got[0], "INF hello") {
		t.Errorf("got %q", got)
	}
}

// TestBatchPieces writes much at once: no line is lost, moved or divided, what is kept is
// bounded, and a pipe takes each piece as one.
func TestBatchPieces(t *testing.T) {
	t.Parallel()
	const pipe, most = 4096, 64 << 10
	out := &pieces{}
	b := logger.NewBatch(out, forMachines())
	var want strings.Builder
	for i := range 5000 {
		line := fmt.Sprintf("%d %s\n", i, strings.Repeat("x", i%500))
		if i%1000 == 999 {
			line = strings.Repeat("y", most+i) + "\n"
		}
		want.WriteString(line)
		if n, err := b.Write([]byte(line)); n != len(line) || err != nil {
			t.Fatal(n, err)
		}
		if kept := want.Len() - out.size(); kept > 2*most {
			t.Fatalf("%d bytes are kept", kept)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	for _, piece := range out.calls() {
		if !strings.HasSuffix(piece, "\n") || len(piece) > pipe && strings.Count(piece, "\n") > 1 {
			t.Errorf("a piece of %d bytes in %d lines", len(piece), strings.Count(piece, "\n"))
		}
	}
	if out.text() != want.String() {
		t.Error("something is missing, or elsewhere")
	}
}

// TestBatchAtOnce has many write, among them what passes on the lines of other processes.
func TestBatchAtOnce(t *testing.T) {
	t.Parallel()
	out := &pieces{}
	b := logger.NewBatch(out, forMachines())
	log := logger.New(b, forMachines())
	pass := logger.Pass(t.Context(), log, b, forMachines())
	const writers, each = 8, 200
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				switch {
				case w%2 == 0:
					pass(fmt.Appendf(nil, `{"time":"x","level":"INFO","msg":"m","w":%d,"i":%d}`, w, i))
				case i%50 == 0:
					log.Warn("m", "w", w, "i", i)
				default:
					log.Info("m", "w", w, "i", i)
				}
			}
		})
	}
	all.Wait()
	_ = b.Close()
	next := [writers]int{}
	for line := range strings.Lines(out.text()) {
		var w, i int
		_, numbers, _ := strings.Cut(line, `"w":`)
		if _, err := fmt.Sscanf(numbers, `%d,"i":%d}`, &w, &i); err != nil || next[w] != i {
			t.Fatalf("%v: of %d, %d instead of %d", err, w, i, next[w])
		}
		next[w]++
	}
	if next != [writers]int{each, each, each, each, each, each, each, each} {
		t.Errorf("got %v", next)
	}
}

// TestBatchPasses: a warning of another process is written at once, too.
func TestBatchPasses(t *testing.T) {
	t.Parallel()
	out := &pieces{}
	b := logger.NewBatch(out, forMachines())
	defer b.Close()
	pass := logger.Pass(t.Context(), logger.New(b, forMachines()), b, forMachines())
	pass([]byte(`{"time":"x","level":"INFO","msg":"\"level\":\"WARN\""}`))
	if got := out.calls(); len(got) > 0 {
		t.Errorf("got %q", got)
	}
	pass([]byte(`{"time":"x","level":"WARN","msg":"m"}`))
	if got := out.text(); strings.Count(got, "\n") != 2 {
		t.Errorf("got %q", got)
	}
}

// TestBatchFails: where nothing can be written, nothing piles up.
func TestBatchFails(t *testing.T) {
	t.Parallel()
	out := &pieces{err: errors.New("no space")}
	b := logger.NewBatch(out, forMachines())
	for range 10_001 {
		_, _ = b.Write([]byte("a line of the log\n"))
	}
	if err := b.Flush(); err == nil {
		t.Error("it was written")
	}
	out.mu.Lock()
	out.err = nil
	out.mu.Unlock()
	if _, err := b.Write([]byte("again\n")); err != nil {
		t.Error(err)
	}
	if err := b.Close(); err != nil || out.text() != "again\n" {
		t.Errorf("got %v, %d bytes", err, len(out.text()))
	}
}

// TestBatchOfFile writes through a pipe, as a program does.
func TestBatchOfFile(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b := logger.NewBatch(w, config.Server{LogFormat: "auto"})
	log := logger.New(b, config.Server{LogFormat: "auto"})
	go func() {
		for range 3000 {
			log.Info("a line that fills the pipe, which nobody has read from yet")
		}
		_ = b.Close()
		_ = w.Close()
	}()
	text, err := io.ReadAll(r)
	if n := strings.Count(string(text), "\n"); err != nil || n != 3000 {
		t.Errorf("%d lines, %v", n, err)
	}
}
