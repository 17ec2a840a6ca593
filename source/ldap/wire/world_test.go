package wire_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/authority"
	"github.com/rollcall-sync/rollcall/internal/daemon"
	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
	"github.com/rollcall-sync/rollcall/internal/samba"
	"github.com/rollcall-sync/rollcall/internal/slapd"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

var (
	directory  daemon.Shared[*slapd.Server]
	controller daemon.Shared[*samba.Server]
)

func TestMain(m *testing.M) {
	defer directory.Close()
	defer controller.Close()
	m.Run()
}

const (
	top     = "dc=example,dc=org"
	crowd   = "ou=people," + top
	big     = "cn=of3500," + top
	away    = "ou=away," + top
	persons = 25
	members = 3_500
)

// world is a directory with 25 people, whose mail nobody may read; with groups of
// 3,500 and 350, one whose members nobody may read, and what is on another server.
func world(t testing.TB) *slapd.Server {
	t.Helper()
	return directory.Get(t, func(t testing.TB) *slapd.Server {
		var b strings.Builder
		b.WriteString(people(persons))
		for _, n := range []int{members, 350} {
			fmt.Fprintf(&b, "\ndn: cn=of%d,%s\nobjectClass: groupOfNames\ncn: of%d\n", n, top, n)
			for i := range n {
				fmt.Fprintf(&b, "member: %s\n", person(i))
			}
		}
		fmt.Fprintf(&b, "\ndn: cn=secret,%s\nobjectClass: groupOfNames\ncn: secret\nmember: %s\n", top, person(0))
		fmt.Fprintf(&b, "\ndn: %s\nobjectClass: referral\nobjectClass: extensibleObject\nou: away\nref: ldap://other.test/ou=there,o=Other\n", away)
		fmt.Fprintf(&b, "\ndn: ou=open,%s\nobjectClass: organizationalUnit\nou: open\n", top)
		ours := authority.New(t)
		return slapd.Start(t, slapd.Options{
			LDIF: b.String(), Authority: ours,
			Access: []string{
				"to attrs=mail by * none",
				fmt.Sprintf(`to dn.exact="cn=secret,%s" attrs=member by * none`, top),
				fmt.Sprintf(`to dn.exact="ou=open,%s" by * read`, top),
			},
			AuthzRegexp: []string{"^cn=sync,o=example$ cn=reader," + top},
		})
	})
}

// people is an organizational unit with so many people.
func people(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "dn: %s\nobjectClass: organizationalUnit\nou: people\n", crowd)
	for i := range n {
		fmt.Fprintf(&b, "\ndn: %s\nobjectClass: inetOrgPerson\ncn: u\nsn: u\nmail: u%d@example.org\n", person(i), i)
	}
	return b.String()
}

func person(i int) string { return fmt.Sprintf("uid=u%04d,%s", i, crowd) }

// everyone is a search for the people, in pages of a size.
func everyone(size int) wire.Search {
	return wire.Search{Base: crowd, Scope: wire.One, Filter: "(objectClass=*)", Attributes: []string{"cn"}, PageSize: size}
}

// everyoneText is what messages call that search.
const everyoneText = "search " + crowd + " for (objectClass=*)"

// said is a password that is always the same.
func said(password string) func() (string, error) {
	return func() (string, error) { return password, nil }
}

// asReader are options with which the reader of a server binds in the clear.
func asReader(s *slapd.Server) wire.Options {
	return wire.Options{
		AllowPlaintext: true, Timeout: time.Minute,
		Bind: wire.Bind{DN: s.ReaderDN, Password: said(s.ReaderPassword)},
	}
}

// anybody are options with which nobody binds in the clear.
func anybody() wire.Options {
	return wire.Options{AllowPlaintext: true, Timeout: time.Minute, Bind: wire.Bind{Method: wire.Anonymous}}
}

func dial(t testing.TB, url string, o wire.Options) *wire.Conn {
	t.Helper()
	c, err := wire.Dial(t.Context(), url, o)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// proxied is a proxy before the directory, and a connection of the reader through it.
func proxied(t testing.TB, o ldapproxy.Options) (*ldapproxy.Proxy, *wire.Conn) {
	t.Helper()
	s := world(t)
	p := ldapproxy.Start(t, s.Address(), o)
	return p, dial(t, p.URL(), asReader(s))
}

// read searches, and says how many entries each page had that was taken.
func read(ctx context.Context, c *wire.Conn, s wire.Search) (sizes []int, err error) {
	err = c.Pages(ctx, s, func(p wire.Page) error {
		sizes = append(sizes, len(p.Entries))
		return nil
	})
	return sizes, err
}

// text is what an error says, with SERVER for the URL of the server.
func text(err error, url string) string {
	if err == nil {
		return ""
	}
	return strings.ReplaceAll(err.Error(), url, "SERVER")
}
