package signing

import (
	"context"
	"net/http"
	"time"

	"github.com/inngest/inngestgo"
)

// MaxAge is how old the signature of a request may be, and MaxSkew how far ahead of our
// clock.
const (
	MaxAge  = 5 * time.Minute
	MaxSkew = 30 * time.Second
)

// maxUnproven is how much of a body, in bytes, is brought into a canonical form before it
// is known to be Inngest's.
const maxUnproven = 16 << 10

// Why a signature does not do: the label of a metric.
const (
	Missing   = "unsigned"
	Malformed = "malformed"
	Expired   = "expired"
	Early     = "future"
	Forged    = "forged"
)

// Verify checks the signature of a request with this method against its body and the
// clock. It returns "" or why the signature does not do.
//
// To check a signature the SDK first brings the body into a canonical form, with
// a parser that takes time quadratic in the number of an object's keys, minutes
// for a few MiB, and that overflows the stack, and so ends the process, on deep
// nesting. As Inngest sends that form already and signs its very bytes, a large
// body must pass that plain check. And a body that has no canonical form, the SDK
// takes for an empty one: whoever has seen the signature of an empty request could
// make calls with it.
func (k Keys) Verify(ctx context.Context, method, signature string, body []byte) (why string) {
	if signature == "" {
		return Missing
	}
	seconds, ok := TimeOf(signature)
	if !ok {
		return Malformed
	}
	switch age := time.Since(time.Unix(seconds, 0)); {
	case age > MaxAge:
		return Expired
	case age < -MaxSkew:
		return Early
	}
	for _, key := range k.All() {
		if method == http.MethodGet && Matches(key, signature, nil) {
			return "" // the SDK looks at no body
		}
		if Matches(key, signature, body) {
			return ""
		}
		if len(body) > maxUnproven || Matches(key, signature, nil) {
			continue
		}
		if valid, _, _ := inngestgo.ValidateRequestSignature(ctx, signature, key, "", body, false); valid {
			return ""
		}
	}
	return Forged
}
