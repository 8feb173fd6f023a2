package registration

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"switchyard/shared/events/ledger"
)

// Manifest says what there is to register.
type Manifest struct {
	AppID        string
	URL          string            // of the handler
	Functions    []json.RawMessage // their configurations, as Inngest takes them
	Capabilities json.RawMessage   // of the SDK
}

// Offer has the functions that the newest release of a service serves.
type Offer struct {
	Origin    string // URL of the service's handler
	Release   string
	Live      bool // one of its replicas has been seen lately
	Functions []json.RawMessage
	Listeners []ledger.Listener
}

// FunctionID returns the id in a function's configuration.
func FunctionID(config json.RawMessage) string {
	var f struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(config, &f)
	return f.ID
}

// Manifest returns that of this process. The URLs of its functions say whose they are, and
// where those are that are called elsewhere.
func (a *App) Manifest(ctx context.Context) (*Manifest, error) {
	text, err := a.host.Describe(ctx)
	if err != nil {
		return nil, err
	}
	var described struct {
		AppID      string           `json:"app_id"`
		URL        string           `json:"url"`
		Functions  []map[string]any `json:"functions"`
		Inspection struct {
			Capabilities json.RawMessage `json:"capabilities"`
		} `json:"inspection"`
	}
	numbers := json.NewDecoder(bytes.NewReader(text))
	numbers.UseNumber()
	if err := numbers.Decode(&described); err != nil {
		return nil, fmt.Errorf("list the functions: the SDK answered %s", text)
	}
	m := &Manifest{
		AppID: described.AppID, URL: described.URL, Capabilities: described.Inspection.Capabilities,
		Functions: make([]json.RawMessage, len(described.Functions)),
	}
	for i, f := range described.Functions {
		if err := a.setURL(f); err != nil {
			return nil, fmt.Errorf("list the functions: %w", err)
		}
		if m.Functions[i], err = json.Marshal(f); err != nil {
			return nil, fmt.Errorf("list the functions: %w", err)
		}
	}
	return m, nil
}

// setURL has a function called where it is, at a URL that says whose it is.
func (a *App) setURL(function map[string]any) error {
	id, _ := function["id"].(string)
	steps, _ := function["steps"].(map[string]any)
	for _, step := range steps {
		s, _ := step.(map[string]any)
		runtime, _ := s["runtime"].(map[string]any)
		here, _ := runtime["url"].(string)
		u, err := url.Parse(here)
		if err != nil || u.RawQuery == "" {
			return fmt.Errorf("%s is called at %q", id, here)
		}
		runtime["url"] = a.self.HandlerAt(a.host.OriginOf(id)) + "?" + a.self.Mark(u.RawQuery)
	}
	return nil
}
