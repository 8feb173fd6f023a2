package durable

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
)

// refusedError is Inngest's answer that it will not take what it is told, however often.
type refusedError struct{ error }

// announce tells Inngest of the functions. If it refuses some, it is told of the others:
// Inngest takes all or none, and does not say which of them is wrong. What is refused
// is named in the log, once; its events wait for a release that mends it.
func (h *Host) announce(ctx context.Context, m *manifest, functions []json.RawMessage) error {
	err := h.post(ctx, m, functions)
	if err == nil {
		h.blamed = ""
	}
	if _, ok := errors.AsType[refusedError](err); !ok {
		return err
	}
	wrong, failure := h.refused(ctx, m, functions)
	if failure != nil || len(wrong) == 0 {
		return errors.Join(err, failure)
	}
	ids := idsOf(wrong)
	rest := slices.DeleteFunc(slices.Clone(functions), func(f json.RawMessage) bool {
		return slices.Contains(ids, functionID(f))
	})
	if failure := h.post(ctx, m, rest); failure != nil {
		return failure
	}
	h.blame(ctx, wrong)
	return nil
}

// refusedFunction is a function that Inngest refuses, and why.
type refusedFunction struct {
	id     string
	name   string // as the project calls it
	reason string
}

func idsOf(wrong []refusedFunction) []string {
	ids := make([]string, len(wrong))
	for i, f := range wrong {
		ids[i] = f.id
	}
	return ids
}

// maxReason bounds a reason in the log, in bytes.
const maxReason = 300

// refusedAs returns the function with this configuration, which Inngest refused with err
// under another id.
func refusedAs(config json.RawMessage, err refusedError) refusedFunction {
	var f struct{ ID, Name string }
	_ = json.Unmarshal(config, &f)
	reason := err.Error()
	if len(reason) > maxReason {
		reason = strings.ToValidUTF8(reason[:maxReason], "") + "…"
	}
	return refusedFunction{f.ID, f.Name, reason}
}

// blame logs which functions Inngest refuses, and why, if that is new.
func (h *Host) blame(ctx context.Context, wrong []refusedFunction) {
	reasons := make(map[string]string, len(wrong))
	for _, f := range wrong {
		reasons[f.name] = f.reason
	}
	names := slices.Sorted(maps.Keys(reasons)) // the functions come in another order from each release
	if all := strings.Join(names, " "); all != h.blamed {
		h.blamed = all
		h.log.ErrorContext(ctx, "Inngest refuses functions, and has the others: look at their expressions (If, Key, Priority) and their Cron",
			slog.Any("functions", names), slog.Any("reasons", reasons))
	}
}

// refused returns those of the functions that Inngest refuses. It is offered
// ever fewer of them, as functions of an app that stands in for ours: ours is never
// without those that it has.
func (h *Host) refused(ctx context.Context, m *manifest, functions []json.RawMessage) ([]refusedFunction, error) {
	stand := *m
	stand.AppID += "-check"
	// What Inngest took it forgets, if all goes well. Nothing calls it anyway.
	defer func() { _ = h.post(ctx, &stand, []json.RawMessage{}) }()
	var among func(part []json.RawMessage) ([]refusedFunction, error)
	among = func(part []json.RawMessage) ([]refusedFunction, error) {
		copies, err := disguised(part)
		if err != nil {
			return nil, err
		}
		err = h.post(ctx, &stand, copies)
		switch refusal, ok := errors.AsType[refusedError](err); {
		case !ok:
			return nil, err
		case len(part) == 1:
			return []refusedFunction{refusedAs(part[0], refusal)}, nil
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

// disguised returns copies of functions: to Inngest they are other ones, which listen to
// events that nobody publishes.
func disguised(functions []json.RawMessage) ([]json.RawMessage, error) {
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
