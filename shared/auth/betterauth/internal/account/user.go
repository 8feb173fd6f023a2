package account

import (
	"context"
	"net/http"
	"time"

	"switchyard/shared/auth/betterauth/internal/store"
	"switchyard/shared/auth/betterauth/internal/wire"
)

func updateUserBody() *wire.Schema {
	return &wire.Schema{Kind: wire.Record, Fields: []wire.Field{
		{Name: "name", Kind: wire.String, Optional: true, MaxLen: wire.MaxName},
		{Name: "image", Kind: wire.String, Optional: true, Nullable: true, MaxLen: wire.MaxImage},
	}}
}

// updateUser changes the user's name and image. Its guard asks the database, since
// the cookies that it writes would otherwise keep alive, in their cache, a session
// that is no more.
func (r *Routes) updateUser(ctx context.Context, c *wire.Call) (any, error) {
	if truthy(c.Body["email"]) {
		return nil, wire.Fail(http.StatusBadRequest, "EMAIL_CAN_NOT_BE_UPDATED", "Email can not be updated")
	}
	var change store.UserChange
	if c.Body.Has("name") {
		change.Name = new(c.Body.Text("name"))
	}
	if c.Body.Has("image") {
		var image *string
		if url, ok := c.Body["image"].(string); ok {
			image = &url
		}
		change.Image = &image
	}
	if change.Name == nil && change.Image == nil {
		return nil, wire.Fail(http.StatusBadRequest, "", "No fields to update")
	}
	user, ok, err := r.Store.UpdateUser(ctx, c.User.ID, change, time.Now())
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, userNotFound(http.StatusBadRequest)
	}
	r.Sessions.SetCookies(c, c.Session, user, nil)
	return wire.Done(), nil
}

// truthy reports whether JavaScript takes a JSON value for true.
func truthy(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case float64:
		return v != 0
	case string:
		return v != ""
	}
	return true
}
