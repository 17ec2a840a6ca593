package ldap_test

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/internal/authority"
	"github.com/rollcall-sync/rollcall/internal/slapd"
	"github.com/rollcall-sync/rollcall/source/ldap"
)

// TestSlapd_certificates reads nothing from a server that does not show that it is the
// one that was meant, by ldaps and by StartTLS alike.
func TestSlapd_certificates(t *testing.T) {
	t.Parallel()
	ours := authority.New(t)
	here := []net.IP{net.IPv4(127, 0, 0, 1)}
	const believed = "tls: failed to verify certificate: x509: "
	for name, c := range map[string]struct {
		leaf   authority.Leaf
		change func(*ldap.Config)
		want   string
	}{
		"wrong name": {
			authority.Leaf{Names: []string{"dc1.example.test"}}, nil,
			believed + "cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs",
		},
		"expired": {
			authority.Leaf{IPs: here, NotAfter: time.Now().Add(-time.Minute)}, nil,
			believed + "certificate has expired or is not yet valid: current time ",
		},
		"unknown authority": {
			authority.Leaf{IPs: here}, func(c *ldap.Config) { c.Server.TLS.CAFile = authority.New(t).CAFile() },
			believed + "certificate signed by unknown authority",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			certFile, keyFile := ours.Issue(t, c.leaf)
			w := grow(t, slapd.Options{Authority: ours, CertFile: certFile, KeyFile: keyFile}, person("ada"), group("Finance", "ada"))
			for _, startTLS := range []bool{false, true} {
				config := w.config(ldap.RFC2307bis)
				if startTLS {
					config.URLs, config.Server.StartTLS = []string{w.URL()}, true
				}
				if c.change != nil {
					c.change(&config)
				}
				assert.ErrorContains(t, w.fails(t, config), c.want)
			}
			if name == "wrong name" {
				config := w.config(ldap.RFC2307bis)
				config.Server.TLS.ServerName = "dc1.example.test"
				assert.Equal(t, []string{"Finance: ada"}, w.said(w.roster(t, config)))
			}
		})
	}
}

// TestSlapd_plaintext sends nothing in the clear unless that is asked for.
func TestSlapd_plaintext(t *testing.T) {
	t.Parallel()
	w := plant(t, person("ada"), group("Finance", "ada"))
	config := w.config(ldap.RFC2307bis)
	config.URLs = []string{w.URL()}
	assert.ErrorContains(t, w.fails(t, config), "everything would be sent in the clear")
	config.Server.AllowPlaintext = true
	assert.Equal(t, []string{"Finance: ada"}, w.said(w.roster(t, config)))
}
