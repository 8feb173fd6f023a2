// Package echo answers with the order that it was sent, and what it costs.
package echo

import (
	"context"

	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{
	Route:   "POST /api/echo",
	Summary: "What an order costs",
	Access:  fn.Public,
}

type Function struct{}

// Order is what somebody wants.
type Order struct {
	Customer string   `json:"customer" minLength:"1" maxLength:"100"`
	Currency string   `json:"currency" enum:"EUR,USD,GBP"`
	Note     string   `json:"note,omitempty" maxLength:"200"`
	Express  bool     `json:"express"`
	Tags     []Tag    `json:"tags" maxItems:"10" nullable:"false"`
	Address  Address  `json:"address"`
	Items    []Wanted `json:"items" minItems:"1" maxItems:"50" nullable:"false"`
}

// Tag is a word that the customer gives an order.
type Tag struct {
	Text string `json:"text" minLength:"1" maxLength:"20"`
}

// Address is where the order is sent.
type Address struct {
	Street string `json:"street" minLength:"1" maxLength:"200"`
	City   string `json:"city" minLength:"1" maxLength:"200"`
	Zip    string `json:"zip" minLength:"3" maxLength:"12"`
}

// Wanted is a part of an order.
type Wanted struct {
	SKU      string  `json:"sku" minLength:"1" maxLength:"40"`
	Quantity int     `json:"quantity" minimum:"1" maximum:"1000"`
	Price    float64 `json:"price" minimum:"0" maximum:"1000000" doc:"Of one"`
}

type Input struct {
	Body Order
}

type Output struct {
	Body Answer
}

// Answer is an order with its price.
type Answer struct {
	Order

	Total float64 `json:"total"`
}

// Handle adds up what the order costs.
func (Function) Handle(_ context.Context, in *Input) (*Output, error) {
	out := &Output{Body: Answer{Order: in.Body}}
	for _, item := range in.Body.Items {
		out.Body.Total += float64(item.Quantity) * item.Price
	}
	return out, nil
}
