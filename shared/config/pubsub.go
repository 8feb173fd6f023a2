package config

import (
	"fmt"
	"slices"
	"strings"
)

// PubSub configures which subscriptions of Google Pub/Sub may push. They have to
// authenticate, with an id token of a service account.
type PubSub struct {
	Sources PubSubSources `env:"PUBSUB" use:"which push subscriptions of Google Pub/Sub may send, and the service account that each authenticates as: orders=push@my-project.iam.gserviceaccount.com"`
	// Audience is one for all sources; see [PubSub.AudienceOf].
	Audience string `env:"PUBSUB_AUDIENCE" use:"the audience of their tokens; the URL that they push to if not set, as Pub/Sub has it"`
	Origin   URL    `env:"BETTER_AUTH_URL" also:"RAILWAY_PUBLIC_DOMAIN" use:"the public URL of this service"`
	Keys     URL    `env:"GOOGLE_KEYS_URL" default:"https://www.googleapis.com/oauth2/v3/certs" use:"where Google publishes its keys"`
}

// Check implements [Checker].
func (p PubSub) Check(report func(name, problem string)) {
	if len(p.Sources) > 0 && p.Audience == "" && !p.Origin.IsSet() {
		report("PUBSUB_AUDIENCE", "is not set, and BETTER_AUTH_URL neither")
	}
}

// AudienceOf returns the audience that the tokens of the source have to be for: if nothing
// is set, the URL at which it is served here.
func (p PubSub) AudienceOf(source string) string {
	if p.Audience != "" {
		return p.Audience
	}
	return p.Origin.String() + "/api/pubsub/" + source
}

// PubSubSources are the e-mail addresses of the service accounts of each source, by its
// name. Any of them may push.
type PubSubSources map[string][]string

// UnmarshalText parses text. Its error tells everything that is wrong.
func (s *PubSubSources) UnmarshalText(text []byte) (err error) {
	*s, err = readList(text, PubSubSources.add)
	return err
}

// add adds the account of an entry. It returns what is wrong, or "".
func (s PubSubSources) add(place int, entry string) (wrong string) {
	name, account, _ := strings.Cut(entry, "=")
	user, domain, isAddress := strings.Cut(account, "@")
	switch {
	case !isSourceName(name):
		return fmt.Sprintf("entry %d has no name: want name=account@project.iam.gserviceaccount.com, the name of small letters, digits, - and _", place)
	case !isAddress || user == "" || domain == "":
		return fmt.Sprintf("%s has no service account: want its e-mail address", name)
	case slices.Contains(s[name], account):
		return name + " has the same service account twice"
	}
	s[name] = append(s[name], account)
	return ""
}
