package rig

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Console keeps what a window's console calls an error: exceptions, files that do not load, and
// what a page's Content-Security-Policy forbids.
type Console struct {
	mutex  sync.Mutex
	errors []string // since they were last asked for
}

// Listen keeps the errors of the window of ctx from now on.
func Listen(ctx context.Context, t *testing.T) *Console {
	t.Helper()
	c, err := listen(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func listen(ctx context.Context) (*Console, error) {
	c := &Console{}
	return c, chromedp.Listen(ctx, c.keep)
}

func (c *Console) keep(event any) {
	text := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text = e.ExceptionDetails.Text
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" {
			text = fmt.Sprintf("console.%s", e.Type)
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" || e.Entry.Level == "warning" {
			text = e.Entry.Text + " " + e.Entry.URL
		}
	}
	if text != "" {
		c.mutex.Lock()
		defer c.mutex.Unlock()
		c.errors = append(c.errors, text)
	}
}

// Said returns the errors, and forgets them. That the page at address is an error itself is none.
func (c *Console) Said(address string) (errors []string) {
	for _, text := range c.all() {
		if !unloaded(text) || !strings.HasSuffix(text, " "+address) {
			errors = append(errors, text)
		}
	}
	return errors
}

// SaidButUnloaded is Said where servers go down: that something could not be loaded is no error.
func (c *Console) SaidButUnloaded() (errors []string) {
	for _, text := range c.all() {
		if !unloaded(text) {
			errors = append(errors, text)
		}
	}
	return errors
}

func (c *Console) all() []string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	all := c.errors
	c.errors = nil
	return all
}

// unloaded reports whether the browser says that it could not load something.
func unloaded(text string) bool { return strings.HasPrefix(text, "Failed to load resource") }
