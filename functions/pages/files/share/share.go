// Package share makes a link to a file for a form of its page, and shows the link, once.
package share

import (
	"net/http"
	"strconv"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/fault"
	"switchyard/shared/files"
	"switchyard/shared/files/place"
	"switchyard/shared/files/script"
	"switchyard/shared/files/shares"
	"switchyard/shared/fn"
	"switchyard/shared/ui"
)

var Spec = fn.Page{
	Route:     "POST /files/{id}/shares",
	Summary:   "Make a link to a file by a form",
	Timeout:   10 * time.Second,
	MaxBody:   4 << 10,
	RateLimit: fn.Rate{Limit: 60, Per: time.Minute},
}

// Function makes links.
type Function struct {
	Shares *shares.Store
	Script *script.Assets
	UI     *ui.Kit
}

// ServeHTTP makes the link that the form asks for.
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.UI.ServeForm(w, r, f.make, f.make)
}

func (f Function) make(w http.ResponseWriter, r *http.Request) {
	id, err := files.ParseID(r.PathValue("id"))
	if err != nil {
		f.UI.Fail(w, r, err)
		return
	}
	made, err := wanted(r)
	var token string
	if err == nil {
		_, token, err = f.Shares.Create(r.Context(), auth.UserFrom(r.Context()).ID, id, made)
	}
	if err != nil {
		f.UI.Fail(w, r, err)
		return
	}
	back := place.Of(r.URL.Query()).File(id)
	f.UI.Show(w, r, ui.Page{Title: "A new link", Body: page(f.Shares.Link(token), made, back), Style: f.Script.Style(), Copies: true, Status: http.StatusCreated})
}

// wanted returns what the form asks for: a password if it has one, and an end after some hours.
func wanted(r *http.Request) (shares.New, error) {
	n := shares.New{Password: r.PostForm.Get("password")}
	hours := r.PostForm.Get("hours")
	if hours == "" || hours == "0" {
		return n, nil
	}
	count, err := strconv.Atoi(hours)
	if err != nil || count < 1 || time.Duration(count) > shares.MaxLife/time.Hour {
		return n, fault.New(fault.Invalid, "A link expires after 1 to %d hours.", int(shares.MaxLife/time.Hour)).Because(err)
	}
	end := time.Now().Add(time.Duration(count) * time.Hour)
	n.ExpiresAt = &end
	return n, nil
}
