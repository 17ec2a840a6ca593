package ldap_test

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/daemon"
	"github.com/rollcall-sync/rollcall/internal/samba"
	"github.com/rollcall-sync/rollcall/internal/slapd"
)

// openldap is a slapd for the tests that ask nothing special of one. Each has a part
// of the tree for itself.
var openldap daemon.Shared[*slapd.Server]

// controller is the domain controller of all tests of this package.
var controller daemon.Shared[*samba.Server]

// TestMain ends the servers that tests share, or reads for a benchmark.
func TestMain(m *testing.M) {
	if alone() {
		return
	}
	defer openldap.Close()
	defer controller.Close()
	m.Run()
}
