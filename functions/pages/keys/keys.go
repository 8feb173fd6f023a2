// Package keys is the page where people keep the keys of their machines.
package keys

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/auth"
	"switchyard/shared/auth/apikey"
	"switchyard/shared/auth/front"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
	"switchyard/shared/ui"
)

var Spec = fn.Page{
	Route:   auth.KeysPath,
	Summary: "Make and revoke API keys",
	Timeout: 10 * time.Second,
	MaxBody: 4 << 10,
}

// Function keeps keys.
type Function struct {
	Keys *apikey.Store
	UI   *ui.Kit
}

// view is what the page shows.
type view struct {
	form   ui.Form
	done   string // what has been done
	secret string // the key that has just been made; it is shown once
	keys   []apikey.Key
	now    time.Time
}

// ServeHTTP shows the keys, makes one, or revokes one. A key that was made is shown
// in the answer, and never again.
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.UI.ServeForm(w, r, f.show, f.submit)
}

func (f Function) show(w http.ResponseWriter, r *http.Request) {
	v := view{}
	if r.URL.Query().Get("done") == "revoked" {
		v.done = "That key does not work any more."
	}
	f.render(w, r, v)
}

func (f Function) submit(w http.ResponseWriter, r *http.Request) {
	switch r.PostForm.Get("action") {
	case "create":
		f.create(w, r)
	case "revoke":
		f.revoke(w, r)
	default:
		f.UI.Fail(w, r, fault.New(fault.Invalid, "This page cannot do that. Load it again, and try once more."))
	}
}

func (f Function) create(w http.ResponseWriter, r *http.Request) {
	days := r.PostForm.Get("days")
	if !slices.ContainsFunc(lives(), func(c ui.Choice) bool { return c.Value == days }) {
		f.UI.Fail(w, r, fault.New(fault.Invalid, "Choose how long the key works."))
		return
	}
	n, _ := strconv.Atoi(days) // one of the menu's
	ctx := r.Context()
	_, secret, err := f.Keys.Create(ctx, auth.UserFrom(ctx).ID, r.PostForm.Get("name"), time.Duration(n)*24*time.Hour)
	v := view{secret: secret}
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) {
		v.form.Values = r.PostForm
		v.form.Problem = ui.Problem{Text: fault.Of(err).Message, Fields: []string{"name"}}
	} else if err != nil {
		f.UI.Fail(w, r, err)
		return
	}
	f.render(w, r, v)
}

// revoke ends a key. That it is gone already is as well.
func (f Function) revoke(w http.ResponseWriter, r *http.Request) {
	id, err := uuid.Parse(r.PostForm.Get("id"))
	if err != nil {
		f.UI.Fail(w, r, fault.New(fault.NotFound, "There is no such key.").Because(err))
		return
	}
	err = f.Keys.Revoke(r.Context(), auth.UserFrom(r.Context()).ID, id)
	if err != nil && !fault.Is(err, fault.NotFound) {
		f.UI.Fail(w, r, err)
		return
	}
	http.Redirect(w, r, front.Done(auth.KeysPath, "revoked", ""), http.StatusSeeOther)
}

// render shows v with the keys.
func (f Function) render(w http.ResponseWriter, r *http.Request, v view) {
	keys, err := f.Keys.List(r.Context(), auth.UserFrom(r.Context()).ID)
	if err != nil {
		f.UI.Fail(w, r, err)
		return
	}
	v.keys, v.now, v.form.Name = keys, time.Now(), "key"
	if v.form.Values == nil {
		v.form.Values = url.Values{"days": {"90"}}
	}
	p := ui.Page{Title: "API keys", Body: page(v), Copies: v.secret != ""}
	if v.form.Problem.Text != "" {
		f.UI.Refuse(w, r, v.form.Problem, p)
		return
	}
	f.UI.Show(w, r, p)
}

// lives are how long a key can last, in days.
func lives() []ui.Choice {
	return []ui.Choice{
		{Value: "7", Label: "7 days"},
		{Value: "30", Label: "30 days"},
		{Value: "90", Label: "90 days"},
		{Value: "365", Label: "a year"},
		{Value: "0", Label: "for ever"},
	}
}
