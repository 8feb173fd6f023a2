package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"switchyard/router/tests/browser/rig"
)

// The pages of accounts work with and without JavaScript.
func TestAccount(t *testing.T) {
	t.Parallel()
	app, tab := rig.StartDev(t), rig.Browser(t)
	rig.SignUp(tab, t, app)
	err := chromedp.Do(tab,
		rig.DisableScripts(),
		chromedp.Click(chromedp.CSS(`form[action="/sign-out"] button`)),
		chromedp.WaitVisible(chromedp.CSS(`a[href="/sign-in"]`)),
		chromedp.Navigate(app+"/sign-in"),
		chromedp.SendKeys(chromedp.CSS(`input[name=email]`), "ada@example.com"),
		chromedp.SendKeys(chromedp.CSS(`input[name=password]`), "correct horse battery"),
		chromedp.Click(chromedp.CSS(`form[action="/sign-in"] button[type=submit]`)),
		chromedp.WaitVisible(chromedp.CSS(`form[action="/sign-out"]`)), // that page, and no other before it
		chromedp.Navigate(app+"/account"),
		chromedp.WaitVisible(chromedp.CSS(`form[action="/sign-out"]`)),
	)
	if err != nil {
		t.Fatal(err)
	}
}
