package files_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"switchyard/shared/auth/authtest"
	"switchyard/shared/fault"
	"switchyard/shared/files"
)

// history returns the steps of a file, each as "name state progress detail", and checks
// their times.
func (d desk) history(t *testing.T, id uuid.UUID) (all []string) {
	t.Helper()
	details, err := d.Details(t.Context(), d.owner, id)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range details.Steps {
		if s.BeganAt.IsZero() || s.EndedAt.IsZero() != (s.State == files.StepRunning) || !s.EndedAt.IsZero() && s.EndedAt.Before(s.BeganAt) {
			t.Errorf("times of %+v", s)
		}
		text := string(s.Name) + " " + string(s.State)
		if s.Progress > 0 {
			text += " " + strings.Repeat("|", s.Progress/10)
		}
		all = append(all, strings.TrimSpace(text+" "+s.Detail))
	}
	return all
}

func TestHistory(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t)
	f := d.create(t, files.New{Name: "a", Size: 5})
	wants := func(want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, d.history(t, f.ID)); diff != "" {
			t.Error(diff)
		}
	}
	step := func(s files.Step) {
		t.Helper()
		if err := d.Step(ctx, d.owner, f.ID, s); err != nil {
			t.Error(err)
		}
	}
	step(files.Step{Name: files.StepPin, State: files.StepRunning}) // not before the bytes are there
	wants("created done", "uploaded running")
	if _, err := d.Complete(ctx, d.bus, d.owner, f.ID); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second try is no second step
		step(files.Step{Name: files.StepPin, State: files.StepRunning})
		wants("created done", "uploaded done", "pin running")
	}
	step(files.Step{Name: files.StepPin, State: files.StepDone, Detail: "copied"})
	step(files.Step{Name: files.StepPin, State: files.StepRunning}) // a try that comes late
	step(files.Step{Name: files.StepDigest, State: files.StepRunning, Progress: 40})
	wants("created done", "uploaded done", "pin done copied", "digest running ||||")
	if _, err := d.Finish(ctx, d.bus, d.owner, f.ID, files.Result{Reason: "damaged"}); err != nil {
		t.Fatal(err)
	}
	step(files.Step{Name: files.StepDigest, State: files.StepDone}) // a try that comes too late
	step(files.Step{Name: files.StepPicture, State: files.StepRunning})
	if _, err := d.Finish(ctx, d.bus, d.owner, f.ID, files.Result{}); err != nil {
		t.Fatal(err)
	}
	wants("created done", "uploaded done", "pin done copied", "digest failed |||| It was given up.", "finish failed damaged")
}

func TestHistoryOfEmpty(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	f := d.create(t, files.New{Name: "a"})
	if _, err := d.Finish(t.Context(), d.bus, d.owner, f.ID, files.Result{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"created done", "finish done"}, d.history(t, f.ID)); diff != "" {
		t.Error(diff)
	}
}

// What is noted is bounded, and goes with the file.
func TestHistoryBounds(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t)
	f := d.create(t, files.New{Name: "a"})
	long := files.Step{Name: files.StepPin, State: files.StepDone, Detail: strings.Repeat("長", 10_000)}
	if err := d.Step(ctx, d.owner, f.ID, long); err != nil {
		t.Fatal(err)
	}
	if all := d.history(t, f.ID); len(all) != 2 || len([]rune(all[1])) != len("pin done ")+500 || !strings.HasSuffix(all[1], "長…") {
		t.Errorf("got %q", all)
	}
	if err := d.Delete(ctx, d.bus, d.owner, f.ID); err != nil {
		t.Fatal(err)
	}
	if err := d.Step(ctx, d.owner, f.ID, long); err != nil {
		t.Errorf("of a file that is gone: %v", err)
	}
	var left int
	if err := d.db.QueryRow(ctx, `SELECT count(*) FROM file_step`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d are left, %v", left, err)
	}
}

func TestHistoryOfOthers(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t)
	f := d.create(t, files.New{Name: "a"})
	for _, other := range []string{authtest.User(t, d.db).ID, "", "nobody"} {
		if err := d.Step(ctx, other, f.ID, files.Step{Name: files.StepPin, State: files.StepDone}); err != nil {
			t.Error(err)
		}
		if got, err := d.Details(ctx, other, f.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q sees %+v, %v", other, got, err)
		}
	}
	if all := d.history(t, f.ID); len(all) != 1 {
		t.Errorf("got %q", all)
	}
}

// What is noted while the file is being finished is either before that, or not there: no
// step of a finished file goes on.
func TestHistoryAtOnce(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t)
	var all sync.WaitGroup
	for range 10 {
		f := d.create(t, files.New{Name: "a"})
		for _, name := range []files.StepName{files.StepPin, files.StepDigest, files.StepPicture} {
			all.Go(func() {
				if err := d.Step(ctx, d.owner, f.ID, files.Step{Name: name, State: files.StepRunning}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Go(func() {
			if _, err := d.Finish(ctx, d.bus, d.owner, f.ID, files.Result{}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	var going int
	if err := d.db.QueryRow(ctx, `SELECT count(*) FROM file_step WHERE state = 'running'`).Scan(&going); err != nil || going != 0 {
		t.Errorf("%d steps go on, %v", going, err)
	}
}
