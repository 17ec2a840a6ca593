package ldap_test

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/daemon"
	"github.com/rollcall-sync/rollcall/internal/slapd"
)

// openldap is a slapd for the tests that ask nothing special of one. Each has a part
// of the tree for itself.
var openldap daemon.Shared[*slapd.Server]

// TestMain ends the servers that tests share.
func TestMain(m *testing.M) {
	defer openldap.Close()
	m.Run()
}
