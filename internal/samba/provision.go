package samba

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/daemon"
)

// address returns an address of this machine on which nobody uses the ports of a
// domain controller, which are always the same.
func address(t testing.TB) string {
	t.Helper()
	var err error
	for range 100 {
		host := fmt.Sprintf("127.%d.%d.10", 1+rand.IntN(254), rand.IntN(256))
		if err = free(t.Context(), host); err == nil {
			return host
		}
	}
	require.NoError(t, err)
	return ""
}

func free(ctx context.Context, host string) error {
	for _, port := range []string{"389", "636", "3268", "3269"} {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, port))
		if err != nil {
			return err
		}
		if err := listener.Close(); err != nil {
			return err
		}
	}
	return nil
}

// provision makes the domain, and the configuration of its controller. What is
// lost if the machine stops is not worth waiting for the disk.
func (s *Server) provision(t testing.TB, tool string) {
	t.Helper()
	const nosync = "ldb:nosync = yes"
	daemon.Run(t, nil, nil, tool, "domain", "provision", "--targetdir="+s.path("domain"),
		"--realm="+strings.ToUpper(Domain), "--domain=EXAMPLE", "--server-role=dc", "--dns-backend=NONE",
		"--host-name=dc1", "--host-ip="+s.host, "--adminpass="+s.AdminPassword, "--use-rfc2307",
		"--option=interfaces="+s.host+"/8", "--option=bind interfaces only=yes", "--option="+nosync)
	run := s.path("run")
	require.NoError(t, os.Mkdir(run, 0o755)) //nolint:gosec // as Samba wants it
	var b strings.Builder
	b.WriteString("[global]\n")
	for _, line := range []string{
		"netbios name = DC1",
		"realm = " + strings.ToUpper(Domain),
		"workgroup = EXAMPLE",
		"server role = active directory domain controller",
		"server services = ldap",
		"interfaces = " + s.host + "/8",
		"bind interfaces only = yes",
		"ldap server require strong auth = no",
		"tls enabled = yes",
		"tls cafile = " + s.CAFile(),
		"tls certfile = " + s.certFile,
		"tls keyfile = " + s.keyFile,
		"private dir = " + s.path("domain", "private"),
		"state directory = " + s.path("domain", "state"),
		"cache directory = " + s.path("domain", "cache"),
		"lock directory = " + s.path("domain"),
		"binddns dir = " + s.path("domain", "bind-dns"),
		"pid directory = " + run,
		"ncalrpc dir = " + run + "/ncalrpc",
		"winbindd socket directory = " + run + "/winbindd",
		"ntp signd socket directory = " + run + "/ntp",
		"log file = " + s.path("log"),
		"idmap_ldb:use rfc2307 = yes",
		nosync,
	} {
		b.WriteString("\t" + line + "\n")
	}
	require.NoError(t, os.WriteFile(s.path("smb.conf"), []byte(b.String()), 0o600))
}
