package deleteinfected_test

import (
	"testing"

	"switchyard/functions/jobs/files/deleteinfected"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
)

func TestMain(m *testing.M) { filestest.Main(m) }

func TestDeleteInfected(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := deleteinfected.Function{Files: d.Files, Events: d.Events}
	bad, good := d.Create(t, "bad.txt", []byte("x")), d.Create(t, "good.txt", []byte("x"))
	for _, deleted := range []bool{true, false} { // an event may arrive twice
		out, err := f.Handle(t.Context(), &files.Infected{FileID: bad.ID})
		if err != nil || out.Deleted != deleted {
			t.Errorf("%+v, %v, want deleted: %t", out, err, deleted)
		}
	}
	if left := d.List(t); len(left) != 1 || left[0].ID != good.ID {
		t.Errorf("left are %+v", left)
	}
}
