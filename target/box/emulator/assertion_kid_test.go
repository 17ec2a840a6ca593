package emulator_test

import (
	"net/http"
	"testing"
)

// TestAssertion_WithoutKeyID is about a header that names no key.
func TestAssertion_WithoutKeyID(t *testing.T) {
	t.Parallel()
	f := jwtApp(t)
	without := head().change(part{"kid": nil})
	f.wants(http.StatusOK, f.assert(sign(t, keyPair(), without, claims()), nil))
	f.denied(f.assert(sign(t, keyPair(), head().change(part{"kid": ""}), claims()), nil), "invalid_grant", badKey)

	f.AddPublicKey("key2", &keyPair().PublicKey)
	f.denied(f.assert(sign(t, keyPair(), without, claims()), nil), "invalid_grant", badKey)
	f.wants(http.StatusOK, f.assert(sign(t, keyPair(), head(), claims()), nil))

	f = jwtApp(t)
	f.RevokePublicKey("key1")
	f.denied(f.assert(sign(t, keyPair(), without, claims()), nil), "invalid_grant", badKey)
}
