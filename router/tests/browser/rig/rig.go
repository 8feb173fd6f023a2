// Package rig starts the whole product, and browsers that use it, for tests.
package rig

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// root returns the folder of the project: this module is below it.
func root(t *testing.T) string {
	t.Helper()
	start, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "router", "main.go")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatalf("there is no router/main.go in or above %s", start)
		}
	}
}

// Patience is how long tests wait for what happens at last: longer than anything takes that works, on a
// machine with much else to do.
const Patience = 4 * time.Minute

// Browser starts a browser for this test alone.
func Browser(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.WindowSize(1100, 900),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.WSURLReadTimeout(Patience), // to start
	)
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	// The first action starts the browser, which lives as long as its context.
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithTimeout(ctx, 25*time.Minute) // of the 30 that all tests of a package have
	t.Cleanup(cancel)
	return ctx
}

// Who uses the product.
const (
	email    = "ada@example.com"
	password = "correct horse battery"
)

// SignUp makes an account by the page's form, without JavaScript of ours, and shows the
// account's page.
func SignUp(ctx context.Context, t *testing.T, app string) {
	t.Helper()
	err := chromedp.Do(ctx,
		chromedp.Navigate(app+"/account"), // which leads to signing in
		chromedp.WaitVisible(chromedp.CSS(`form[action="/sign-in"]`)),
		chromedp.Navigate(app+"/sign-up"),
		chromedp.SendKeys(chromedp.CSS(`input[name=name]`), "Ada"),
		chromedp.SendKeys(chromedp.CSS(`input[name=email]`), email),
		chromedp.SendKeys(chromedp.CSS(`input[name=password]`), password),
		chromedp.Click(chromedp.CSS(`form[action="/sign-up"] button[type=submit]`)),
		chromedp.WaitVisible(chromedp.CSS(`form[action="/sign-out"]`)), // that page, and no other before it
		chromedp.Navigate(app+"/account"),
		chromedp.WaitVisible(chromedp.CSS(`form[action="/sign-out"]`)),
	)
	if err != nil {
		t.Fatalf("sign up: %v", err)
	}
}

// SignInByForm signs in who has an account, by the page's form.
func SignInByForm(ctx context.Context, t *testing.T, app string) {
	t.Helper()
	err := chromedp.Do(ctx,
		chromedp.Navigate(app+"/sign-in"),
		chromedp.SendKeys(chromedp.CSS(`input[name=email]`), email),
		chromedp.SendKeys(chromedp.CSS(`input[name=password]`), password),
		chromedp.Click(chromedp.CSS(`form[action="/sign-in"] button[type=submit]`)),
		chromedp.WaitVisible(chromedp.CSS(`form[action="/sign-out"]`)),
	)
	if err != nil {
		t.Fatalf("sign in: %v", err)
	}
}

// SignIn returns a client that is signed in to the API.
func SignIn(t *testing.T, app string) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	body := `{"email":"` + email + `","password":"` + password + `"}`
	resp, err := client.Post(app+"/api/auth/sign-in/email", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("sign in: status %d", resp.StatusCode)
	}
	return client
}

// DisableScripts has the browser run no JavaScript.
func DisableScripts() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	})
}
