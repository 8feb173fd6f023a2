// Package webhook is the page of one webhook: what it was told, and what it answered.
package webhook

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/auth"
	"switchyard/shared/auth/front"
	"switchyard/shared/fault"
	"switchyard/shared/files/hooks"
	"switchyard/shared/files/script"
	"switchyard/shared/fn"
	"switchyard/shared/live"
	"switchyard/shared/ui"
)

var Spec = fn.Page{
	Route:   "/webhooks/{id}",
	Summary: "A webhook, and what it answered",
	Timeout: 10 * time.Second,
	MaxBody: 1 << 10,
}

// Function shows a webhook.
type Function struct {
	Hooks  *hooks.Store
	Live   *live.Hub
	Script *script.Assets
	UI     *ui.Kit
}

// view is what the page shows.
type view struct {
	hooks.Webhook

	done       string     // what has been done
	trouble    ui.Problem // why something was not
	secret     string     // the new one; it is shown once
	deliveries []hooks.Delivery
}

// ServeHTTP shows the webhook, or does what a form of the page asks for.
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.UI.ServeForm(w, r, f.show, f.submit)
}

func (f Function) show(w http.ResponseWriter, r *http.Request) {
	f.render(w, r, view{done: map[string]string{
		"tested":  "A test is on its way. What it is answered appears below.",
		"resent":  "It is sent again. What it is answered appears below.",
		"enabled": "The webhook is turned on.",
	}[r.URL.Query().Get("done")]})
}

func (f Function) submit(w http.ResponseWriter, r *http.Request) {
	id, err := idOf(r.PathValue("id"))
	if err != nil {
		f.UI.Fail(w, r, err)
		return
	}
	action := r.PostForm.Get("action")
	if action == "rotate" {
		f.rotate(w, r, id)
		return
	}
	to, err := f.do(r.Context(), action, id, r.PostForm.Get("delivery"))
	switch {
	case fault.Is(err, fault.Conflict), fault.Is(err, fault.TooMany):
		f.render(w, r, view{trouble: ui.ProblemOf(err)})
	case err != nil:
		f.UI.Fail(w, r, err)
	default:
		http.Redirect(w, r, to, http.StatusSeeOther)
	}
}

// do does what was asked for, and returns the page that shows it.
func (f Function) do(ctx context.Context, action string, id uuid.UUID, delivery string) (to string, err error) {
	owner, here := auth.UserFrom(ctx).ID, "/webhooks/"+id.String()
	switch action {
	case "test":
		return front.Done(here, "tested", ""), f.Hooks.Test(ctx, owner, id)
	case "resend":
		sent, err := idOf(delivery)
		if err != nil {
			return "", err
		}
		return front.Done(here, "resent", ""), f.Hooks.Resend(ctx, owner, sent)
	case "enable":
		return front.Done(here, "enabled", ""), f.Hooks.Enable(ctx, owner, id)
	case "remove":
		if err = f.Hooks.Remove(ctx, owner, id); fault.Is(err, fault.NotFound) {
			err = nil // it is gone already
		}
		return front.Done("/webhooks", "removed", ""), err
	}
	return "", fault.New(fault.Invalid, "This page cannot do that. Load it again, and try once more.")
}

// rotate makes another secret, which is shown in the answer and never again.
func (f Function) rotate(w http.ResponseWriter, r *http.Request, id uuid.UUID) {
	secret, err := f.Hooks.Rotate(r.Context(), auth.UserFrom(r.Context()).ID, id)
	if err != nil {
		f.UI.Fail(w, r, err)
		return
	}
	f.render(w, r, view{secret: secret})
}

// render shows v with the webhook as it is now.
func (f Function) render(w http.ResponseWriter, r *http.Request, v view) {
	ctx, news := r.Context(), f.Live.From(live.Path) // news since before the webhook is read
	id, err := idOf(r.PathValue("id"))
	if err == nil {
		v.Webhook, err = f.Hooks.Get(ctx, auth.UserFrom(ctx).ID, id)
	}
	if err == nil {
		v.deliveries, err = f.Hooks.Deliveries(ctx, auth.UserFrom(ctx).ID, id)
	}
	if err != nil {
		f.UI.Fail(w, r, err)
		return
	}
	body := page(v) //nolint:contextcheck // the context is what Render is given
	p := ui.Page{
		Title: "Webhook", Body: body, Style: f.Script.Style(), Script: f.Script.Webhooks(),
		Live: news, Copies: true,
	}
	if v.trouble.Text != "" {
		f.UI.Refuse(w, r, v.trouble, p)
		return
	}
	f.UI.Show(w, r, p)
}

// idOf returns the id that text is, or fault.NotFound.
func idOf(text string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return id, fault.New(fault.NotFound, "There is no such webhook.").Because(err)
	}
	return id, nil
}
