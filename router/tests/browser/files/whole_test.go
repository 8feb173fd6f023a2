package files_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"switchyard/router/tests/browser/rig"
)

// watch notes on the page of the list when it shows a file as ready, and whether it shows one
// twice.
const watch = `window.kept = 1; window.readyAt = {}; window.twice = [];
	(window.look = () => {
		const rows = [...document.querySelectorAll('#list [data-id]')], ids = rows.map((r) => r.dataset.id);
		twice.push(...ids.filter((id, i) => ids.indexOf(id) !== i));
		for (const r of rows) if (r.dataset.status === 'ready') readyAt[r.dataset.name] ??= Date.now();
	})();
	new MutationObserver(look).observe(document.body, {subtree: true, childList: true, attributes: true});`

// whole is two browsers, a desktop's and a phone's, of one user, at two replicas.
type whole struct {
	*testing.T
	dev    *rig.Dev
	second *rig.Replica
	client *http.Client // of the user, at the first replica

	desktop, tab, phone desk // windows with the list: two of one browser, and the other browser's
	windows             []window
}

// window is one whose console is looked at.
type window struct {
	name string
	desk
	console *rig.Console
}

// Whatever happens to the files, to a replica and to the database: each open page shows it without
// a reload, nothing twice, and nothing is missed.
func TestTwoBrowsersTwoReplicas(t *testing.T) { //nolint:paralleltest // pages that are late fail it: nothing else is to be at work
	dev := rig.Start(t)
	w := &whole{T: t, dev: dev, second: dev.Replica(t)}
	browser := rig.Browser(t)
	rig.SignUp(browser, t, dev.App)
	w.client = rig.SignIn(t, dev.App)
	w.desktop = w.open(browser, "desktop", dev.App, 1100, 900)
	w.tab = w.open(browser, "second tab", dev.App, 1100, 900)
	w.phone = w.open(elsewhere(browser, t), "phone", w.second.URL, 390, 844)
	rig.SignInByForm(w.phone.tab, t, w.second.URL)
	for _, d := range w.lists() {
		d.visit("/")
		d.js(watch)
	}
	ids := w.upload("one.txt", "two.txt", "three.txt")
	w.share(ids["two.txt"])
	w.consoles((*rig.Console).Said)
	w.replicaKilled()
	w.databaseRestarted()
	w.bare()
	w.remove(ids)
	w.signOut()
	w.consoles(func(c *rig.Console, _ string) []string { return c.SaidButUnloaded() })
}

// elsewhere is another browser, which shares no cookies with that of ctx.
func elsewhere(ctx context.Context, t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := chromedp.NewContext(ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// open opens a window beside that of browser, at a replica.
func (w *whole) open(browser context.Context, name, app string, width, height int64) desk {
	w.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	w.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, height)); err != nil { // the window lives as long as ctx
		w.Fatal(err)
	}
	d := desk{w.T, ctx, app}
	w.windows = append(w.windows, window{name, d, rig.Listen(ctx, w.T)})
	return d
}

func (w *whole) lists() []desk { return []desk{w.desktop, w.tab, w.phone} }

// show waits until each list shows what condition says, and has been neither loaded anew nor shown
// a file twice.
func (w *whole) show(condition string) {
	w.Helper()
	for _, d := range w.lists() {
		d.wait(`window.kept === 1 && ` + condition)
		if twice, err := chromedp.Run(d.tab, chromedp.Evaluate[[]string](`window.twice`)); err != nil || len(twice) > 0 {
			w.Errorf("%s: shown twice: %v, %v", d.app, twice, err)
		}
	}
}

// ready is a condition: the list shows these files, and that each is ready.
func ready(names ...string) string {
	list, _ := json.Marshal(names)
	return fmt.Sprintf(`%s.every((n) => document.querySelector('[data-name="' + n + '"][data-status=ready]'))`, list)
}

// upload uploads files by the picker, reports after which time each page shows them as ready, and
// returns their ids.
func (w *whole) upload(names ...string) map[string]string {
	w.Helper()
	var paths []string
	for _, name := range names {
		paths = append(paths, filepath.Join(w.TempDir(), name))
		if err := os.WriteFile(paths[len(paths)-1], []byte("this is "+name), 0o600); err != nil {
			w.Fatal(err)
		}
	}
	w.desktop.do(chromedp.SetUploadFiles(chromedp.CSS(`input[type=file]`), paths))
	said, ids := w.processed(names)
	w.show(ready(names...))
	for _, d := range w.lists() {
		w.late(d, said)
	}
	return ids
}

// late fails the test if a window shows a file as ready long after the API said so. How long it
// took it reports, since that depends on what else the machine does.
func (w *whole) late(d desk, said map[string]time.Time) {
	w.Helper()
	shown, err := chromedp.Run(d.tab, chromedp.Evaluate[map[string]float64](`window.readyAt`))
	if err != nil {
		w.Fatal(err)
	}
	var longest time.Duration
	for name, at := range said {
		longest = max(longest, time.UnixMilli(int64(shown[name])).Sub(at))
	}
	w.Logf("report: a page of %s shows a file as ready %v after the API says so, at most", d.app, longest.Round(time.Millisecond))
	if longest > 10*time.Second { // a page without its stream looks every 15
		w.Error("which is late")
	}
}

// processed waits until the API says that each of these files is ready, and returns when it said
// so, and the files' ids.
func (w *whole) processed(names []string) (said map[string]time.Time, ids map[string]string) {
	w.Helper()
	said, ids = map[string]time.Time{}, map[string]string{}
	for deadline := time.Now().Add(rig.Patience); len(said) < len(names); time.Sleep(20 * time.Millisecond) {
		var page struct {
			Files []struct{ ID, Name, Status string }
		}
		call(w.T, w.client, http.MethodGet, w.dev.App+"/api/files", nil, &page)
		for _, f := range page.Files {
			if _, known := said[f.Name]; !known && f.Status == "ready" {
				said[f.Name], ids[f.Name] = time.Now(), f.ID
			}
		}
		if time.Now().After(deadline) {
			w.Fatalf("of %v these are ready: %v", names, said)
		}
	}
	return said, ids
}

// share makes a link to a file, opens it signed out, and revokes it.
func (w *whole) share(id string) {
	w.Helper()
	owner := w.open(w.desktop.tab, "owner", w.dev.App, 1100, 900)
	other := w.open(w.phone.tab, "owner's phone", w.second.URL, 390, 844)
	guest := w.open(elsewhere(w.desktop.tab, w.T), "guest", "", 390, 844)
	other.visit("/files/" + id)
	other.js(`window.kept = 1`)
	owner.visit("/files/" + id)
	owner.do(chromedp.Click(chromedp.CSS(`#share summary`)), chromedp.Click(chromedp.CSS(`#share button`)), chromedp.WaitVisible(chromedp.CSS(`.secret code`)))
	link, err := chromedp.Run(owner.tab, chromedp.Text(chromedp.CSS(`.secret code`)))
	if err != nil {
		w.Fatal(err)
	}
	other.wait(`window.kept === 1 && document.querySelectorAll('.links li').length === 1`)
	guest.visit(link)
	guest.wait(`document.querySelector('h1').innerText.includes('two.txt') && !document.body.innerText.includes('Sign out')`)
	other.wait(`window.kept === 1 && document.querySelector('.links').innerText.includes('1 view')`)
	owner.visit("/files/" + id)
	owner.do(chromedp.Click(chromedp.CSS(`.links button.danger`)))
	other.wait(`window.kept === 1 && !document.querySelector('.links')`)
	guest.visit(link)
	guest.wait(`document.querySelector('.status')?.innerText === '404'`)
	owner.visit("/files/" + id)
	owner.js(`window.kept = 1`)
}

// replicaKilled uploads while the replica of the phone is away, and kills the one that processes.
func (w *whole) replicaKilled() {
	w.Helper()
	w.second.Kill()
	upload(w.T, w.client, w.dev.App, "while-away.txt", "x")
	w.second.Start(w.T)
	w.show(ready("while-away.txt"))
	send(w.T, w.client, w.dev.App, "killed.txt", "x")
	w.dev.KillApp(w.T)
	w.back()
	w.processed([]string{"killed.txt"}) // Inngest tries again, some seconds later
	w.show(ready("killed.txt"))
}

// databaseRestarted uploads as soon as the database is back.
func (w *whole) databaseRestarted() {
	w.Helper()
	w.dev.StopDatabase(w.T)
	w.back()
	upload(w.T, w.client, w.dev.App, "afterwards.txt", "x")
	w.show(ready("one.txt", "two.txt", "three.txt", "while-away.txt", "killed.txt", "afterwards.txt"))
}

// back waits until the first replica answers again.
func (w *whole) back() {
	w.Helper()
	for deadline := time.Now().Add(rig.Patience); ; time.Sleep(100 * time.Millisecond) {
		resp, err := w.client.Get(w.dev.App + "/api/files")
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(deadline) {
			w.Fatalf("the desk does not come back: %v", err)
		}
	}
}

// bare goes from the list to a link and back without JavaScript, on the phone's browser.
func (w *whole) bare() {
	w.Helper()
	d := w.open(w.phone.tab, "without JavaScript", w.second.URL, 390, 844)
	d.do(
		rig.DisableScripts(),
		chromedp.Navigate(d.app+"/"),
		chromedp.Click(chromedp.CSS(`[data-name="afterwards.txt"] .name a`)),
		chromedp.Click(chromedp.CSS(`#share summary`)),
		chromedp.Click(chromedp.CSS(`#share button`)),
		chromedp.WaitVisible(chromedp.CSS(`.secret code`)),
		chromedp.Click(chromedp.CSS(`.back a`)),
		chromedp.Click(chromedp.CSS(`.links button.danger`)),
		chromedp.WaitNotPresent(chromedp.CSS(`.links`)),
		chromedp.Click(chromedp.CSS(`#remove summary`)),
		chromedp.Click(chromedp.CSS(`#remove button`)),
		chromedp.WaitVisible(chromedp.CSS(`#list`)),
	)
	w.show(`!document.querySelector('[data-name="afterwards.txt"]')`)
}

// remove deletes the shared file on the list, and it goes from the lists and from its own page.
func (w *whole) remove(ids map[string]string) {
	w.Helper()
	at := `document.querySelector('[data-id="` + ids["two.txt"] + `"]`
	w.desktop.js(`window.confirm = () => true; ` + at + ` [data-remove] button').click()`)
	w.show(`!` + at + `')`)
	for _, one := range w.windows {
		if one.name == "owner" || one.name == "owner's phone" {
			one.wait(`!document.querySelector('#file') && window.kept === 1`)
		}
	}
}

// signOut signs out in one window: the others of that browser follow, and nobody else.
func (w *whole) signOut() {
	w.Helper()
	w.desktop.do(chromedp.Click(chromedp.CSS(`form[action="/sign-out"] button`)))
	w.tab.wait(`location.pathname === '/sign-in'`)
	w.phone.wait(`window.kept === 1`)
}

// consoles fails the test for what the windows' consoles say.
func (w *whole) consoles(said func(c *rig.Console, address string) []string) {
	w.Helper()
	for _, one := range w.windows {
		address, err := chromedp.Run(one.tab, chromedp.Location())
		if err != nil {
			w.Error(err)
		}
		for _, text := range said(one.console, address) {
			w.Errorf("%s: the console says %s", one.name, text)
		}
	}
}
