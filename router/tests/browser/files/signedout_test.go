package files_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"switchyard/router/tests/browser/rig"
)

// A window whose session was ended elsewhere is loaded anew once, when its cookie does not vouch for
// the session any more, and not again and again meanwhile.
func TestSignedOutElsewhere(t *testing.T) {
	t.Parallel()
	app := rig.StartDev(t, "AUTH_COOKIE_CACHE=10s")
	tab := rig.Browser(t)
	rig.SignUp(tab, t, app)
	d := desk{t, tab, app}
	d.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
			Source: `sessionStorage.loads = 1 + Number(sessionStorage.loads ?? 0)`,
		})
		return err
	}))
	d.visit("/")
	time.Sleep(time.Second) // until its stream is open
	revokeOthers(t, rig.SignIn(t, app), app)
	time.Sleep(15 * time.Second) // after which the window asks again
	d.wait(`location.pathname === '/sign-in'`)
	if loads, err := chromedp.Run(tab, chromedp.Evaluate[string](`sessionStorage.loads`)); err != nil || loads != "2" {
		t.Errorf("%s pages were loaded, %v; want the list and that for signing in", loads, err)
	}
}

// revokeOthers ends all sessions of the user but that of client.
func revokeOthers(t *testing.T, client *http.Client, app string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, app+"/api/auth/revoke-other-sessions", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", app)
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("revoke the other sessions: %s", resp.Status)
	}
}
