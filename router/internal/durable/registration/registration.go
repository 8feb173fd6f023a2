// Package registration tells Inngest which functions an app has and where they are called:
// Inngest's own word is to sync an app. Before it does so it makes sure that the app's id
// is this program's to use, and that this service is reached where Inngest is to call it.
//
// Inngest has one list of an app's functions, and keeps exactly those that it is told last.
package registration

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/inngest/inngestgo"

	"switchyard/internal/backoff"
	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/api"
	"switchyard/router/internal/durable/identity"
	"switchyard/shared/config"
)

// App registers the functions of a host, as those of its app. It is for one goroutine,
// except for [App.Claim] and what does not change it.
type App struct {
	host     *durable.Host
	self     *identity.Self
	api      *api.Client
	variable string // that says where the handler is
	untried  bool   // nobody has to reach the handler for it to be registered
	log      *slog.Logger
	blamed   string // functions that Inngest refuses, as was logged last
}

// New returns what registers the functions of host with the Inngest that c describes.
// Nothing is registered yet.
func New(host *durable.Host, c config.Jobs, log *slog.Logger) *App {
	return &App{
		host:     host,
		self:     host.Self(),
		api:      api.New(c.Server(), host.Keys()),
		variable: cmp.Or(c.AtVariable(), "HOST and PORT"),
		untried:  c.Untried,
		log:      log,
	}
}

// Server returns the base URL of Inngest's API.
func (a *App) Server() string { return a.api.Server() }

// Register tells Inngest that the functions of this process are all there are, and
// where. It is for an application without a database; one that has a database has a
// release.Registrar. It tries until Inngest has taken them, waiting ever longer, at most
// 30 s, between tries, and returns an error only when ctx ends.
//
// It does not notice when Inngest forgets. In development, where the server keeps
// nothing, an unsigned PUT to the handler makes it register again.
func (a *App) Register(ctx context.Context) error {
	var f Failures
	for {
		err := a.register(ctx)
		if err == nil {
			a.log.InfoContext(ctx, "jobs are registered with Inngest",
				slog.String("server", a.api.Server()), slog.Int("functions", a.host.Count()))
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		a.NotRegistered(ctx, &f, err)
		if !backoff.Sleep(ctx, f.Wait()) {
			return ctx.Err()
		}
	}
}

// NotRegistered logs another failure to register.
func (a *App) NotRegistered(ctx context.Context, f *Failures, err error) {
	level := f.Add(err)
	a.log.Log(ctx, level, "jobs are not registered with Inngest yet; trying again",
		slog.String("server", a.api.Server()), slog.Int("tries", f.Count()), slog.Any("error", err))
}

func (a *App) register(ctx context.Context) error {
	if err := a.TryOrigin(ctx); err != nil {
		return err
	}
	m, err := a.Manifest(ctx)
	if err != nil {
		return err
	}
	if _, err := a.Claim(ctx, []Offer{{Origin: a.self.URL(), Live: true, Functions: m.Functions}}); err != nil {
		return fmt.Errorf("register: %w", err)
	}
	_, err = a.Announce(ctx, m, m.Functions)
	return err
}

// Clear has Inngest forget the app's functions, whoever has registered them.
func (a *App) Clear(ctx context.Context) error {
	m, err := a.Manifest(ctx)
	if err != nil {
		return err
	}
	return a.post(ctx, m, []json.RawMessage{})
}

// unreachedError says that this service is not reached at its own URL.
type unreachedError struct{ error }

// TryOrigin returns nil if a replica of this program answers at the URL that Inngest is
// to be told. Where no replica stays, there is nobody to answer yet.
func (a *App) TryOrigin(ctx context.Context) error {
	if a.host.Packaged() || a.untried {
		return nil
	}
	it, same, err := a.self.Ask(ctx, a.self.Origin())
	switch {
	case err != nil:
	case !same:
		err = fmt.Errorf("GET %s was answered by %s, and not by this program or not with this database", a.self.URL(), it.Program)
	default:
		return nil
	}
	return unreachedError{fmt.Errorf("this service is not reached at its own URL, which Inngest would call: %w. "+
		"Look at %s; set INNGEST_SERVE_UNTRIED=on if others can reach it and only this service cannot", err, a.variable)}
}

// TryConnect asks Inngest whether it takes a connection: what the SDK asks first, too. The
// SDK does not say why that fails, and takes 30 s to find out.
func (a *App) TryConnect(ctx context.Context) error {
	_, _, err := a.api.Do(ctx, http.MethodPost, "/v0/connect/start", nil)
	return err
}

// post does by itself what the SDK would do when asked to by an unsigned PUT: the
// SDK's own call has no deadline, takes no context, drops the reason of a refusal and
// knows of this process's functions only; and a handler that obeys unsigned requests
// has to be hidden.
func (a *App) post(ctx context.Context, m *Manifest, functions []json.RawMessage) error {
	body, err := json.Marshal(map[string]any{
		"v":            "1",
		"deployType":   "ping",
		"url":          m.URL,
		"sdk":          inngestgo.HeaderValueSDK,
		"appName":      m.AppID,
		"functions":    functions,
		"capabilities": m.Capabilities,
	})
	if err != nil {
		return fmt.Errorf("register: %w", err)
	}
	if _, _, err := a.api.Do(ctx, http.MethodPost, "/fn/register", body); err != nil {
		return fmt.Errorf("register: %w", err)
	}
	return nil
}
