package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/google/uuid"

	"switchyard/bench/product/contestants/internal/desk"
)

// api has the handlers.
type api struct {
	store  *desk.Store
	room   *desk.Room
	bucket *desk.Bucket
	log    *slog.Logger
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func problem(w http.ResponseWriter, status int, title string) {
	answer(w, status, desk.Problem{Title: title, Status: status})
}

// fail answers err.
func (a *api) fail(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, desk.ErrNone):
		problem(w, http.StatusNotFound, err.Error())
	case errors.Is(err, desk.ErrNobody):
		problem(w, http.StatusUnauthorized, err.Error())
	case errors.Is(err, context.DeadlineExceeded):
		problem(w, http.StatusGatewayTimeout, "this took too long")
	default:
		a.log.ErrorContext(r.Context(), "request failed", slog.Any("error", err))
		problem(w, http.StatusInternalServerError, "internal error")
	}
}

// read reads a body of JSON that has nothing that v has not. It answers what is wrong.
func read(w http.ResponseWriter, r *http.Request, v any) bool {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil && d.More() {
		err = errors.New("there is more after the JSON")
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		problem(w, http.StatusRequestEntityTooLarge, "the body is too large")
	case err != nil:
		problem(w, http.StatusBadRequest, err.Error())
	}
	return err == nil
}

// signedIn lets those in who are signed in.
func (a *api) signedIn(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		cookie, err := r.Cookie(desk.SessionCookie)
		if err != nil {
			a.fail(w, r, desk.ErrNobody)
			return
		}
		user, err := a.store.User(r.Context(), cookie.Value)
		if err != nil {
			a.fail(w, r, err)
			return
		}
		next(w, r.WithContext(desk.WithUser(r.Context(), user)))
	}
}

func (a *api) ping(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, desk.Pong{OK: true})
}

func (a *api) echo(w http.ResponseWriter, r *http.Request) {
	var o desk.Order
	if !read(w, r, &o) {
		return
	}
	if err := check(&o); err != nil {
		problem(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	answer(w, http.StatusOK, desk.Price(o))
}

func (a *api) row(w http.ResponseWriter, r *http.Request) {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		problem(w, http.StatusUnprocessableEntity, "the id is no uuid")
		return
	}
	item, err := a.store.Get(r.Context(), id)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	answer(w, http.StatusOK, item)
}

func (a *api) mine(w http.ResponseWriter, r *http.Request) {
	limit := 20
	if text := r.URL.Query().Get("limit"); text != "" {
		var err error
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > 100 {
			problem(w, http.StatusUnprocessableEntity, "limit is 1 to 100")
			return
		}
	}
	list, err := a.store.Of(r.Context(), desk.UserFrom(r.Context()).ID, limit)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	answer(w, http.StatusOK, desk.List{Items: list})
}

func (a *api) page(w http.ResponseWriter, r *http.Request) {
	list, err := a.store.Newest(r.Context(), 20)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	var html bytes.Buffer
	if err := desk.Page.Execute(&html, desk.Shown{Title: "Items", Items: list}); err != nil {
		a.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "private, no-store")
	_, _ = w.Write(html.Bytes())
}
