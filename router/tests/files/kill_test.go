package files_test

import (
	"testing"
	"time"

	"switchyard/router/internal/routertest"
)

// TestKilledRouter kills the router while it processes files, each time at
// another moment, and expects every one of them to be finished by the next.
func TestKilledRouter(t *testing.T) {
	t.Parallel()
	env := routertest.Environment(t, routertest.StartInngest(t))
	photo := jpegPhoto(t, 1500, 1000)
	var sent []file
	var cookie string
	for i := range 4 {
		r, kill := routertest.StartProcess(t, "", env)
		if r.Cookie = cookie; cookie == "" {
			r = r.SignUp()
			cookie = r.Cookie
		}
		sent = append(sent, desk{r}.upload("photo.jpg", "image/jpeg", photo))
		time.Sleep(time.Duration(i) * 150 * time.Millisecond) // the moment of the crash is what varies
		kill()
	}
	r, _ := routertest.StartProcess(t, "", env)
	r.Cookie = cookie
	for _, f := range sent {
		if got := (desk{r}).settled(f.ID); got.Status != "ready" || !got.Thumbnail {
			t.Errorf("after the crashes: %+v", got)
		}
	}
}
