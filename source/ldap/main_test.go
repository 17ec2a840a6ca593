package ldap_test

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/daemon"
	"github.com/rollcall-sync/rollcall/internal/samba"
)

// controller is the domain controller of all tests of this package.
var controller daemon.Shared[*samba.Server]

func TestMain(m *testing.M) {
	defer controller.Close()
	m.Run()
}
