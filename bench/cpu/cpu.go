// Package cpu tells how much processor time was taken by this process, and by servers of
// package stack: that is read from /proc, as Linux has it.
package cpu

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tick is the unit of the times in /proc/<pid>/stat: 1/100 s for programs, whatever the
// kernel's own is.
const tick = 10 * time.Millisecond

// Recorded returns the processor time that the processes recorded in dir/pids, and all
// that they have started, have taken so far.
func Recorded(dir string) (time.Duration, error) {
	records, err := filepath.Glob(filepath.Join(dir, "pids", "*"))
	if err != nil {
		return 0, err
	}
	var heads []int
	for _, record := range records {
		if strings.HasSuffix(record, ".lock") {
			continue
		}
		text, err := os.ReadFile(record)
		if err != nil {
			return 0, err
		}
		var pid int
		if _, err := fmt.Sscan(string(text), &pid); err != nil {
			return 0, fmt.Errorf("read %s: %w", record, err)
		}
		heads = append(heads, pid)
	}
	return trees(heads)
}

// Of returns the processor time that a process, and all that it has started, have taken so far.
func Of(pid int) (time.Duration, error) { return trees([]int{pid}) }

// Own returns the processor time that this process has taken so far.
func Own() (time.Duration, error) {
	var u syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), err
}

// trees returns the time of the processes, of their living descendants, and of those
// that have ended.
func trees(heads []int) (time.Duration, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	took, parent := map[int]time.Duration{}, map[int]int{}
	for _, path := range stats {
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) || len(text) == 0 {
			continue // ended meanwhile
		}
		if err == nil {
			parent[pid], took[pid], err = stat(text)
		}
		if err != nil {
			continue // ended while it was read
		}
	}
	var sum time.Duration
	for pid, t := range took {
		for at := pid; at > 1; at = parent[at] {
			if slices.Contains(heads, at) {
				sum += t
				break
			}
		}
	}
	return sum, nil
}

// stat reads the parent and the time out of a line of proc(5): the fields 4 and 14 to 17,
// of which the last two are those of children that have ended. The name, in parentheses,
// may itself hold blanks.
func stat(text []byte) (parent int, took time.Duration, err error) {
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	const state = 3 // the field that fields begins with
	if len(fields) <= 17-state {
		return 0, 0, errors.New("the line is too short")
	}
	parent, err = strconv.Atoi(fields[4-state])
	for _, field := range fields[14-state : 17-state+1] {
		n, failed := strconv.ParseInt(field, 10, 64)
		took, err = took+time.Duration(n)*tick, errors.Join(err, failed)
	}
	return parent, took, err
}
