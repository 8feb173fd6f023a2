package files_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"

	"switchyard/router/tests/browser/rig"
)

// TestShare has Ada make a link with a password, and somebody without an account open it in
// another browser, until she revokes it.
func TestShare(t *testing.T) {
	t.Parallel()
	app := rig.StartDev(t)
	tab := rig.Browser(t)
	rig.SignUp(tab, t, app)
	client := rig.SignIn(t, app)
	id := upload(t, client, app, awful, "hello")
	ada, visitor := desk{t, tab, app}, desk{t, rig.Browser(t), app}
	saved := visitor.saves()

	const password = "open sesame"
	link := ada.makeLink(id, password)
	ada.visit("/files/" + id)
	ada.do(
		chromedp.Click(chromedp.CSS(`#share summary`)),
		chromedp.SendKeys(chromedp.CSS(`#share input[name=password]`), "half a pass"), // for another link
	)
	ada.js(`window.kept = 1`)

	visitor.do(chromedp.Navigate(link))
	visitor.wait(`document.querySelector('input[name=password]') && !document.body.innerText.includes('onerror')`)
	visitor.say("wrong")
	visitor.wait(`document.querySelector('[role=alert]')`)
	visitor.say(password)
	visitor.wait(`document.querySelector('h1').innerText.includes('onerror') && document.title !== 'attacked' &&
		new URL(document.querySelector('iframe').src).origin !== location.origin`)
	ada.wait(`window.kept === 1 && document.querySelector('#shares').innerText.includes('1 view, 0 downloads')`)

	visitor.do(chromedp.Click(chromedp.CSS(`button[value=download]`)))
	ada.wait(`window.kept === 1 && document.querySelector('#shares').innerText.includes('1 view, 1 download') &&
		document.querySelector('#share input[name=password]').value === 'half a pass'`)
	visitor.saved(saved, "hello")

	ada.do(chromedp.Click(chromedp.CSS(`#shares form[action*=revoke] button`)))
	ada.wait(`document.querySelector('#shares').innerText.includes('Nobody but you')`)
	visitor.do(chromedp.Click(chromedp.CSS(`button[value=download]`))) // the page that is open is of no use any more
	visitor.wait(`!document.querySelector('iframe') && document.body.innerText.includes('revoked')`)
	visitor.do(chromedp.Navigate(link))
	visitor.wait(`!document.querySelector('input[name=password]') && document.body.innerText.includes('revoked')`)

	heard := ada.makeLink(upload(t, client, app, "tone.wav", tone), password)
	visitor.do(chromedp.Navigate(heard))
	visitor.wait(`document.querySelector('input[name=password]')`)
	visitor.say(password)
	visitor.wait(`document.querySelector('audio')`)
	visitor.hears()

	link = ada.makeLink(id, "")
	visitor.do(chromedp.Navigate(link))
	visitor.wait(`document.querySelector('iframe')`)
	remove(t, client, app+"/api/files/"+id)
	visitor.do(chromedp.Navigate(link))
	visitor.wait(`!document.querySelector('iframe') && document.body.innerText.includes('revoked')`)
	if status := status(t, link); status != http.StatusNotFound {
		t.Errorf("after the file is deleted: status %d", status)
	}
}

// makeLink makes a link on the page of a file, copies it, and returns it.
func (d desk) makeLink(id, password string) (link string) {
	d.Helper()
	d.visit("/files/" + id)
	d.do(
		chromedp.Click(chromedp.CSS(`#share summary`)),
		chromedp.SendKeys(chromedp.CSS(`#share input[name=password]`), password),
		chromedp.Click(chromedp.CSS(`#share button`)),
	)
	d.wait(`document.querySelector('.secret [data-copy]') && document.readyState === 'complete'`)
	d.do(chromedp.Click(chromedp.CSS(`.secret [data-copy]`)))
	d.wait(`document.querySelector('[data-copied=Copied]')`)
	link, err := chromedp.Run(d.tab, chromedp.Evaluate[string](`document.querySelector('.secret code').innerText`))
	if err != nil {
		d.Fatal(err)
	}
	return link
}

// say enters the password that a link asks for.
func (d desk) say(password string) {
	d.Helper()
	d.do(
		chromedp.SendKeys(chromedp.CSS(`input[name=password]`), password),
		chromedp.Click(chromedp.CSS(`form button`)),
	)
}

// saves has the browser save what it downloads into a folder, and returns that.
func (d desk) saves() string {
	d.Helper()
	dir := d.TempDir()
	d.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{Behavior: "allow", DownloadPath: dir})
		return err
	}))
	return dir
}

// saved waits until a file with this content is in the folder.
func (d desk) saved(dir, content string) {
	d.Helper()
	var got []byte
	for deadline := time.Now().Add(rig.Patience); time.Now().Before(deadline); {
		if names, _ := filepath.Glob(filepath.Join(dir, "*.txt")); len(names) == 1 {
			if got, _ = os.ReadFile(names[0]); string(got) == content {
				return
			}
		}
		d.do(chromedp.Sleep(50 * time.Millisecond))
	}
	d.Errorf("%q was saved, want %q", got, content)
}

// status asks for a page as nobody.
func status(t *testing.T, url string) int {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}
