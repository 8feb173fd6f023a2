package oidc

import (
	"context"
	"crypto/rsa"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"switchyard/shared/fault"
)

// How long keys are believed, and how often they are asked for at most, however
// many tokens name a key that does not exist.
const (
	keysLife  = time.Hour
	keysPause = 10 * time.Second
)

// Keys is the keys that a provider publishes (RFC 7517). They are fetched when
// they are first needed, and again when they are old or a token names one that is
// not there. It is safe for concurrent use.
type Keys struct {
	client *http.Client
	url    string
	turn   chan struct{} // has room for the one who asks

	mu      sync.Mutex
	keys    []jose.JSONWebKey
	fetched time.Time // when keys were
	asked   time.Time // when they were last asked for, with or without success
}

// NewKeys returns the keys that are published at url. It asks for none yet.
func NewKeys(client *http.Client, url string) *Keys {
	return &Keys{client: client, url: url, turn: make(chan struct{}, 1)}
}

// find returns the RSA keys with this id; all of them if it is "". It fails with
// fault.Unavailable if the provider's keys cannot be had.
func (k *Keys) find(ctx context.Context, id string) ([]jose.JSONWebKey, error) {
	if keys, _ := k.look(id); len(keys) > 0 {
		return keys, nil
	}
	select {
	case k.turn <- struct{}{}:
		defer func() { <-k.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	// Somebody may have fetched them while this one waited.
	keys, mayAsk := k.look(id)
	if len(keys) > 0 {
		return keys, nil
	}
	if mayAsk {
		if err := k.fetch(ctx); err != nil {
			return nil, unavailable(err)
		}
		keys, _ = k.look(id)
	}
	switch {
	case len(keys) > 0:
		return keys, nil
	case k.unknown():
		return nil, unavailable(errors.New("they were asked for just now, in vain"))
	}
	return nil, errors.New("the provider has no such key")
}

func unavailable(cause error) error {
	return fault.New(fault.Unavailable, "The keys of the identity provider cannot be had. Try again later.").Because(cause)
}

// unknown reports whether no keys are known and believed.
func (k *Keys) unknown() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return time.Since(k.fetched) > keysLife
}

// look returns the keys with this id as far as they are known and believed, and
// whether it is time to ask for them again.
func (k *Keys) look(id string) (keys []jose.JSONWebKey, mayAsk bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	mayAsk = time.Since(k.asked) > keysPause
	if time.Since(k.fetched) > keysLife {
		return nil, mayAsk
	}
	for _, key := range k.keys {
		if _, isRSA := key.Key.(*rsa.PublicKey); isRSA && (id == "" || key.KeyID == id) {
			keys = append(keys, key)
		}
	}
	return keys, mayAsk
}

// fetch asks for the keys. Others depend on it: it goes on when ctx is cancelled.
func (k *Keys) fetch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), Patience)
	defer cancel()
	var set jose.JSONWebKeySet
	err := Get(ctx, k.client, k.url, "", &set)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked = time.Now()
	if err == nil {
		k.keys, k.fetched = set.Keys, k.asked
	}
	return err
}
