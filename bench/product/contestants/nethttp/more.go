package main

import (
	"io"
	"net/http"
	"time"
	"unicode/utf8"

	"switchyard/bench/product/contestants/internal/desk"
)

// wanted is what is said of a new item.
type wanted struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
	Type string `json:"type,omitempty"`
}

func (n *wanted) valid() bool {
	chars := utf8.RuneCountInString(n.Name)
	return chars >= 1 && chars <= 255 && n.Size >= 0 && n.Size <= 5<<30
}

func (a *api) upload(w http.ResponseWriter, r *http.Request) {
	var n wanted
	if !read(w, r, &n) {
		return
	}
	if !n.valid() || n.Size == 0 || n.Type == "" {
		problem(w, http.StatusUnprocessableEntity, "name, size and type are needed")
		return
	}
	item, err := a.store.Add(r.Context(), desk.UserFrom(r.Context()).ID, n.Name, n.Size, "uploading")
	if err != nil {
		a.fail(w, r, err)
		return
	}
	address, err := a.bucket.Put(r.Context(), "uploads/"+item.ID.String(), n.Size, n.Type)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	answer(w, http.StatusCreated, struct {
		Item desk.Item `json:"item"`
		URL  string    `json:"url"`
	}{item, address})
}

func (a *api) order(w http.ResponseWriter, r *http.Request) {
	var n wanted
	if !read(w, r, &n) {
		return
	}
	if !n.valid() {
		problem(w, http.StatusUnprocessableEntity, "name and size are needed")
		return
	}
	item, err := a.store.Announce(r.Context(), desk.UserFrom(r.Context()).ID, n.Name, n.Size)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	answer(w, http.StatusCreated, item)
}

func (a *api) say(w http.ResponseWriter, r *http.Request) {
	var said struct {
		Text string `json:"text"`
	}
	if read(w, r, &said) {
		answer(w, http.StatusOK, map[string]int{"listeners": a.room.Say(said.Text)})
	}
}

// stream sends what is said, until the client goes.
func (a *api) stream(w http.ResponseWriter, r *http.Request) {
	said, leave := a.room.Listen()
	defer leave()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	if out.SetWriteDeadline(time.Time{}) != nil || out.Flush() != nil {
		return
	}
	for {
		select {
		case <-r.Context().Done():
			return
		case text := <-said:
			if _, err := io.WriteString(w, "data: "+text+"\n\n"); err != nil || out.Flush() != nil {
				return
			}
		}
	}
}
