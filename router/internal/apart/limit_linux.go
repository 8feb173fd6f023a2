package apart

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// limitMemory bounds the private writable memory of this process, which is what it has now
// and n bytes more. An allocation beyond it fails, and the Go runtime ends the process with a
// trace of the goroutine that asked for it.
func limitMemory(n uint64) error {
	now, err := dataSize()
	if err != nil {
		return fmt.Errorf("find out how much memory is in use: %w", err)
	}
	limit := syscall.Rlimit{Cur: now + n, Max: now + n}
	if err := syscall.Setrlimit(syscall.RLIMIT_DATA, &limit); err != nil {
		return fmt.Errorf("limit the memory: %w", err)
	}
	return nil
}

// dataSize returns what RLIMIT_DATA bounds, in bytes: proc(5), VmData.
func dataSize() (uint64, error) {
	file, err := os.Open("/proc/self/status")
	if err != nil {
		return 0, err
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if value, found := strings.CutPrefix(lines.Text(), "VmData:"); found {
			kib, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("/proc/self/status has no VmData")
}
