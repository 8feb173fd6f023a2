// Package say says something in the room.
package say

import (
	"context"

	"switchyard/shared/fn"

	"example.com/acme/desk/shared/room"
)

var Spec = fn.Endpoint{
	Route:   "POST /api/say",
	Summary: "Say something",
	Access:  fn.Public,
}

type Function struct {
	Room *room.Room
}

type Input struct {
	Body struct {
		Text string `json:"text" minLength:"1" maxLength:"1000" pattern:"^[^\\r\\n]*$"`
	}
}

type Output struct {
	Body struct {
		Listeners int `json:"listeners"`
	}
}

// Handle says it.
func (f Function) Handle(_ context.Context, in *Input) (*Output, error) {
	var out Output
	out.Body.Listeners = f.Room.Say(in.Body.Text)
	return &out, nil
}
