package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Webhooks are the sources whose webhooks are taken.
type Webhooks struct {
	Sources WebhookSources `env:"WEBHOOKS" use:"who may send Standard Webhooks, and the secrets they sign with: billing=whsec_…,scanner=whsec_…; twice the same name while its secret changes"`
}

// WebhookSources are the secrets of each source, by its name. Any of them may sign.
type WebhookSources map[string][]Secret

// isSourceName reports whether a source may be called name, which is a part of a path
// and of the names of events: [a-z0-9][a-z0-9_-]{0,62}.
func isSourceName(name string) bool {
	other := func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' }
	return name != "" && len(name) <= 63 && name[0] != '_' && name[0] != '-' && !strings.ContainsFunc(name, other)
}

// UnmarshalText parses text. Its error tells everything that is wrong, and never a
// secret.
func (s *WebhookSources) UnmarshalText(text []byte) error {
	*s = WebhookSources{}
	var wrong []string
	for i, entry := range strings.Split(string(text), ",") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		name, secret, found := strings.Cut(entry, "=")
		switch {
		case !found || !isSourceName(name): // what stands there may be a secret
			wrong = append(wrong, fmt.Sprintf("entry %d has no name: want name=whsec_…, the name of small letters, digits, - and _", i+1))
		case !isWebhookSecret(secret):
			wrong = append(wrong, fmt.Sprintf("the secret of %s is none: want whsec_ and 24 to 64 bytes in base64", name))
		case slices.Contains((*s)[name], Secret(secret)):
			wrong = append(wrong, fmt.Sprintf("%s has the same secret twice", name))
		default:
			(*s)[name] = append((*s)[name], Secret(secret))
		}
	}
	if len(wrong) > 0 {
		*s = nil
		return errors.New(strings.Join(wrong, "; "))
	}
	return nil
}

// isWebhookSecret reports whether secret is one as Standard Webhooks has them.
func isWebhookSecret(secret string) bool {
	text, ok := strings.CutPrefix(secret, "whsec_")
	key, err := base64.StdEncoding.DecodeString(text)
	return ok && err == nil && len(key) >= 24 && len(key) <= 64
}
