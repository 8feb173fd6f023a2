package config

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// Webhooks are the sources whose webhooks are taken.
type Webhooks struct {
	Sources WebhookSources `env:"WEBHOOKS" use:"who may send webhooks, and the secrets they sign with: billing=whsec_…,repo=github:…,shop=stripe:whsec_…; twice the same name while its secret changes"`
}

// WebhookFormat names a format: how a source signs its webhooks, and where their id, type
// and time are in them.
type WebhookFormat string

// The formats of webhooks.
const (
	// StandardWebhooks is https://www.standardwebhooks.com, with the headers that begin
	// with webhook- or svix-. A secret is whsec_ and 24 to 75 bytes in base64, or, of a
	// sender that signs with a key of its own, whpk_ and the 32 bytes of its public key.
	StandardWebhooks WebhookFormat = "standard"
	// GitHubWebhooks is GitHub's; a secret is a text of 16 characters or more.
	GitHubWebhooks WebhookFormat = "github"
	// StripeWebhooks is Stripe's; a secret is whsec_ and what Stripe has put after it.
	StripeWebhooks WebhookFormat = "stripe"
)

// WebhookSource configures one sender of webhooks.
type WebhookSource struct {
	Format  WebhookFormat
	Secrets []Secret // any of them may sign
}

// WebhookSources are the sources by their names: scanner=whsec_…,repo=github:…. What
// stands before the first colon is the format; without one it is standard.
type WebhookSources map[string]WebhookSource

// isSourceName reports whether a source may be called name, which is a part of a path
// and of the names of events: [a-z0-9][a-z0-9_-]{0,62}.
func isSourceName(name string) bool {
	other := func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' }
	return name != "" && len(name) <= 63 && name[0] != '_' && name[0] != '-' && !strings.ContainsFunc(name, other)
}

// UnmarshalText parses text. Its error tells everything that is wrong, and never a
// secret.
func (s *WebhookSources) UnmarshalText(text []byte) (err error) {
	*s, err = readList(text, WebhookSources.add)
	return err
}

// add adds the secret of an entry, with its format before it. It returns what is wrong, or "".
func (s WebhookSources) add(place int, entry string) (wrong string) {
	name, value, found := strings.Cut(entry, "=")
	if !found || !isSourceName(name) { // what stands there may be a secret
		return fmt.Sprintf("entry %d has no name: want name=whsec_…, the name of small letters, digits, - and _", place)
	}
	format, secret := StandardWebhooks, value
	if before, after, found := strings.Cut(value, ":"); found {
		format, secret = WebhookFormat(before), after
	}
	source, known := s[name]
	want, ok := format.takes(secret)
	switch {
	case want == "": // it may be the beginning of a secret
		return fmt.Sprintf("%s has a format that is not known: want standard:, github: or stripe: before its secret, or nothing for standard", name)
	case !ok:
		return fmt.Sprintf("the secret of %s is not one of the %s format: want %s", name, format, want)
	case known && source.Format != format:
		return fmt.Sprintf("%s has two formats, %s and %s: a source has one", name, source.Format, format)
	case slices.Contains(source.Secrets, Secret(secret)):
		return name + " has the same secret twice"
	}
	s[name] = WebhookSource{Format: format, Secrets: append(source.Secrets, Secret(secret))}
	return ""
}

// takes says what the secrets of the format look like, "" if there is no such format,
// and whether this is one.
func (f WebhookFormat) takes(secret string) (want string, ok bool) {
	switch f {
	case StandardWebhooks:
		return "whsec_ and 24 to 75 bytes in base64, or whpk_ and the 32 bytes of a public key", isKey(secret, "whsec_", 24, 75) || isKey(secret, "whpk_", 32, 32)
	case GitHubWebhooks:
		return "16 characters at least, without a comma, such as openssl rand -hex 32 makes", len(secret) >= 16
	case StripeWebhooks:
		return "the signing secret of the endpoint, whsec_…, which is not an API key", strings.HasPrefix(secret, "whsec_") && len(secret) >= 24
	}
	return "", false
}

// isKey reports whether text is prefix and so many bytes in base64.
func isKey(text, prefix string, least, most int) bool {
	text, ok := strings.CutPrefix(text, prefix)
	key, err := base64.StdEncoding.DecodeString(text)
	return ok && err == nil && len(key) >= least && len(key) <= most
}
