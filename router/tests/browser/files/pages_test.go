package files_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"switchyard/router/tests/browser/rig"
)

// upload sends a file by the API, waits until it is processed, and returns its id.
func upload(t *testing.T, client *http.Client, app, name, body string) string {
	t.Helper()
	id := send(t, client, app, name, body)
	for {
		var now struct{ Status string }
		if call(t, client, http.MethodGet, app+"/api/files/"+id, nil, &now); now.Status != "processing" {
			return id
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// send sends a file by the API, and returns its id.
func send(t *testing.T, client *http.Client, app, name, body string) string {
	t.Helper()
	var made struct {
		File   struct{ ID string }
		Upload struct {
			Method, URL string
			Headers     map[string]string
		}
	}
	call(t, client, http.MethodPost, app+"/api/files", map[string]any{"name": name, "size": len(body)}, &made)
	req, err := http.NewRequestWithContext(t.Context(), made.Upload.Method, made.Upload.URL, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range made.Upload.Headers {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("the bucket answers %d", resp.StatusCode)
	}
	call(t, client, http.MethodPost, app+"/api/files/"+made.File.ID+"/complete", nil, nil)
	return made.File.ID
}

func call(t *testing.T, client *http.Client, method, url string, body, answer any) {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= http.StatusBadRequest {
		t.Fatalf("%s %s: %d", method, url, resp.StatusCode)
	}
	if answer == nil {
		return
	}
	if err := json.NewDecoder(resp.Body).Decode(answer); err != nil {
		t.Fatal(err)
	}
}

// desk is what the tests of pages look at.
type desk struct {
	*testing.T
	tab context.Context //nolint:containedctx // a browser is one
	app string
}

// do takes the steps.
func (d desk) do(steps ...chromedp.Action[chromedp.Void]) {
	d.Helper()
	for _, step := range steps {
		ctx, cancel := context.WithTimeout(d.tab, rig.Patience)
		err := rig.Do(ctx, step)
		cancel()
		if err != nil {
			d.Fatal(err)
		}
	}
}

// wait waits until the condition, in JavaScript, is true, on this page or one that follows.
func (d desk) wait(condition string) {
	d.Helper()
	for deadline := time.Now().Add(rig.Patience); ; time.Sleep(30 * time.Millisecond) {
		ok, err := chromedp.Run(d.tab, chromedp.Evaluate[bool](`!!(`+condition+`)`))
		if ok {
			return
		}
		if time.Now().After(deadline) {
			d.Fatalf("it is not so that %s: %v", condition, err)
		}
	}
}

func (d desk) visit(path string) {
	d.Helper()
	d.do(chromedp.Navigate(d.app + path))
}

// names is a condition: the list shows these, and the page has not been loaded anew.
func names(want ...string) string {
	list, _ := json.Marshal(append([]string{}, want...))
	return fmt.Sprintf(`JSON.stringify([...document.querySelectorAll('#list .name')].map((n) => n.innerText)) === %q && window.kept === 1`, list)
}

// tone is a second of silence.
var tone = "RIFF\x64\x1f\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00data\x40\x1f\x00\x00" + strings.Repeat("\x80", 8000) //nolint:gochecknoglobals // a constant

const awful = `<img src=x onerror="document.title='attacked'">.txt`

func TestPagesOfFiles(t *testing.T) {
	t.Parallel()
	app := rig.StartDev(t)
	tab := rig.Browser(t)
	rig.SignUp(tab, t, app)
	client := rig.SignIn(t, app)
	ids := map[string]string{}
	for _, f := range []struct{ name, body string }{
		{"picture.gif", "GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"},
		{"notes.txt", "one\ntwo\n"},
		{"paper.pdf", "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
			"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 400]>>endobj\ntrailer<</Root 1 0 R>>\n"},
		{"tone.wav", tone},
		{"page.html", "<!doctype html><html><body><script>document.title='attacked'</script></body></html>"},
		{"drawing.svg", `<svg xmlns="http://www.w3.org/2000/svg" onload="document.title='attacked'"/>`},
		{awful, "x"},
	} {
		ids[f.name] = upload(t, client, app, f.name, f.body)
	}
	d := desk{t, tab, app}
	d.finding(client)
	d.previews(ids)
	d.visit("/files/" + ids["tone.wav"])
	d.hears()
	d.live(client)
	d.bare(ids)
}

// js runs a script on the page.
func (d desk) js(script string) {
	d.Helper()
	if _, err := chromedp.Run(d.tab, chromedp.Evaluate[any](script)); err != nil {
		d.Fatalf("%s: %v", script, err)
	}
}

// finding searches while one types, filters, and goes through pages.
func (d desk) finding(client *http.Client) {
	d.visit("/")
	d.js(`window.kept = 1`)
	d.do(chromedp.SendKeys(chromedp.CSS(`#find input[name=q]`), "PAP pdf"))
	d.wait(names("paper.pdf") + ` && location.search === '?q=PAP+pdf'`)
	d.js(`document.querySelector('#find').reset(); const kind = document.querySelector('#find select');
		kind.value = 'picture'; kind.dispatchEvent(new Event('input', {bubbles: true}))`)
	d.wait(names("drawing.svg", "picture.gif") + ` && location.search === '?kind=picture'`)
	d.do(chromedp.Click(chromedp.CSS(`[title=Grid]`)))
	d.wait(`document.querySelector('.grid') && location.search === '?kind=picture&view=grid'`)
	d.do(chromedp.Click(chromedp.CSS(`.statuses li:last-child a`)))
	d.wait(`document.querySelector('.empty') && location.search === '?kind=picture&status=failed&view=grid'`)

	var want []string
	for i := range 25 {
		call(d.T, client, http.MethodPost, d.app+"/api/files", map[string]any{"name": fmt.Sprint("wait ", i), "size": 1}, nil)
		want = append([]string{fmt.Sprint("wait ", i)}, want...)
	}
	d.visit("/?status=uploading")
	for _, page := range []struct {
		press string
		shows []string
	}{{"next", want[20:]}, {"prev", want[:20]}} {
		d.do(chromedp.Click(chromedp.CSS(`.pages [rel=` + page.press + `]`)))
		d.wait(`window.kept = 1, ` + names(page.shows...))
	}
}

// previews come from elsewhere, and none is a page that could do anything.
func (d desk) previews(ids map[string]string) {
	for name, condition := range map[string]string{
		"picture.gif": `look.querySelector('img').naturalWidth === 1 && elsewhere('img')`,
		"notes.txt":   `elsewhere('iframe') && look.querySelector('iframe').getAttribute('sandbox') === ''`,
		"paper.pdf":   `elsewhere('iframe')`,
		"page.html":   `look.innerText.includes('<script>') && !look.querySelector('iframe')`,
		"drawing.svg": `look.innerText && !look.querySelector('iframe, img')`,
		awful:         `document.querySelector('h1').innerText.includes('onerror') && elsewhere('iframe')`,
	} {
		d.visit("/files/" + ids[name])
		d.wait(`(() => {
			const look = document.querySelector('.look');
			const elsewhere = (tag) => new URL(look.querySelector(tag).src).origin !== location.origin;
			return document.title !== 'attacked' && (` + condition + `);
		})()`)
	}
}

// hears leaps in the sound of the page, and goes on there once its address has expired.
func (d desk) hears() {
	d.Helper()
	d.js(`window.sound = document.querySelector('audio'); sound.preload = 'auto'`)
	d.wait(`sound.readyState > 0 && sound.src.startsWith(location.origin)`)
	d.js(`sound.currentTime = 0.5; window.loads = 0; sound.addEventListener('loadstart', () => loads++);
		const now = Date.now; Date.now = () => now() + 300_000; sound.dispatchEvent(new Event('error'))`)
	d.wait(`loads === 1 && sound.readyState > 0 && sound.currentTime === 0.5`)
}

// live shows what happens elsewhere, without loading the page anew.
func (d desk) live(client *http.Client) {
	d.visit("/?q=live")
	d.js(`window.kept = 1`)
	id := upload(d.T, client, d.app, "live.txt", "hello")
	d.wait(names("live.txt") + ` && document.querySelector('[data-status=ready]')`)
	remove(d.T, client, d.app+"/api/files/"+id)
	d.wait(names())

	id = upload(d.T, client, d.app, "live.txt", "hello")
	d.visit("/files/" + id)
	d.js(`window.kept = 1`)
	remove(d.T, client, d.app+"/api/files/"+id)
	d.wait(`!document.querySelector('#file') && window.kept === 1`)
}

// bare finds, renames and deletes a file without JavaScript.
func (d desk) bare(ids map[string]string) {
	d.do(
		rig.DisableScripts(),
		chromedp.Navigate(d.app+"/"),
		chromedp.SendKeys(chromedp.CSS(`#find input[name=q]`), "notes\r"),
		chromedp.WaitNotPresent(chromedp.CSS(`[data-name="paper.pdf"]`)),
		chromedp.Click(chromedp.CSS(`[data-name="notes.txt"] .name a`)),
		chromedp.Click(chromedp.CSS(`#rename summary`)),
		chromedp.SendKeys(chromedp.CSS(`#rename input[name=name]`), ".old"),
		chromedp.Click(chromedp.CSS(`#rename button`)),
		chromedp.WaitVisible(chromedp.CSS(`#file[data-name*=".old"]`)),
		chromedp.Click(chromedp.CSS(`#remove summary`)),
		chromedp.Click(chromedp.CSS(`#remove button`)),
		chromedp.WaitVisible(chromedp.CSS(`.empty`)), // the place in the list is kept
		chromedp.Navigate(d.app+"/files/"+ids["notes.txt"]),
		chromedp.WaitNotPresent(chromedp.CSS(`#file`)),
	)
}
