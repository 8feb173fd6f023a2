package remote

import (
	"context"
	"crypto/tls"
	"crypto/x509"
)

// Trust has f believe the certificates of pool.
func (f *Forwarder) Trust(pool *x509.CertPool) {
	f.transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

// Check does what Run does every few seconds.
func (f *Forwarder) Check(ctx context.Context) error { return f.streams.check(ctx) }
