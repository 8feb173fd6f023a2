package webhook

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/shared/config"
	"switchyard/shared/fault"
)

// tolerance bounds the difference between the sender's clock and ours, and the time for
// which a webhook can be replayed; its id is remembered for longer.
const tolerance = 5 * time.Minute

// signed holds the text that was signed, and its signatures, of which one has to be
// right: senders sign with the old and the new secret while one changes.
type signed struct {
	prefix  string // what is signed before the body
	body    []byte
	macs    [][]byte // HMAC-SHA256
	ed25519 [][]byte
	timed   bool   // the format has a time, which is signed
	seconds string // since 1970, as it was signed
}

// read returns what was signed in the request by the headers.
func (r Request) read(h headers) signed {
	s := signed{body: r.Body}
	text := r.Headers[h.signature]
	switch h.format {
	case config.StandardWebhooks:
		s.timed, s.seconds = true, r.Headers[h.others[1]]
		s.prefix = r.Headers[h.others[0]] + "." + s.seconds + "."
		s.readStandard(text)
	case config.GitHubWebhooks:
		if mac, ok := strings.CutPrefix(text, "sha256="); ok {
			s.addHex(mac)
		}
	case config.StripeWebhooks:
		s.timed = true
		s.readStripe(text)
	}
	return s
}

// readStandard reads "v1,<base64> v1a,<base64>".
func (s *signed) readStandard(text string) {
	for entry := range strings.FieldsSeq(text) {
		version, encoded, _ := strings.Cut(entry, ",")
		sum, err := base64.StdEncoding.DecodeString(encoded)
		switch {
		case err != nil:
		case version == "v1":
			s.macs = append(s.macs, sum)
		case version == "v1a":
			s.ed25519 = append(s.ed25519, sum)
		}
	}
}

// readStripe reads "t=<seconds>,v1=<hexadecimal>,v1=<hexadecimal>,v0=…".
func (s *signed) readStripe(text string) {
	for entry := range strings.SplitSeq(text, ",") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(entry), "="); name {
		case "t":
			s.seconds, s.prefix = value, value+"."
		case "v1":
			s.addHex(value)
		}
	}
}

func (s *signed) addHex(text string) {
	if mac, err := hex.DecodeString(text); err == nil {
		s.macs = append(s.macs, mac)
	}
}

// verify reports whether one of the source's secrets signed s. It tries them all.
func verify(s signed, source config.WebhookSource) bool {
	good := false
	for _, secret := range source.Secrets {
		good = s.by(source.Format, secret.Reveal()) || good
	}
	return good
}

// by reports whether the secret signed s.
func (s signed) by(format config.WebhookFormat, secret string) bool {
	key := []byte(secret)
	if format == config.StandardWebhooks {
		kind, text, _ := strings.Cut(secret, "_")
		var err error
		if key, err = base64.StdEncoding.DecodeString(text); err != nil {
			return false // the configuration has been checked
		}
		if kind == "whpk" {
			return s.byKeyPair(key)
		}
	}
	h := hmac.New(sha256.New, key)
	h.Write([]byte(s.prefix))
	h.Write(s.body)
	sum := h.Sum(nil)
	good := false
	for _, mac := range s.macs {
		good = hmac.Equal(mac, sum) || good
	}
	return good
}

// byKeyPair reports whether the other half of this public key signed s.
func (s signed) byKeyPair(public ed25519.PublicKey) bool {
	text := slices.Concat([]byte(s.prefix), s.body)
	return slices.ContainsFunc(s.ed25519, func(signature []byte) bool { return ed25519.Verify(public, text, signature) })
}

// isRecent fails with fault.Invalid unless s was signed lately, if its format says when.
func (s signed) isRecent(h headers) error {
	if !s.timed {
		return nil
	}
	seconds, err := strconv.ParseInt(s.seconds, 10, 64)
	if age := time.Since(time.Unix(seconds, 0)).Abs(); err == nil && age <= tolerance {
		return nil
	}
	where := h.signature // which has the time in it
	if h.format == config.StandardWebhooks {
		where = h.others[1]
	}
	return fault.New(fault.Invalid, "This webhook was not signed within 5 minutes of now: it is late, or a clock is wrong.").
		In(fault.Issue{Location: "header." + where, Message: "is not within 5 minutes of now"})
}
