package hooks_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"switchyard/shared/db/dbtest"
	"switchyard/shared/files/hooks"
	"switchyard/shared/files/hooks/hookstest"
)

// A delivery that fails, is delivered, is sent again and is given up, where nothing is prepared.
func TestUnprepared(t *testing.T) {
	t.Parallel()
	for mode, d := range dbtest.Unprepared(t) {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			ctx, o := t.Context(), openIn(t, d)
			r := hookstest.Receive(t, func(n int, w http.ResponseWriter) {
				if n == 0 {
					w.WriteHeader(http.StatusServiceUnavailable)
				}
			})
			w, _ := o.add(r.URL)
			if _, err := o.Rotate(ctx, o.owner, w.ID); err != nil {
				t.Error(err)
			}
			told := o.told(w)
			o.deliver(told, time.Minute)
			o.deliver(told, time.Minute)
			err := errors.Join(o.Enable(ctx, o.owner, w.ID), o.Test(ctx, o.owner, w.ID), o.Resend(ctx, o.owner, told.ID))
			if err != nil {
				t.Error(err)
			}
			if n, err := o.GiveUpLost(ctx, time.Now().Add(time.Hour), 10); err != nil || n != 2 {
				t.Errorf("%d were given up, %v, want 2", n, err)
			}
			all := o.deliveries(w)
			i := slices.IndexFunc(all, func(d hooks.Delivery) bool { return d.ID == told.ID })
			if last := all[i]; last.State != hooks.Failed || len(last.Attempts) != 3 || last.Attempts[0].Status != 503 || last.Attempts[1].Status != 200 {
				t.Errorf("at last: %+v", last)
			}
			if list, err := o.List(ctx, o.owner); err != nil || len(list) != 1 || list[0].OldUntil == nil {
				t.Errorf("webhooks: %+v, %v", list, err)
			}
			if err := o.Remove(ctx, o.owner, w.ID); err != nil {
				t.Error(err)
			}
		})
	}
}
