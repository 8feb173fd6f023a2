// Package webhook verifies webhooks as their senders document it, and finds in them
// what they are:
//
//	standard  https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
//	          and https://docs.svix.com/receiving/verifying-payloads/how-manual
//	github    https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
//	stripe    https://docs.stripe.com/webhooks#verify-manually
package webhook

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"switchyard/shared/config"
	"switchyard/shared/fault"
)

// Request is a webhook as it came.
type Request struct {
	Headers map[string]string // by the names in headers; "" if it is not there
	Body    []byte
}

// headers names the headers of a request of one format, as one sender calls them.
type headers struct {
	format    config.WebhookFormat
	signature string
	others    []string // which have to be there as well
}

func known() []headers {
	return []headers{
		{config.StandardWebhooks, "webhook-signature", []string{"webhook-id", "webhook-timestamp"}},
		{config.StandardWebhooks, "svix-signature", []string{"svix-id", "svix-timestamp"}},
		{config.GitHubWebhooks, "X-Hub-Signature-256", []string{"X-GitHub-Delivery", "X-GitHub-Event"}},
		{config.StripeWebhooks, "Stripe-Signature", nil},
	}
}

// signatures returns the headers of each format that the request is complete in. It
// fails with fault.Invalid if there is none, and says what is missing. It looks at the
// request alone, so that the answer does not tell whether a source exists.
func (r Request) signatures() ([]headers, error) {
	var complete []headers
	var issues []fault.Issue
	var names []string
	for _, h := range known() {
		names = append(names, h.signature)
		lacking := slices.DeleteFunc(append([]string{h.signature}, h.others...), func(name string) bool { return r.Headers[name] != "" })
		switch {
		case len(lacking) == 0:
			complete = append(complete, h)
		case len(lacking) <= len(h.others): // it has some of them
			for _, name := range lacking {
				issues = append(issues, fault.Issue{Location: "header." + name, Message: "is missing"})
			}
		}
	}
	if len(complete) > 0 {
		return complete, nil
	}
	if issues == nil {
		issues = []fault.Issue{{Location: "header", Message: "has no signature; expected one of " + strings.Join(names, ", ")}}
	}
	return nil, fault.New(fault.Invalid, "This webhook lacks a header; errors says which.").In(issues...)
}

// decoy is a secret that nothing is signed with.
const decoy = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

// Open returns what the webhook tells, if it was signed with one of the source's
// secrets, lately. It fails with fault.NotFound if it was not, and with fault.Invalid
// if it was, but is too old, lacks a header, or is not of its format.
//
// Who has none of the secrets cannot tell from the answer whether there is a source.
// One that does not exist has no secrets, and takes as long as one that has a secret.
func Open(source config.WebhookSource, r Request) (Message, error) {
	complete, err := r.signatures()
	if err != nil {
		return Message{}, err
	}
	i := slices.IndexFunc(complete, func(h headers) bool { return h.format == source.Format })
	if i < 0 {
		verify(r.read(complete[0]), config.WebhookSource{Format: complete[0].format, Secrets: []config.Secret{decoy}})
		return Message{}, notFound(mismatch(source, complete[0]))
	}
	signed := r.read(complete[i])
	if !verify(signed, source) {
		return Message{}, notFound(fmt.Errorf("none of %d secrets of format %s signed it", len(source.Secrets), source.Format))
	}
	if err := signed.isRecent(complete[i]); err != nil {
		return Message{}, err
	}
	return r.message(complete[i], signed)
}

// mismatch says, to the log alone, why the headers are of no use to the source.
func mismatch(source config.WebhookSource, h headers) error {
	if len(source.Secrets) == 0 {
		return errors.New("WEBHOOKS has no such source")
	}
	return fmt.Errorf("it is signed as those of %[1]s are, and the source's format is %[2]s: if it is %[1]s, write %[1]s: before its secret in WEBHOOKS", h.format, source.Format)
}

func notFound(cause error) error {
	return fault.New(fault.NotFound, "There is no such source, or none of its secrets signed this.").Because(cause)
}
