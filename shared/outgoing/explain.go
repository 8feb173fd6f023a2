package outgoing

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"strings"

	"code.dny.dev/ssrf"

	"switchyard/shared/fault"
)

// explain returns the fault of a call that has no answer. Of our own network, such as the
// address of its resolver, the message tells nothing.
func explain(err error) error {
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	var network *net.OpError
	say := func(message string) error { return fault.New(fault.Unavailable, "%s", message).Because(err) }
	switch {
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedNetwork), errors.Is(err, ssrf.ErrInvalidHostPort):
		return fault.New(fault.Invalid, "The URL leads to an address that is not on the public Internet.").Because(err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return say("There was no answer in time.")
	case errors.As(err, &name):
		return say("The name of the host was not found.")
	case errors.As(err, &certificate):
		return say("The certificate of the host is not valid for it.")
	case strings.Contains(err.Error(), "server response headers exceeded"):
		return say("The header of the answer was too large.")
	case errors.As(err, &network) && network.Op == "dial":
		return say("The host did not take the connection.")
	}
	return say("The connection broke before there was an answer.")
}
