package durable

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/inngest/inngestgo"
)

const (
	// maxBody is in bytes. Inngest sends a state of up to 4 MiB, or an event of up
	// to 3 MiB without it.
	maxBody = 16 << 20
	// maxUnproven is how much of a body, in bytes, is given to the SDK on trust.
	maxUnproven = 16 << 10
)

// guarded keeps from next what the SDK cannot take.
//
// To check a signature the SDK first brings the body into a canonical form, with
// a parser that takes time quadratic in the number of an object's keys, minutes
// for a few MiB, and that overflows the stack, and so ends the process, on deep
// nesting. As Inngest sends that form already and signs its very bytes, a large
// body must pass that plain check before; the SDK still makes its own.
func (h *Host) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			refuse(w, http.StatusRequestEntityTooLarge, "The request is too large or incomplete")
			return
		}
		if !h.dev && len(body) > maxUnproven && !proven(h.key, r.Header.Get(inngestgo.HeaderKeySignature), body) {
			refuse(w, http.StatusUnauthorized, "Unauthorized")
			return
		}
		// Inngest leaves a state over 4 MiB out, for the SDK to fetch. The Go SDK
		// does not, and would take each call for the first.
		var state struct {
			Missing bool `json:"use_api"`
		}
		callOf(r.Context()).stateMissing = json.Unmarshal(body, &state) == nil && state.Missing
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// proven reports whether the signature is that of these very bytes. It does not
// look at the signature's age.
func proven(key, signature string, body []byte) bool {
	values, _ := url.ParseQuery(signature)
	want, err := hex.DecodeString(values.Get("s"))
	if err != nil {
		return false
	}
	_, digits := splitKey(key)
	mac := hmac.New(sha256.New, []byte(digits))
	_, _ = mac.Write(body)
	_, _ = io.WriteString(mac, values.Get("t"))
	return hmac.Equal(mac.Sum(nil), want)
}

// splitKey splits a signing key such as "signkey-prod-0123" before its digits.
func splitKey(key string) (prefix, digits string) {
	if parts := strings.SplitN(key, "-", 3); len(parts) == 3 && parts[0] == "signkey" {
		return parts[0] + "-" + parts[1] + "-", parts[2]
	}
	return "", key
}

func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": message})
}
