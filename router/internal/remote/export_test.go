package remote

import (
	"crypto/tls"
	"crypto/x509"
)

// Trust has f believe the certificates of pool.
func (f *Forwarder) Trust(pool *x509.CertPool) {
	f.transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}
