package registration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/identity"
)

// holder names the address at which Inngest calls a function, and the program and stack
// that registered it.
type holder struct{ origin, program, stack string }

// holderOf reads the URL of a function. The program is "" if the URL has no mark: see
// [identity.Self.Mark].
func holderOf(called string) holder {
	u, err := url.Parse(called)
	if err != nil {
		return holder{}
	}
	path := strings.TrimSuffix(u.Path, durable.Path)
	origin := url.URL{Scheme: u.Scheme, Host: u.Host, Path: path}
	return holder{normal(origin.String()), u.Query().Get(identity.ProgramParam), u.Query().Get(identity.StackParam)}
}

// normal returns an origin as Inngest writes it down.
func normal(origin string) string {
	u, err := url.Parse(strings.TrimRight(origin, "/"))
	if err != nil {
		return origin
	}
	host, port := u.Hostname(), u.Port()
	if host == "127.0.0.1" || host == "0.0.0.0" {
		host = "localhost"
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port != "" && (u.Scheme != "http" || port != "80") && (u.Scheme != "https" || port != "443") {
		host += ":" + port
	}
	u.Host = host
	return u.String()
}

// OriginOf returns the base URL at which a function with this configuration is called.
func OriginOf(config json.RawMessage) string {
	var f struct {
		Steps map[string]struct {
			Runtime struct {
				URL string `json:"url"`
			} `json:"runtime"`
		} `json:"steps"`
	}
	_ = json.Unmarshal(config, &f)
	for _, step := range f.Steps {
		return holderOf(step.Runtime.URL).origin
	}
	return ""
}

// registered returns the functions that Inngest has of this app, by id; nil if the server
// does not tell.
func (a *App) registered(ctx context.Context) (map[string]holder, error) {
	// The server keeps its answers for a while, by their URL.
	path := fmt.Sprintf("/v1/apps/%s/functions?_=%d", url.PathEscape(a.host.App()), time.Now().UnixNano())
	status, body, err := a.api.Do(ctx, http.MethodGet, path, nil)
	if err != nil && (status < http.StatusBadRequest || status >= http.StatusInternalServerError) {
		return nil, fmt.Errorf("ask what is registered: %w", err)
	}
	var all []struct {
		ID     string `json:"id"`
		Config struct {
			Driver struct {
				URI string `json:"uri"`
			} `json:"driver"`
			Steps []struct {
				URI string `json:"uri"`
			} `json:"steps"`
		} `json:"config"`
	}
	if err == nil {
		err = json.Unmarshal(body, &all)
	}
	if err != nil {
		a.log.DebugContext(ctx, "Inngest does not say what is registered", slog.Any("error", err))
		return nil, nil
	}
	held := map[string]holder{}
	for _, f := range all {
		called := f.Config.Driver.URI
		if called == "" && len(f.Config.Steps) > 0 {
			called = f.Config.Steps[0].URI
		}
		held[f.ID] = holderOf(called)
	}
	return held, nil
}

// Claim fails unless this program may use the app's id, and returns, by id, the addresses
// of the functions that stay where they are. It runs before anything is registered.
//
//   - Functions of another program, or of this one with another database, are not
//     touched, unless this program answers at their address by now.
//   - Functions at an address that is none of the offers', though a replica of this
//     program serves there, are not touched: its database may be a copy.
//   - A function stays where it is while a replica serves it there, though another
//     service offers it as well.
func (a *App) Claim(ctx context.Context, offers []Offer) (stay map[string]string, err error) {
	held, err := a.registered(ctx)
	if err != nil {
		return nil, err
	}
	q := inquiry{App: a, known: map[string]answered{}}
	at := origins(offers)
	stay = map[string]string{}
	for _, id := range slices.Sorted(maps.Keys(held)) {
		switch f := held[id]; {
		case f.program == "":
			if len(at[f.origin]) > 0 {
				stay[id] = f.origin
			}
		case !a.self.Owns(f.program, f.stack):
			err = errors.Join(err, q.checkOther(ctx, f))
		case len(at[f.origin]) == 0:
			err = errors.Join(err, q.checkUnknown(ctx, f))
		case !contended(id, f.origin, at) || q.serves(ctx, f.origin):
			stay[id] = f.origin
		}
		if err != nil {
			return nil, err
		}
	}
	return stay, nil
}

// origins returns which functions live services offer at each address.
func origins(offers []Offer) map[string]map[string]bool {
	at := map[string]map[string]bool{}
	for _, o := range offers {
		for _, f := range o.Functions {
			if origin := OriginOf(f); o.Live {
				if at[origin] == nil {
					at[origin] = map[string]bool{}
				}
				at[origin][FunctionID(f)] = true
			}
		}
	}
	return at
}

// contended reports whether the function is offered elsewhere, too.
func contended(id, origin string, at map[string]map[string]bool) bool {
	for other, offered := range at {
		if other != origin && offered[id] {
			return true
		}
	}
	return false
}

// inquiry asks each address once.
type inquiry struct {
	*App
	known map[string]answered
}

type answered struct {
	identity.Introduction
	same bool // it is a replica of this program
	err  error
}

func (q inquiry) ask(ctx context.Context, origin string) answered {
	f, asked := q.known[origin]
	if !asked {
		f.Introduction, f.same, f.err = q.self.Ask(ctx, origin)
		q.known[origin] = f
	}
	return f
}

// serves reports whether a replica of this program is at origin, and knows itself to be.
func (q inquiry) serves(ctx context.Context, origin string) bool {
	f := q.ask(ctx, origin)
	return f.same && normal(f.Origin) == origin
}

// checkOther returns why f, a function of another program, must not be replaced; nil if it
// may: this program is at its address now.
func (q inquiry) checkOther(ctx context.Context, f holder) error {
	answer := q.ask(ctx, f.origin)
	if answer.same {
		return nil
	}
	own, other := q.self.Program(), f.program
	if own == other {
		other += " with another database"
	}
	state := "which answers"
	if answer.err != nil {
		state = answer.err.Error()
	}
	return fmt.Errorf("the app %q at Inngest is that of another program, %s, at %s (%s); this one is %s. "+
		"Set INNGEST_APP_ID here or there, so that each has an id of its own. If the other one is gone for good: router register --clear",
		q.host.App(), other, f.origin, state, own)
}

// checkUnknown returns why f, which is at an address that nobody here knows, must not be
// replaced; nil if no replica of this program is there.
func (q inquiry) checkUnknown(ctx context.Context, f holder) error {
	if q.host.Packaged() || !q.serves(ctx, f.origin) {
		return nil
	}
	return fmt.Errorf("a replica of %s serves the jobs of the app %q at %s, and is not known to this database: "+
		"it may be a copy of that one's, or this service, %s, should have the same URL (%s). Inngest still calls the former. "+
		"Set INNGEST_APP_ID for what is another product, or stop the other replica",
		f.program, q.host.App(), f.origin, q.self.Origin(), q.variable)
}
