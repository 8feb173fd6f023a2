package rig

import (
	"context"
	"sync"

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
	loaded  float64 // bytes, as they came, since they were last asked for
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

// weigh keeps how much is loaded.
func (s *screen) weigh(event any) {
	if e, ok := event.(*network.EventLoadingFinished); ok {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.loaded += e.EncodedDataLength
	}
}

// weighed returns how many bytes were loaded, and forgets it.
func (s *screen) weighed() float64 {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	loaded := s.loaded
	s.loaded = 0
	return loaded
}
