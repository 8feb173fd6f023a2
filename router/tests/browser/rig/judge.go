package rig

import (
	"os"
	"path/filepath"

	"github.com/chromedp/chromedp"
)

// What is asked of a page. Each returns a list of texts, empty if all is well.
const (
	shifts = `new Promise(done => {
		if (document.visibilityState !== 'visible') done(['nobody would see it move']);
		new PerformanceObserver(list => done(list.getEntries().filter(e => !e.hadRecentInput).map(e =>
			e.value + ' after ' + e.startTime + ' ms: ' + e.sources.map(s => s.node?.outerHTML?.slice(0, 120) +
				' from ' + JSON.stringify(s.previousRect) + ' to ' + JSON.stringify(s.currentRect)).join(', '))))
			.observe({ type: 'layout-shift', buffered: true });
		setTimeout(() => done([]), 100);
	})`
	overflow = `[...document.querySelectorAll('body *')]
		.filter(e => document.documentElement.scrollWidth > document.documentElement.clientWidth && e.getBoundingClientRect().right > document.documentElement.clientWidth)
		.map(e => e.outerHTML.slice(0, 120)).slice(0, 5)`
	findings = `axe.run(document, { resultTypes: ['violations'], iframes: false }).then(r => r.violations.flatMap(v =>
		v.nodes.map(n => v.id + ': ' + n.failureSummary.replaceAll('\n', ' ') + ' ' + n.html.slice(0, 200))))`
)

// judge fails the test for what is wrong with the page that is shown.
func (v *Visitor) judge(name string, s *screen) {
	v.t.Helper()
	address, err := chromedp.Run(s.ctx, chromedp.Location())
	if err != nil {
		v.t.Errorf("%s, %s: %v", name, s.name, err)
	}
	for _, text := range s.console.Said(address) {
		v.t.Errorf("%s, %s: the console says %s", name, s.name, text)
	}
	for _, check := range []struct{ what, script string }{
		{"moves while nobody touches it", shifts}, {"is wider than the screen", overflow}, {"axe finds", v.axe + ";" + findings},
	} {
		found, err := chromedp.Run(s.ctx, chromedp.Evaluate[[]string](check.script, chromedp.EvalAwaitPromise))
		if err != nil {
			v.t.Errorf("%s, %s: %v", name, s.name, err)
		}
		for _, one := range found {
			v.t.Errorf("%s, %s: %s: %s", name, s.name, check.what, one)
		}
	}
	v.shoot(s, name+"-"+s.name+".png", chromedp.FullScreenshot(100))
}

// Picture takes a picture of what fits on one of the screens, as it is shown now.
func (v *Visitor) Picture(name, screenName string) {
	v.t.Helper()
	for _, s := range v.screens {
		if s.name == screenName {
			v.shoot(s, name+".png", chromedp.CaptureScreenshot())
		}
	}
}

// shoot writes a picture, if pictures are wanted.
func (v *Visitor) shoot(s *screen, name string, take chromedp.Action[[]byte]) {
	v.t.Helper()
	if *screenshots == "" {
		return
	}
	picture, err := chromedp.Run(s.ctx, take)
	if err == nil { // a picture of a whole page leaves its height behind
		err = chromedp.Do(s.ctx, s.emulate())
	}
	if err == nil {
		err = os.MkdirAll(*screenshots, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(*screenshots, name), picture, 0o600)
	}
	if err != nil {
		v.t.Errorf("picture %s: %v", name, err)
	}
}
