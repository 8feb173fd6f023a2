package files_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"switchyard/router/tests/browser/rig"
)

// large writes a file of this many bytes and returns its path and checksum.
func large(t *testing.T, name string, size int64) (path, sum string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	digest := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(file, digest), rand.NewChaCha8([32]byte{1}), size); err != nil {
		t.Fatal(err)
	}
	return path, hex.EncodeToString(digest.Sum(nil))
}

// emulate is a command that browsers have for longer than its heirs.
var emulate = cdp.Command[network.OverrideNetworkStateParams, cdp.Empty]{Method: "Network.emulateNetworkConditions"} //nolint:gochecknoglobals // a constant, as far as Go can say it

// net makes the network such that uploads have this many bytes a second; 0 is none at all,
// and -1 takes that back.
func net(upload float64) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulate, network.OverrideNetworkStateParams{
			Offline: upload == 0, DownloadThroughput: -1, UploadThroughput: upload,
		})
		return err
	})
}

func do(ctx context.Context, t *testing.T, what string, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := rig.Do(ctx, actions...); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// until waits for the expression to be true.
func until(ctx context.Context, t *testing.T, expression string) {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(rig.Patience))); err != nil {
		shown, _ := chromedp.Run(ctx, chromedp.Text(chromedp.CSS(`main`)))
		t.Fatalf("%s: %v; shown is %s", expression, err, shown)
	}
}

// choose chooses the file to be uploaded.
func choose(path string) chromedp.Action[chromedp.Void] {
	return chromedp.SetUploadFiles(chromedp.CSS(`#files`), []string{path})
}

const click = `[...document.querySelectorAll('#going button')].find((b) => b.textContent === '`

func evaluate(ctx context.Context, t *testing.T, script string) {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script+", true")); err != nil {
		t.Fatalf("%s: %v", script, err)
	}
}

// press presses a button in the row of an upload.
func press(ctx context.Context, t *testing.T, label string) {
	t.Helper()
	evaluate(ctx, t, click+label+`').click()`)
}

// parts are the numbers of the parts that the page has sent, or tried to.
const parts = `[...new Set(performance.getEntriesByType('resource').map((e) => new URL(e.name).searchParams.get('partNumber')).filter(Boolean))]`

// A file of 300 MB is cut off, and goes on in another page when it is chosen again.
func TestResumeAnUpload(t *testing.T) {
	t.Parallel()
	app := rig.StartDev(t)
	ctx := rig.Browser(t)
	rig.SignUp(ctx, t, app)
	client := rig.SignIn(t, app)
	const size, all = 300_000_000, 18
	path, sum := large(t, "film.bin", size)

	first, leave := chromedp.NewContext(ctx)
	do(first, t, "begin", chromedp.Navigate(app+"/"), net(40<<20), choose(path))
	until(first, t, `document.querySelector('#going progress')?.value > 1.5e8`)
	do(first, t, "cut off", net(0))
	leave() // a reload would ask whether to leave

	do(ctx, t, "come again", chromedp.Navigate(app+"/"))
	until(ctx, t, `document.querySelector('#going .row')?.textContent.includes('Cut off')`)

	do(ctx, t, "choose it again", choose(path))
	until(ctx, t, `document.querySelector('[data-name="film.bin"]')?.dataset.status === 'ready'`)
	sent, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](parts))
	if err != nil || len(sent) == 0 || len(sent) > all*3/4 {
		t.Errorf("%d of %d parts were sent after the reload: %v, %v", len(sent), all, sent, err)
	}
	if files := list(t, client, app); len(files) != 1 || files[0].SHA256 != sum {
		t.Errorf("the API lists %+v, want one file with the checksum %s", files, sum)
	}
	until(ctx, t, `!document.querySelector('#going .row') && localStorage.getItem('desk:uploads') === '[]'`)
}

// Buttons of an upload that is under way, or was refused.
func TestUploadButtons(t *testing.T) {
	t.Parallel()
	app := rig.StartDev(t)
	ctx := rig.Browser(t)
	rig.SignUp(ctx, t, app)
	client := rig.SignIn(t, app)
	path, _ := large(t, "b.bin", 100_000_000)
	small, _ := large(t, "a.bin", 1000)

	do(ctx, t, "begin", chromedp.Navigate(app+"/"), net(10<<20), choose(path))
	until(ctx, t, `document.querySelector('#going progress')?.value > 1e6`)
	press(ctx, t, "Cancel")
	until(ctx, t, `!document.querySelector('#going .row') && !document.querySelector('[data-name="b.bin"]')`)
	if files := list(t, client, app); len(files) != 0 {
		t.Errorf("after the cancel: %+v", files)
	}
	do(ctx, t, "full speed", net(-1))

	// The bucket refuses what is signed wrongly.
	evaluate(ctx, t, `(() => {
		const { open } = XMLHttpRequest.prototype;
		window.broken = true;
		XMLHttpRequest.prototype.open = function (method, url) {
			open.call(this, method, window.broken ? url.replace(/X-Amz-Signature=..../, 'X-Amz-Signature=0000') : url);
		};
	})()`)
	for _, path := range []string{small, path} {
		name := filepath.Base(path)
		do(ctx, t, "send "+name, choose(path))
		until(ctx, t, `document.querySelector('#going .why')?.textContent.includes('The file store')`) // it may hang up on a large one
		evaluate(ctx, t, `window.broken = false`)
		press(ctx, t, "Try again")
		until(ctx, t, `document.querySelector('[data-name="`+name+`"]')?.dataset.status === 'ready'`)
		evaluate(ctx, t, `window.broken = true`)
	}
	if files := list(t, client, app); len(files) != 2 {
		t.Errorf("the API lists %+v", files)
	}

	// The answer to a registration is lost.
	evaluate(ctx, t, `(() => {
		const { fetch } = window;
		window.broken = false;
		window.fetch = async (url, init) => {
			const response = await fetch(url, init);
			if (url !== '/api/files' || window.lost) return response;
			window.lost = true;
			throw new TypeError('Failed to fetch');
		};
	})()`)
	third, _ := large(t, "c.bin", 2000)
	do(ctx, t, "send it", choose(third))
	until(ctx, t, `window.lost && document.querySelector('[data-name="c.bin"]')?.dataset.status === 'ready'`)
	if files := list(t, client, app); len(files) != 3 {
		t.Errorf("the API lists %+v, want one c.bin", files)
	}

	// What is remembered of somebody else's upload is forgotten, and all of it with the session.
	const remember = `localStorage.setItem('desk:uploads', JSON.stringify([{ name: 'secret', size: 1, modified: 1, at: Date.now(), id: '01890000-0000-7000-8000-000000000000' }]))`
	evaluate(ctx, t, remember)
	do(ctx, t, "open the page", chromedp.Navigate(app+"/"))
	until(ctx, t, `localStorage.getItem('desk:uploads') === '[]'`)
	evaluate(ctx, t, remember)
	evaluate(ctx, t, `document.querySelector('form[action="/sign-out"] button').click()`)
	desk{t, ctx, app}.wait(`location.pathname === '/sign-in' && localStorage.length === 0`)
}

// On a bad connection, in a browser that stores nothing: a part that was cut off is asked for again,
// whatever the store has of it, and none is begun by a signature that is about to expire.
func TestBadConnection(t *testing.T) {
	t.Parallel()
	app := rig.StartDev(t)
	ctx := rig.Browser(t)
	rig.SignUp(ctx, t, app)
	client := rig.SignIn(t, app)
	path, sum := large(t, "slow.bin", 120_000_000) // 8 parts

	do(ctx, t, "open the page", chromedp.Navigate(app+"/"))
	evaluate(ctx, t, `(() => {
		Storage.prototype.setItem = () => { throw new Error('full'); };
		const { fetch } = window, { open, send } = XMLHttpRequest.prototype, { now } = Date;
		window.again = 0;
		window.fetch = (url, init) => {
			if (url.endsWith('/parts')) window.again += JSON.parse(init.body).again.length;
			return fetch(url, init);
		};
		let cut = 9; // as often as three parts are tried, so that all are signed anew
		XMLHttpRequest.prototype.open = function (method, url) {
			open.call(this, method, cut-- > 0 ? 'http://127.0.0.1:1/' : url);
		};
		let later = 0; // each part takes minutes
		Date.now = () => now() + later;
		XMLHttpRequest.prototype.send = function (body) { send.call(this, body); later += 4 * 60e3; };
	})()`)
	do(ctx, t, "send it", choose(path))
	until(ctx, t, `document.querySelector('[data-name="slow.bin"]')?.dataset.status === 'ready'`)
	if files := list(t, client, app); len(files) != 1 || files[0].SHA256 != sum {
		t.Errorf("the API lists %+v, want one file with the checksum %s", files, sum)
	}
	if again, err := chromedp.Run(ctx, chromedp.Evaluate[int](`window.again`)); err != nil || again == 0 {
		t.Errorf("%d parts were asked for again, %v: the store may have taken one that was cut off for a whole one", again, err)
	}
	const asked = `performance.getEntriesByType('resource').filter((e) => e.name.endsWith('/parts')).length`
	if n, err := chromedp.Run(ctx, chromedp.Evaluate[int](asked)); err != nil || n < 4 {
		t.Errorf("parts were signed %d times, %v: the last ones of a batch were begun late", n, err)
	}
}
