package servers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Replacement says why another Inngest is to take the place of the one that runs.
type Replacement struct {
	Trouble string // what it does: "took events and began no run for 40 s"
	Reason  string // what is known of it, for the report
	// Empty leaves behind what the server kept: its functions, and what waits in it, which
	// is then sent again. It is put beside, as inngest.old.
	Empty bool
}

// mostReports bounds how many reports are kept.
const mostReports = 5

// ReplaceInngest ends the Inngest that runs, and has another one started in its place. Before that
// it writes what the old one is doing into a file for a report of the fault, and says so
// in the terminal. It does nothing if no Inngest runs at the moment.
func (s *Stack) ReplaceInngest(ctx context.Context, r Replacement) {
	s.mu.Lock()
	k := s.find(Inngest)
	s.mu.Unlock()
	if k == nil {
		return
	}
	select {
	case k.replace <- func(server running) { s.replace(ctx, k, server, r) }:
	default:
	}
}

// replace ends the server.
func (s *Stack) replace(ctx context.Context, k *keeper, server running, r Replacement) {
	file, err := s.report(ctx, localURL(k.port), r)
	if err != nil {
		file = fmt.Sprintf("(no report: %v)", err)
	}
	_ = server.Stop() // one that had to be killed is as good as stopped
	kept := "what it kept"
	if r.Empty {
		kept = "nothing; what it kept is in inngest.old"
		if err := s.setAside(); err != nil {
			kept += fmt.Sprintf(" (%v)", err)
		}
	}
	s.terminal.Say("  ! Inngest %s; another one takes its place, with %s. See %s", r.Trouble, kept, file)
}

// setAside empties the server's folder.
func (s *Stack) setAside() error {
	old := s.folder.Path("inngest.old")
	if err := os.RemoveAll(old); err != nil {
		return err
	}
	return os.Rename(s.folder.Path("inngest"), old)
}

// report writes what the Inngest at url is doing, and returns the file's path.
func (s *Stack) report(ctx context.Context, url string, r Replacement) (string, error) {
	name := "inngest-stuck-" + time.Now().Format("20060102-150405") + ".txt"
	file, err := os.OpenFile(s.folder.Path("logs", name), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(file, "Inngest %s.\n%s\nIts log is in inngest.log. What its goroutines did:\n\n", r.Trouble, r.Reason)
	if err := goroutines(ctx, file, url); err != nil {
		fmt.Fprintf(file, "It did not say: %v\n", err)
	}
	return file.Name(), errors.Join(file.Close(), s.forgetReports())
}

// forgetReports removes the oldest reports.
func (s *Stack) forgetReports() error {
	files, err := filepath.Glob(s.folder.Path("logs", "inngest-stuck-*.txt"))
	if err != nil {
		return err
	}
	slices.Sort(files) // by time
	for _, old := range files[:max(0, len(files)-mostReports)] {
		if err := os.Remove(old); err != nil {
			return err
		}
	}
	return nil
}

// goroutines writes the stacks of the Inngest at url to w.
func goroutines(ctx context.Context, w io.Writer, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/debug/pprof/goroutine?debug=2", nil)
	if err != nil {
		return err
	}
	response, err := Client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(w, io.LimitReader(response.Body, longestLog))
	return err
}
