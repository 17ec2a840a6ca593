package cmd

import (
	"crypto/x509"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// withoutSystem says to the test below that it runs in the process without a
// system's authorities.
const withoutSystem = "ROLLCALL_TEST_WITHOUT_AUTHORITIES"

// Without certificate authorities on the system, as in the image, the public
// ones are trusted all the same: by what asks for the system's, and in the pool
// that target.box.ca_file adds to.
func TestRoots_withoutSystem(t *testing.T) {
	if os.Getenv(withoutSystem) == "" {
		// The authorities are read once in a process, hence another process.
		again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		again.Env = append(os.Environ(), withoutSystem+"=1", "SSL_CERT_FILE="+t.TempDir()+"/none", "SSL_CERT_DIR="+t.TempDir())
		out, err := again.CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Contains(t, string(out), "--- PASS: "+t.Name())
		return
	}
	pool, err := x509.SystemCertPool()
	require.NoError(t, err)
	n := 0
	for root := range bundle.Roots() {
		if root.Constraint != nil {
			continue // trusted for some certificates only, and not for its own
		}
		authority, err := x509.ParseCertificate(root.Certificate)
		require.NoError(t, err)
		at := authority.NotBefore.AddDate(0, 0, 1)
		_, err = authority.Verify(x509.VerifyOptions{CurrentTime: at})
		assert.NoError(t, err, "%s, among the system's", authority.Subject)
		_, err = authority.Verify(x509.VerifyOptions{CurrentTime: at, Roots: pool})
		assert.NoError(t, err, "%s, in the pool that ca_file adds to", authority.Subject)
		n++
	}
	assert.Greater(t, n, 50)
}
