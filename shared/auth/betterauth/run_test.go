package betterauth_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"switchyard/shared/auth/betterauth"
	"switchyard/shared/config"
	"switchyard/shared/db/dbtest"
)

func TestRunRemovesWhatHasExpired(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	_, err := d.Exec(t.Context(), `INSERT INTO verification (id, identifier, value, "expiresAt") VALUES
		('old', 'auth-state:a', '{}', now() - interval '1 minute'), ('live', 'auth-state:b', '{}', now() + interval '1 minute')`)
	if err != nil {
		t.Fatal(err)
	}
	c := config.Auth{Secret: "a secret of at least 32 characters"}
	if err := c.URL.UnmarshalText([]byte("http://shop.test")); err != nil {
		t.Fatal(err)
	}
	s, err := betterauth.Open(t.Context(), c, d, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, slog.New(slog.DiscardHandler)) }()
	for left := ""; left != "live"; time.Sleep(10 * time.Millisecond) { // until Run has come to it
		if err := d.QueryRow(t.Context(), `SELECT string_agg(id, ',') FROM verification`).Scan(&left); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
