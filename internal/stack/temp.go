package stack

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"switchyard/internal/stack/process"
)

// A folder of TempDir is named so once it is locked, and otherwise while it is made.
const (
	tempPrefix    = "switchyard-test-"
	tempNewPrefix = "switchyard-new-"
	ownerLock     = "owner.lock"
)

// standsFor is the file of a stand-in that names the folder for which it is.
const standsFor = "stands-for"

// TempDir makes a Dir for one run of a program, for example of tests, and returns
// it with what removes it again. Folders that killed runs left behind are removed
// first, and what still runs in them is ended.
func TempDir() (dir string, remove func() error, err error) {
	sweep()
	made, err := os.MkdirTemp("", tempNewPrefix)
	if err != nil {
		return "", nil, err
	}
	// Enterable but not listable: PostgreSQL may run as another user.
	if err := os.Chmod(made, 0o711); err != nil { //nolint:gosec // see above
		return "", nil, err
	}
	lock, err := process.Lock(filepath.Join(made, ownerLock))
	if err != nil {
		return "", nil, err
	}
	dir = filepath.Join(filepath.Dir(made), strings.Replace(filepath.Base(made), tempNewPrefix, tempPrefix, 1))
	if err := os.Rename(made, dir); err != nil {
		return "", nil, errors.Join(err, lock.Close(), os.RemoveAll(made))
	}
	return dir, func() error { return errors.Join(discard(dir), lock.Close()) }, nil
}

// sweep removes the folders whose owner is gone. Those it may not touch, it leaves.
func sweep() {
	dirs, err := filepath.Glob(filepath.Join(os.TempDir(), tempPrefix+"*"))
	if err != nil {
		return // the pattern is ours
	}
	for _, dir := range dirs {
		if !exists(filepath.Join(dir, ownerLock)) {
			_ = os.Remove(dir) // was being removed, with only this left to do
			continue
		}
		if lock, err := process.Lock(filepath.Join(dir, ownerLock)); err == nil {
			_ = discard(dir)
			_ = lock.Close()
		}
	}
	if os.Geteuid() == 0 {
		sweepStandIns()
	}
}

// sweepStandIns removes the data of folders among temporary files that are gone, such as those of
// [testing.T.TempDir], which know of no stand-in. Data of other folders stays: these may be
// on a disk that is not there now.
func sweepStandIns() {
	notes, err := filepath.Glob(filepath.Join(standIns+"*", standsFor))
	if err != nil {
		return // the pattern is ours
	}
	for _, note := range notes {
		made := filepath.Dir(note)
		dir, err := os.ReadFile(note)
		if err != nil || !ours(made) || !temporary(string(dir)) || exists(string(dir)) {
			continue
		}
		gone := made + "-" + rand.Text()
		if err := os.Rename(made, gone); err == nil { // at once: who starts anew in dir meets nothing of it
			_ = os.RemoveAll(filepath.Join(gone, "data")) // of what stays, the next sweep finds the note,
			_ = os.RemoveAll(gone)                        // which goes last
		}
	}
}

// temporary reports whether path is where systems, or this process, have their temporary files.
func temporary(path string) bool {
	return slices.ContainsFunc([]string{os.TempDir(), "/tmp", "/var/tmp", "/dev/shm"}, func(dir string) bool {
		return strings.HasPrefix(path, dir+string(filepath.Separator))
	})
}

// discard ends what runs in dir and removes dir and its stand-in; the lock last, so
// that an interrupted removal is taken up by the next sweep.
func discard(dir string) error {
	if err := process.Clean(dir); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	errs := []error{err}
	for _, e := range entries {
		if e.Name() != ownerLock {
			errs = append(errs, os.RemoveAll(filepath.Join(dir, e.Name())))
		}
	}
	if s := standIn(dir); os.Geteuid() == 0 && exists(s) {
		errs = append(errs, os.RemoveAll(s))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}
