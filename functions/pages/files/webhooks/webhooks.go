// Package webhooks is the page of a user's webhooks: which there are, and where another is added.
package webhooks

import (
	"net/http"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/fault"
	"switchyard/shared/files/hooks"
	"switchyard/shared/files/script"
	"switchyard/shared/fn"
	"switchyard/shared/live"
	"switchyard/shared/ui"
)

var Spec = fn.Page{
	Route:   path,
	Menu:    "Webhooks",
	Summary: "Add webhooks, and see how they are",
	Timeout: 10 * time.Second,
	MaxBody: 8 << 10,
}

const path = "/webhooks"

// Function keeps webhooks.
type Function struct {
	Hooks  *hooks.Store
	Live   *live.Hub
	Script *script.Assets
	UI     *ui.Kit
}

// view is what the page shows.
type view struct {
	form   ui.Form
	done   string         // what has been done
	added  *hooks.Webhook // just now; nil if none was
	secret string         // of the one that was added; it is shown once
	hooks  []hooks.Webhook
}

// ServeHTTP shows the webhooks, or adds one, whose secret is shown in the answer and never
// again.
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.UI.ServeForm(w, r, f.show, f.add)
}

func (f Function) show(w http.ResponseWriter, r *http.Request) {
	v := view{}
	if r.URL.Query().Get("done") == "removed" {
		v.done = "That webhook is told nothing any more."
	}
	f.render(w, r, v)
}

func (f Function) add(w http.ResponseWriter, r *http.Request) {
	added, secret, err := f.Hooks.Add(r.Context(), auth.UserFrom(r.Context()).ID, r.PostForm.Get("url"))
	v := view{form: ui.Form{Values: r.PostForm}}
	switch {
	case fault.Is(err, fault.Invalid), fault.Is(err, fault.Conflict):
		v.form.Problem = ui.Problem{Text: fault.Of(err).Message, Fields: []string{"url"}}
	case err != nil:
		f.UI.Fail(w, r, err)
		return
	default:
		v = view{added: &added, secret: secret}
	}
	f.render(w, r, v)
}

// render shows v with the webhooks.
func (f Function) render(w http.ResponseWriter, r *http.Request, v view) {
	news := f.Live.From(live.Path) // since before the webhooks are read
	var err error
	if v.hooks, err = f.Hooks.List(r.Context(), auth.UserFrom(r.Context()).ID); err != nil {
		f.UI.Fail(w, r, err)
		return
	}
	v.form.Name = "webhook"
	p := ui.Page{
		Title: "Webhooks", Body: page(v), Style: f.Script.Style(), Script: f.Script.Webhooks(),
		Live: news, Copies: true,
	}
	if v.form.Problem.Text != "" {
		f.UI.Refuse(w, r, v.form.Problem, p)
		return
	}
	f.UI.Show(w, r, p)
}
