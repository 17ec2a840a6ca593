// Package authority is for tests that speak TLS: a certificate authority that
// lasts as long as the test, and issues what a test wants to be shown, good or
// bad.
package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// An Authority signs certificates. Nothing trusts it but what is given its file.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	file        string
}

// A Leaf is a certificate to issue, for a server and a client alike. Whoever is
// connected to compares Names and IPs; CommonName and Organization tell one
// client from another.
type Leaf struct {
	CommonName, Organization string

	Names    []string
	IPs      []net.IP
	NotAfter time.Time // zero: tomorrow
}

// New makes an authority of its own, which knows no other.
func New(t testing.TB) *Authority {
	t.Helper()
	template := certificate(t, time.Now().Add(24*time.Hour))
	template.Subject = pkix.Name{CommonName: "Authority of a test " + template.SerialNumber.Text(36)}
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	key := newKey(t)
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	signed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	a := &Authority{certificate: signed, key: key, file: filepath.Join(t.TempDir(), "ca.pem")}
	write(t, a.file, "CERTIFICATE", der)
	return a
}

// CAFile is the path of the authority's own certificate, in PEM.
func (a *Authority) CAFile() string { return a.file }

// Issue signs a certificate, and returns where it and its key are, in PEM. The
// key may be read by its owner only, as some servers demand.
func (a *Authority) Issue(t testing.TB, leaf Leaf) (certFile, keyFile string) {
	t.Helper()
	end := leaf.NotAfter
	if end.IsZero() {
		end = a.certificate.NotAfter
	}
	template := certificate(t, end)
	template.Subject.CommonName = leaf.CommonName
	if leaf.Organization != "" {
		template.Subject.Organization = []string{leaf.Organization}
	}
	template.DNSNames, template.IPAddresses = leaf.Names, leaf.IPs
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	key := newKey(t)
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, certFile, "CERTIFICATE", der)
	write(t, keyFile, "PRIVATE KEY", secret)
	return certFile, keyFile
}

// certificate is what all certificates have in common: one that has ended began
// before that.
func certificate(t testing.TB, end time.Time) *x509.Certificate {
	t.Helper()
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	require.NoError(t, err)
	begin := time.Now()
	if end.Before(begin) {
		begin = end
	}
	return &x509.Certificate{SerialNumber: serial, NotBefore: begin.Add(-time.Hour), NotAfter: end}
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return key
}

func write(t testing.TB, path, kind string, der []byte) {
	t.Helper()
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	require.NoError(t, os.WriteFile(path, text, 0o600))
}
