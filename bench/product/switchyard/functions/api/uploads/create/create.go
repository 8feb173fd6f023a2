// Package create registers an upload, and answers with the request that stores its bytes.
package create

import (
	"context"
	"net/http"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/bucket"
	"switchyard/shared/fn"

	"example.com/acme/desk/shared/items"
)

// Spec lets the calls have all the connections that functions may have at once, 8 of the pool's
// 10, as one does for what is asked for most: the contestants' handlers have all 10.
var Spec = fn.Endpoint{
	Route:    "POST /api/uploads",
	Summary:  "Register an upload",
	Status:   http.StatusCreated,
	Timeout:  10 * time.Second,
	MaxConns: 8,
}

type Function struct {
	Items  *items.Store
	Bucket *bucket.Bucket
}

type Input struct {
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"255"`
		Size int64  `json:"size" minimum:"1" maximum:"5368709120"`
		Type string `json:"type" minLength:"1" maxLength:"255"`
	}
}

type Output struct {
	Body struct {
		Item items.Item `json:"item"`
		URL  string     `json:"url" format:"uri" doc:"Takes the bytes, by PUT, for 15 minutes"`
	}
}

// Handle adds the item and signs the request.
func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	item, err := f.Items.Add(ctx, auth.UserFrom(ctx).ID, items.New{Name: in.Body.Name, Size: in.Body.Size, Status: "uploading"})
	if err != nil {
		return nil, err
	}
	put, err := f.Bucket.PresignPut(ctx, "uploads/"+item.ID.String(), in.Body.Size, in.Body.Type, 15*time.Minute)
	if err != nil {
		return nil, err
	}
	var out Output
	out.Body.Item, out.Body.URL = item, put.URL
	return &out, nil
}
