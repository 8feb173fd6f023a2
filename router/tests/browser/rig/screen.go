package rig

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// screen is how pages are looked at, in a window of its own.
type screen struct {
	name          string
	width, height int64
	dark, phone   bool

	ctx     context.Context //nolint:containedctx // a window is one
	console *Console
	mutex   sync.Mutex
	loaded  float64                        // bytes, as they came, since they were last asked for
	loads   map[network.RequestID]struct{} // that go on, of what ends
	last    time.Time                      // when a load began or ended
}

// screens returns those that pages have to look right on. The narrow one is as small as
// phones are: 320 pixels.
func screens() []*screen {
	return []*screen{
		{name: "light", width: 1100, height: 900},
		{name: "dark", width: 1100, height: 900, dark: true},
		{name: "phone", width: 390, height: 844, phone: true},
		{name: "phone-dark", width: 390, height: 844, phone: true, dark: true},
		{name: "narrow", width: 320, height: 640, phone: true},
	}
}

// open opens the window, and closes it with ctx.
func (s *screen) open(ctx context.Context) error {
	s.ctx, _ = chromedp.NewContext(ctx)
	s.loads = map[network.RequestID]struct{}{}
	scheme := "light"
	if s.dark {
		scheme = "dark"
	}
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	err := chromedp.Do(s.ctx,
		s.emulate(),
		chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, media)
			return err
		}),
	)
	if err != nil {
		return err
	}
	if s.console, err = listen(s.ctx); err != nil {
		return err
	}
	return chromedp.Listen(s.ctx, s.weigh)
}

// emulate gives the window its size, and a phone the scroll bars of one.
func (s *screen) emulate() chromedp.Action[chromedp.Void] {
	if s.phone {
		return chromedp.EmulateViewport(s.width, s.height, chromedp.EmulateMobile)
	}
	return chromedp.EmulateViewport(s.width, s.height)
}

// ending is what is loaded to its end. Streams, and what is shown in a frame, may not end for the page.
func ending() []network.ResourceType {
	return []network.ResourceType{
		network.ResourceTypeFetch, network.ResourceTypeScript, network.ResourceTypeStylesheet, network.ResourceTypeImage, network.ResourceTypeFont,
	}
}

// weigh keeps how much is loaded, and what is not yet.
func (s *screen) weigh(event any) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if e.Type == network.ResourceTypeDocument {
			clear(s.loads) // whoever leaves a page is not told how its loads end
		}
		if !slices.Contains(ending(), e.Type) {
			return
		}
		s.loads[e.RequestID] = struct{}{}
	case *network.EventLoadingFinished:
		s.loaded += e.EncodedDataLength
		delete(s.loads, e.RequestID)
	case *network.EventLoadingFailed:
		delete(s.loads, e.RequestID)
	default:
		return
	}
	s.last = time.Now()
}

// settling is how long after loading a page may still move.
const settling = time.Second

// settle waits for that time, and until the page has loaded nothing for half of it: pages load
// themselves once more, to be up to date. It does not wait for what never ends.
func (s *screen) settle() {
	time.Sleep(settling)
	for deadline := time.Now().Add(4 * settling); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		s.mutex.Lock()
		quiet := len(s.loads) == 0 && time.Since(s.last) >= settling/2
		s.mutex.Unlock()
		if quiet {
			return
		}
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	clear(s.loads) // what has not ended by now is not waited for again, on no other page
}

// weighed returns how many bytes were loaded, and forgets it.
func (s *screen) weighed() float64 {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	loaded := s.loaded
	s.loaded = 0
	return loaded
}
