package main

import (
	"crypto/tls"
	"crypto/x509"
)

// #region tls
func tlsConfig(roots *x509.CertPool) *tls.Config {
	return &tls.Config{
		RootCAs:    roots, // nil: those of the system
		MinVersion: tls.VersionTLS12,
	}
}

// #endregion tls
