package registration

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"switchyard/router/internal/durable/api"
)

// Announce tells Inngest of the functions. If it refuses some, it is told of the others:
// Inngest takes all or none, and does not say which of them is wrong. What is refused
// is named in the log, once, and returned by id; its events wait for a release that mends it.
func (a *App) Announce(ctx context.Context, m *Manifest, functions []json.RawMessage) (refused []string, err error) {
	err = a.post(ctx, m, functions)
	if err == nil {
		a.blamed = ""
	}
	if _, ok := errors.AsType[api.RefusedError](err); !ok {
		return nil, err
	}
	wrong, failure := a.Refused(ctx, m, functions)
	if failure != nil || len(wrong) == 0 {
		return nil, errors.Join(err, failure)
	}
	refused = IDs(wrong)
	rest := slices.DeleteFunc(slices.Clone(functions), func(f json.RawMessage) bool {
		return slices.Contains(refused, FunctionID(f))
	})
	if failure := a.post(ctx, m, rest); failure != nil {
		return nil, failure
	}
	a.Blame(ctx, wrong)
	return refused, nil
}

// Refusal is a function that Inngest refuses, and why.
type Refusal struct {
	id     string
	name   string // as the project calls it
	reason string
}

// IDs returns what Inngest calls the functions by.
func IDs(wrong []Refusal) []string {
	ids := make([]string, len(wrong))
	for i, f := range wrong {
		ids[i] = f.id
	}
	return ids
}

// maxReason bounds a reason in the log, in bytes.
const maxReason = 300

// refusalOf returns that of the function with this configuration, which Inngest refused
// with err under another id.
func refusalOf(config json.RawMessage, err api.RefusedError) Refusal {
	var f struct{ ID, Name string }
	_ = json.Unmarshal(config, &f)
	reason := err.Error()
	if len(reason) > maxReason {
		reason = strings.ToValidUTF8(reason[:maxReason], "") + "…"
	}
	return Refusal{f.ID, f.Name, reason}
}

// Blame logs which functions Inngest refuses, and why, if that is new.
func (a *App) Blame(ctx context.Context, wrong []Refusal) {
	reasons := make(map[string]string, len(wrong))
	for _, f := range wrong {
		reasons[f.name] = f.reason
	}
	names := slices.Sorted(maps.Keys(reasons)) // the functions come in another order from each release
	if all := strings.Join(names, " "); all != a.blamed {
		a.blamed = all
		a.log.ErrorContext(ctx, "Inngest refuses functions, and has the others: look at their expressions (If, Key, Priority) and their Cron",
			slog.Any("functions", names), slog.Any("reasons", reasons))
	}
}

// Refused returns those of the functions that Inngest refuses. It is offered
// ever fewer of them, as functions of an app that stands in for ours: ours is never
// without those that it has.
func (a *App) Refused(ctx context.Context, m *Manifest, functions []json.RawMessage) ([]Refusal, error) {
	standIn := *m
	standIn.AppID += "-check"
	// What Inngest took it forgets, if all goes well. Nothing calls it anyway.
	defer func() { _ = a.post(ctx, &standIn, []json.RawMessage{}) }()
	var among func(part []json.RawMessage) ([]Refusal, error)
	among = func(part []json.RawMessage) ([]Refusal, error) {
		copies, err := copiesOf(part)
		if err != nil {
			return nil, err
		}
		err = a.post(ctx, &standIn, copies)
		switch refusal, ok := errors.AsType[api.RefusedError](err); {
		case !ok:
			return nil, err
		case len(part) == 1:
			return []Refusal{refusalOf(part[0], refusal)}, nil
		}
		half := len(part) / 2
		first, err := among(part[:half])
		if err != nil {
			return nil, err
		}
		second, err := among(part[half:])
		return append(first, second...), err
	}
	return among(functions)
}

// copiesOf returns copies of functions that are other ones to Inngest, and listen to events
// that nobody publishes.
func copiesOf(functions []json.RawMessage) ([]json.RawMessage, error) {
	copies := make([]json.RawMessage, len(functions))
	for i, f := range functions {
		var config map[string]any
		numbers := json.NewDecoder(bytes.NewReader(f))
		numbers.UseNumber()
		if err := numbers.Decode(&config); err != nil {
			return nil, fmt.Errorf("register: %w", err)
		}
		config["id"], config["name"] = fmt.Sprint(config["id"], "-check"), fmt.Sprint(config["name"], " check")
		for _, list := range []string{"triggers", "cancel"} {
			all, _ := config[list].([]any)
			for _, one := range all {
				if of, ok := one.(map[string]any); ok && of["event"] != nil {
					of["event"] = fmt.Sprint("switchyard/check/", of["event"])
				}
			}
		}
		var err error
		if copies[i], err = json.Marshal(config); err != nil {
			return nil, fmt.Errorf("register: %w", err)
		}
	}
	return copies, nil
}
