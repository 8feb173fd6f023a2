package rig

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

var screenshots = flag.String("screenshots", "", "write a picture of each page to this `folder`") //nolint:gochecknoglobals // a flag

// Visitor looks at pages on several screens, and fails the test for what people would stumble
// over.
type Visitor struct {
	t       *testing.T
	app     string
	axe     string
	screens []*screen
}

// Visit returns a visitor of the product at app, who is whoever is signed in to it in the
// browser of ctx.
func Visit(ctx context.Context, t *testing.T, app string) *Visitor {
	t.Helper()
	axe, err := os.ReadFile(filepath.Join(root(t), "router", "tests", "browser", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatalf("axe is not installed, which \"make browser\" does: %v", err)
	}
	v := &Visitor{t: t, app: app, axe: string(axe), screens: screens()}
	for _, s := range v.screens {
		if err := s.open(ctx); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

// Look looks at the page at path. Its picture is called name.
func (v *Visitor) Look(name, path string) {
	v.t.Helper()
	v.Do(name, chromedp.Navigate(v.app+path))
}

// Do does something on each screen, the same at once, and looks at what is shown then.
func (v *Visitor) Do(name string, do ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	var all sync.WaitGroup
	for _, s := range v.screens {
		all.Go(func() {
			if err := chromedp.Do(s.ctx, do...); err != nil {
				v.t.Errorf("%s, %s: %v", name, s.name, err)
				return
			}
			s.settle()
			v.judge(name, s)
		})
	}
	all.Wait()
}

// Weigh fails the test if the page at path, with all that it loads, is heavier than so many
// bytes as they are sent, headers included, for who comes for the first time.
func (v *Visitor) Weigh(path string, most int) {
	v.t.Helper()
	s := v.screens[0]
	s.weighed()
	err := chromedp.Do(s.ctx, cache(false), chromedp.Navigate(v.app+path))
	if s.settle(); err == nil {
		err = chromedp.Do(s.ctx, cache(true))
	}
	if err != nil {
		v.t.Errorf("%s: %v", path, err)
	}
	loaded := s.weighed()
	v.t.Logf("%s weighs %.1f kB", path, loaded/1000)
	if loaded == 0 || loaded > float64(most) {
		v.t.Errorf("%s weighs %.0f bytes, want %d at most", path, loaded, most)
	}
}

// cache says whether the browser keeps what it has loaded.
func cache(keeps bool) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: !keeps})
		return err
	})
}
