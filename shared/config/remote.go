package config

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// Caller is the key by which a function believes what another router says of the caller.
type Caller struct {
	Key Secret `env:"SWITCHYARD_CALLER_KEY" use:"signs who calls a function that runs elsewhere; the same here and there, at least 32 characters: openssl rand -base64 32"`
	// FallbackKey is accepted too, while the key is being replaced.
	FallbackKey Secret `env:"SWITCHYARD_CALLER_KEY_FALLBACK" use:"another key that is accepted, while the key is being replaced"`
}

// Check implements [Checker].
func (c Caller) Check(report func(name, problem string)) {
	if c.Key == "" {
		report("SWITCHYARD_CALLER_KEY", "is not set")
	}
	for name, key := range map[string]Secret{"SWITCHYARD_CALLER_KEY": c.Key, "SWITCHYARD_CALLER_KEY_FALLBACK": c.FallbackKey} {
		if key != "" && len(key) < minSecret {
			report(name, "is too short: want at least 32 characters; make one with: openssl rand -base64 32")
		}
	}
}

// What a router does with a call to a function that runs elsewhere and cannot be
// reached there.
const (
	FallbackOff   = "off"   // it answers 503
	FallbackLocal = "local" // the function runs here
)

// Placement says which functions run elsewhere, and where.
type Placement struct {
	Functions RemoteFunctions `env:"SWITCHYARD_REMOTE" use:"functions that run elsewhere, and where: api/orders/create=https://…,api/orders/list=https://…"`
}

// Remote is how functions that run elsewhere are called.
type Remote struct {
	Placement
	Fallback string `env:"SWITCHYARD_REMOTE_FALLBACK" default:"off" use:"what to do if one of them cannot be reached: off: answer 503; local: run it here, which needs its variables too"`
	Caller
	Client
}

// Check implements [Checker].
func (r Remote) Check(report func(name, problem string)) {
	checkOneOf(report, "SWITCHYARD_REMOTE_FALLBACK", r.Fallback, FallbackOff, FallbackLocal)
	r.Caller.Check(report)
}

// RemoteFunctions are the base URLs below which functions have their routes, by the
// functions' names.
type RemoteFunctions map[string]*url.URL

// Names returns the functions in order.
func (f RemoteFunctions) Names() []string { return slices.Sorted(maps.Keys(f)) }

// UnmarshalText parses text. Its error tells everything that is wrong.
func (f *RemoteFunctions) UnmarshalText(text []byte) (err error) {
	*f, err = readList(text, RemoteFunctions.add)
	return err
}

// add adds the function of an entry. It returns what is wrong, or "".
func (f RemoteFunctions) add(place int, entry string) (wrong string) {
	name, address, found := strings.Cut(entry, "=")
	name = strings.TrimSpace(name)
	base, err := parseBase(strings.TrimSpace(address))
	switch _, twice := f[name]; {
	case !found || name == "":
		return fmt.Sprintf("entry %d is not name=URL, such as api/orders/create=https://example.com", place)
	case err != nil:
		return name + " " + err.Error()
	case twice:
		return name + " is there twice"
	}
	f[name] = base
	return ""
}

// parseBase parses a URL below which there are routes. Its error does not repeat
// text, which may hold a password.
func parseBase(text string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(text, "/"))
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return nil, errors.New("has no URL such as https://example.com")
	case u.User != nil:
		return nil, errors.New("has a URL with a user or a password; who calls is signed with SWITCHYARD_CALLER_KEY")
	case u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("has a URL with a query or a fragment")
	}
	return u, nil
}
