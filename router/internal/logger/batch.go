package logger

import (
	"bytes"
	"io"
	"sync"
	"time"

	"switchyard/shared/config"
)

const (
	// MaxDelay bounds the time for which a line may be kept before it is written.
	MaxDelay = 100 * time.Millisecond
	// maxKept bounds the lines that are kept, in bytes.
	maxKept = 64 << 10
	// pipeBuf is how much a pipe takes as one piece, in bytes: what others write to it comes
	// before or behind that, and never in the middle of a line (PIPE_BUF, pipe(7)).
	pipeBuf = 4096
)

// Batch writes lines in their order, a few with one call of the system. Ordinary lines wait for
// others, for MaxDelay at most; one of a warning or an error is written at once, with all before
// it. Who makes one has to close it. It is safe for concurrent use.
type Batch struct {
	out   io.Writer
	delay time.Duration // zero: each line is written at once

	mu    sync.Mutex
	kept  []byte      // whole lines
	timer *time.Timer // that writes them; nil before there were any
}

// NewBatch returns what writes the lines to out that a logger makes for c: those for machines in
// batches, those for people each at once.
func NewBatch(out io.Writer, c config.Server) *Batch {
	b := &Batch{out: out}
	if !isText(out, c) {
		b.delay = MaxDelay
	}
	return b
}

// batch returns out if it is one, or else what writes each line to it at once.
func batch(out io.Writer) *Batch {
	if b, ok := out.(*Batch); ok {
		return b
	}
	return &Batch{out: out}
}

// Write writes p, which is one or more lines.
func (b *Batch) Write(p []byte) (int, error) {
	if err := b.add(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// add is Write, but p does not escape: a caller may have it on its stack.
func (b *Batch) add(p []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.kept) > 0 && len(b.kept)+len(p) > maxKept {
		if err := b.flush(); err != nil {
			return err
		}
	}
	first := len(b.kept) == 0
	b.kept = append(b.kept, p...)
	if b.delay == 0 {
		return b.flush()
	}
	if first {
		b.wait()
	}
	return nil
}

// wait has what is kept written after the delay.
func (b *Batch) wait() {
	if b.timer == nil {
		b.timer = time.AfterFunc(b.delay, func() { _ = b.Flush() }) // there is nobody to tell
		return
	}
	b.timer.Reset(b.delay)
}

// Flush writes the lines that are kept.
func (b *Batch) Flush() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.flush()
}

func (b *Batch) flush() error {
	rest := b.kept
	b.kept = b.kept[:0]
	for len(rest) > 0 {
		n := piece(rest)
		if _, err := b.out.Write(rest[:n]); err != nil {
			return err // of the lines that are left, nobody knows whether they can be written
		}
		rest = rest[n:]
	}
	return nil
}

// piece returns how much of lines to write at once: as many as a pipe takes as one, or the first
// if that is longer.
func piece(lines []byte) int {
	if len(lines) <= pipeBuf {
		return len(lines)
	}
	if end := bytes.LastIndexByte(lines[:pipeBuf], '\n'); end >= 0 {
		return end + 1
	}
	if end := bytes.IndexByte(lines, '\n'); end >= 0 {
		return end + 1
	}
	return len(lines)
}

// Close writes the lines that are kept, and from then on each line at once: what ends may be
// ended. To do so twice does nothing.
func (b *Batch) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.delay = 0
	if b.timer != nil {
		b.timer.Stop()
	}
	return b.flush()
}
