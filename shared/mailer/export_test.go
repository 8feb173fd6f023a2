package mailer

import "crypto/x509"

// Trust makes m trust servers that roots vouches for.
func (m *Mailer) Trust(roots *x509.CertPool) { m.roots = roots }
