package browser_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"switchyard/router/tests/browser/rig"
)

// Nobody stumbles on any page that has an address of its own, on any screen. What the file
// desk shows of a file or a share is looked at by its own tests.
func TestPages(t *testing.T) {
	t.Parallel()
	app, tab := rig.StartDev(t), rig.Browser(t)
	visitor := rig.Visit(tab, t, app)
	pages := rig.Pages(t)
	visitor.Weigh("/", maxWeight) // which leads to signing in
	visitor.Weigh("/docs", maxWeight)
	visitor.Weigh("/docs/keys", maxWeight)
	for _, p := range pages {
		if p.Access == "public" && isPage(t, http.DefaultClient, app+p.Path) {
			visitor.Look(p.Name, p.Path)
		}
	}
	for name, path := range map[string]string{"docs": "/docs", "docs-keys": "/docs/keys", "404": "/nowhere", "405": "/sign-out"} {
		visitor.Look(name, path)
	}
	rig.SignUp(tab, t, app)
	visitor.Weigh("/", maxWeight)
	visitor.Weigh("/account", maxWeight)
	client := rig.SignIn(t, app)
	for _, p := range pages {
		if p.Access != "public" && isPage(t, client, app+p.Path) {
			visitor.Look(p.Name, p.Path)
		}
	}
	visitor.Look("404-signed-in", "/nowhere")
	visitor.Do("keys-new", newKey(app))
	copies(tab, t, app)
}

// copies makes a key and has the page copy it, which the button then says for two seconds.
func copies(tab context.Context, t *testing.T, app string) {
	t.Helper()
	const watch = `new MutationObserver(() => document.title = button.dataset.copied ?? document.title).observe(button, { attributes: true })`
	_, err := chromedp.Run(tab, chromedp.Steps(newKey(app), chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := chromedp.Evaluate[bool](`{ const button = document.querySelector('[data-copy]'); `+watch+`; true }`)(ctx, target)
		return err
	}), chromedp.Click(chromedp.CSS(`[data-copy]`))))
	if err == nil {
		_, err = chromedp.Run(tab, chromedp.Poll[bool](`document.title.endsWith('opied')`, chromedp.WithPollingTimeout(rig.Patience)))
	}
	title, _ := chromedp.Run(tab, chromedp.Title())
	if err != nil || title != "Copied" {
		t.Errorf("copy a key: %q, %v", title, err)
	}
}

// newKey shows the page of keys, on which one was made just now.
func newKey(app string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(
		chromedp.Navigate(app+"/account/keys"),
		chromedp.SendKeys(chromedp.CSS(`input[name=name]`), "backup on the laptop"),
		chromedp.Click(chromedp.CSS(`button[value=create]`)),
		chromedp.WaitVisible(chromedp.CSS(`.secret [data-copy]`)),
	)
}

// maxWeight is what a page may weigh at the first visit, with all that it loads, in bytes.
const maxWeight = 60_000

// isPage reports whether people can look at what is at url: it may be a stream, too.
func isPage(t *testing.T, client *http.Client, url string) bool {
	t.Helper()
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html")
}
