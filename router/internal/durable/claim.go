package durable

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
)

// holder names the address at which Inngest calls a function, and the program and stack
// that registered it.
type holder struct{ origin, program, stack string }

// holderOf reads the URL of a function. The program is "" if the URL has no mark: see
// [identity.mark].
func holderOf(called string) holder {
	u, err := url.Parse(called)
	if err != nil {
		return holder{}
	}
	path := strings.TrimSuffix(u.Path, Path)
	origin := url.URL{Scheme: u.Scheme, Host: u.Host, Path: path}
	return holder{normal(origin.String()), u.Query().Get(programParam), u.Query().Get(stackParam)}
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

// originOf returns where a function with this configuration is called.
func originOf(config json.RawMessage) string {
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
func (h *Host) registered(ctx context.Context) (map[string]holder, error) {
	// The server keeps its answers for a while, by their URL.
	path := fmt.Sprintf("/v1/apps/%s/functions?_=%d", url.PathEscape(h.app), time.Now().UnixNano())
	status, body, err := h.ask(ctx, http.MethodGet, path, nil)
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
		h.log.DebugContext(ctx, "Inngest does not say what is registered", slog.Any("error", err))
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

// claim fails unless this program may use the app's id, and returns, by id, the addresses
// of the functions that stay where they are. It runs before anything is registered.
//
//   - Functions of another program, or of this one with another database, are not
//     touched, unless this program answers at their address by now.
//   - Functions at an address that is none of the offers', though a replica of this
//     program serves there, are not touched: its database may be a copy.
//   - A function stays where it is while a replica serves it there, though another
//     service offers it as well: see [union].
func (h *Host) claim(ctx context.Context, offers []offer) (stay map[string]string, err error) {
	held, err := h.registered(ctx)
	if err != nil {
		return nil, err
	}
	q := inquiry{Host: h, known: map[string]found{}}
	at := origins(offers)
	stay = map[string]string{}
	for _, id := range slices.Sorted(maps.Keys(held)) {
		switch f := held[id]; {
		case f.program == "":
			if len(at[f.origin]) > 0 {
				stay[id] = f.origin
			}
		case !h.owns(f):
			err = errors.Join(err, q.foreign(ctx, f))
		case len(at[f.origin]) == 0:
			err = errors.Join(err, q.stranger(ctx, f))
		case !contended(id, f.origin, at) || q.serves(ctx, f.origin):
			stay[id] = f.origin
		}
		if err != nil {
			return nil, err
		}
	}
	return stay, nil
}

// owns reports whether f is a function of this program with this database.
func (h *Host) owns(f holder) bool {
	i := h.self.Load()
	return f.program == i.program && f.stack == i.stack
}

// origins returns which functions live services offer at each address.
func origins(offers []offer) map[string]map[string]bool {
	at := map[string]map[string]bool{}
	for _, o := range offers {
		for _, f := range o.Functions {
			if origin := originOf(f); o.Live {
				if at[origin] == nil {
					at[origin] = map[string]bool{}
				}
				at[origin][functionID(f)] = true
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
	*Host
	known map[string]found
}

type found struct {
	introduction
	ours bool
	err  error
}

func (q inquiry) ask(ctx context.Context, origin string) found {
	f, asked := q.known[origin]
	if !asked {
		f.introduction, f.ours, f.err = q.who(ctx, origin)
		q.known[origin] = f
	}
	return f
}

// serves reports whether a replica of this program is at origin, and knows itself to be.
func (q inquiry) serves(ctx context.Context, origin string) bool {
	f := q.ask(ctx, origin)
	return f.ours && normal(f.Origin) == origin
}

// foreign returns why f, a function of another program, must not be replaced; nil if it
// may: this program is at its address now.
func (q inquiry) foreign(ctx context.Context, f holder) error {
	answer := q.ask(ctx, f.origin)
	if answer.ours {
		return nil
	}
	own, other := q.self.Load().program, f.program
	if own == other {
		other += " with another database"
	}
	state := "which answers"
	if answer.err != nil {
		state = answer.err.Error()
	}
	return fmt.Errorf("the app %q at Inngest is that of another program, %s, at %s (%s); this one is %s. "+
		"Set INNGEST_APP_ID here or there, so that each has an id of its own. If the other one is gone for good: router register --clear",
		q.app, other, f.origin, state, own)
}

// stranger returns why f, which is at an address that nobody here knows, must not be
// replaced; nil if no replica of this program is there.
func (q inquiry) stranger(ctx context.Context, f holder) error {
	if q.packaged || !q.serves(ctx, f.origin) {
		return nil
	}
	return fmt.Errorf("a replica of %s serves the jobs of the app %q at %s, and is not known to this database: "+
		"it may be a copy of that one's, or this service, %s, should have the same URL (%s). Inngest still calls the former. "+
		"Set INNGEST_APP_ID for what is another product, or stop the other replica",
		f.program, q.app, f.origin, q.origin(), q.variable)
}
