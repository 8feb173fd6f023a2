package main

import (
	"bytes"
	"context"
	"net/http"

	"github.com/google/uuid"

	"switchyard/bench/product/contestants/internal/desk"
)

type out[T any] struct{ Body T }

func (a *api) ping(context.Context, *struct{}) (*out[desk.Pong], error) {
	return &out[desk.Pong]{desk.Pong{OK: true}}, nil
}

// order is desk.Order with huma's rules.
type order struct {
	Customer string   `json:"customer" minLength:"1" maxLength:"100"`
	Currency string   `json:"currency" enum:"EUR,USD,GBP"`
	Note     string   `json:"note,omitempty" maxLength:"200"`
	Express  bool     `json:"express"`
	Tags     []tag    `json:"tags" maxItems:"10"`
	Address  address  `json:"address"`
	Items    []wanted `json:"items" minItems:"1" maxItems:"50"`
}

type tag struct {
	Text string `json:"text" minLength:"1" maxLength:"20"`
}

type address struct {
	Street string `json:"street" minLength:"1" maxLength:"200"`
	City   string `json:"city" minLength:"1" maxLength:"200"`
	Zip    string `json:"zip" minLength:"3" maxLength:"12"`
}

type wanted struct {
	SKU      string  `json:"sku" minLength:"1" maxLength:"40"`
	Quantity int     `json:"quantity" minimum:"1" maximum:"1000"`
	Price    float64 `json:"price" minimum:"0" maximum:"1000000"`
}

type priced struct {
	order

	Total float64 `json:"total"`
}

func (a *api) echo(_ context.Context, in *struct{ Body order }) (*out[priced], error) {
	p := priced{order: in.Body}
	for _, item := range in.Body.Items {
		p.Total += float64(item.Quantity) * item.Price
	}
	return &out[priced]{p}, nil
}

func (a *api) row(ctx context.Context, in *struct {
	ID uuid.UUID `path:"id"`
},
) (*out[desk.Item], error) {
	item, err := a.store.Get(ctx, in.ID)
	if err != nil {
		return nil, failure(err)
	}
	return &out[desk.Item]{item}, nil
}

func (a *api) mine(ctx context.Context, in *struct {
	Limit int `query:"limit" minimum:"1" maximum:"100" default:"20"`
},
) (*out[desk.List], error) {
	list, err := a.store.Of(ctx, desk.UserFrom(ctx).ID, in.Limit)
	if err != nil {
		return nil, failure(err)
	}
	return &out[desk.List]{desk.List{Items: list}}, nil
}

// page is a handler of net/http, since huma has no pages.
func (a *api) page(w http.ResponseWriter, r *http.Request) {
	list, err := a.store.Newest(r.Context(), 20)
	var html bytes.Buffer
	if err == nil {
		err = desk.Page.Execute(&html, desk.Shown{Title: "Items", Items: list})
	}
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "private, no-store")
	_, _ = w.Write(html.Bytes())
}
