// Package pubsub knows who may push from Google Pub/Sub: a subscription that
// authenticates sends an id token of its service account, which Google has signed. See
// https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions
package pubsub

import (
	"context"
	"errors"
	"slices"
	"strings"

	"switchyard/internal/oidc"
	"switchyard/shared/config"
	"switchyard/shared/fault"
)

// Sources are those who may push. They are safe for concurrent use.
type Sources struct {
	config config.PubSub
	keys   *oidc.Keys
}

// Open returns the sources that c names. It asks Google for nothing yet.
func Open(_ context.Context, c config.PubSub) (*Sources, error) {
	return &Sources{config: c, keys: oidc.NewKeys(oidc.NewClient(), c.Keys.String())}, nil
}

// maxToken bounds an id token, in bytes; Google's have about a thousand.
const maxToken = 8 << 10

// Admit returns nil if authorization is a bearer token that Google has issued to a service
// account of the source, for its audience, lately. It fails with fault.Unauthorized
// otherwise, and does not tell which sources there are; with fault.Unavailable if
// Google's keys cannot be had.
func (s *Sources) Admit(ctx context.Context, source, authorization string) error {
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" || len(token) > maxToken {
		return fault.New(fault.Unauthorized, "This is for push subscriptions of Google Pub/Sub that authenticate: turn on authentication in the subscription.")
	}
	claims, err := oidc.VerifyGoogle(ctx, s.keys, token, s.config.AudienceOf(source))
	if err == nil && !slices.Contains(s.config.Sources[source], claims.Email) {
		err = errors.New("PUBSUB names no such source, or another service account for it")
	}
	if err == nil && !claims.EmailVerified() {
		err = errors.New("google: the service account's address is not verified")
	}
	switch {
	case fault.Is(err, fault.Unavailable):
		return err
	case err != nil:
		return fault.New(fault.Unauthorized, "This token is not one of Google for a service account and an audience that may push here.").Because(err)
	}
	return nil
}
