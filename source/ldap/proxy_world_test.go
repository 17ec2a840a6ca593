package ldap_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
	"github.com/rollcall-sync/rollcall/internal/samba"
	"github.com/rollcall-sync/rollcall/internal/slapd"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// directory is a server before which a proxy stands, with a world in it.
type directory struct {
	address string // of the server, without TLS
	base    string // where the world is
	bind    wire.Bind
	form    form
}

// form is how a kind of server writes entries down.
type form struct {
	preset        ldap.Preset
	people, group string // the classes
}

func adForm() form { return form{ldap.ActiveDirectory, "user", "group"} }

func slapdForm() form { return form{ldap.RFC2307bis, "inetOrgPerson", "groupOfNames"} }

// inSamba puts entries into a unit of the domain.
func inSamba(t *testing.T, write func(*ldifText)) *directory {
	t.Helper()
	return newUnit(t).filled(t, write)
}

// inDomainAlone puts entries into a domain of their own. It is for thousands of them: to
// remove members of large groups one by one, as a unit of a shared domain asks for,
// takes minutes.
func inDomainAlone(t *testing.T, write func(*ldifText)) *directory {
	t.Helper()
	u := &unit{Server: samba.Start(t), ou: samba.Base, tag: "alone"}
	return u.filled(t, write)
}

func (u *unit) filled(t *testing.T, write func(*ldifText)) *directory {
	t.Helper()
	b := &ldifText{form: adForm(), base: u.ou, tag: u.tag}
	write(b)
	u.Change(t, b.String())
	return &directory{address: u.Address(), base: u.ou, bind: u.bind(), form: b.form}
}

// inSlapd puts entries into a server of their own.
func inSlapd(t *testing.T, write func(*ldifText)) *directory {
	t.Helper()
	b := &ldifText{form: slapdForm(), base: "dc=example,dc=org"}
	write(b)
	s := slapd.Start(t, slapd.Options{LDIF: b.String()})
	password := func() (string, error) { return s.ReaderPassword, nil }
	return &directory{address: s.Address(), base: b.base, bind: wire.Bind{DN: s.ReaderDN, Password: password}, form: b.form}
}

// ldifText is LDIF in the making.
type ldifText struct {
	strings.Builder

	form      form
	base, tag string
	entries   int
}

func (b *ldifText) unit(name string) {
	fmt.Fprintf(b, "dn: OU=%s,%s\nobjectClass: organizationalUnit\nou: %s\n\n", name, b.base, name)
}

// person writes somebody down; kind is what they are marked as.
func (b *ldifText) person(name, unit, kind string) {
	fmt.Fprintf(b, "dn: %s\nobjectClass: %s\ncn: %s\nsn: %s\nmail: %s@example.com\n", b.dn(name, unit), b.form.people, name, name, name)
	if kind != "" {
		fmt.Fprintf(b, "employeeType: %s\n", kind)
	}
	b.end("userAccountControl: 544\n")
}

// group writes a group down, with members that are names with the units they are in.
func (b *ldifText) group(name, unit, kind string, members ...string) {
	fmt.Fprintf(b, "dn: %s\nobjectClass: %s\ncn: %s\n", b.dn(name, unit), b.form.group, name)
	if kind != "" {
		fmt.Fprintf(b, "description: %s\n", kind)
	}
	for _, m := range members {
		fmt.Fprintf(b, "member: CN=%s,%s\n", m, b.base)
	}
	b.end("")
}

// end ends an entry, with what only Active Directory has.
func (b *ldifText) end(more string) {
	if b.form.preset == ldap.ActiveDirectory {
		b.entries++
		fmt.Fprintf(b, "sAMAccountName: e%d-%s\n%s", b.entries, b.tag, more)
	}
	b.WriteString("\n")
}

func (b *ldifText) dn(name, unit string) string { return "CN=" + name + ",OU=" + unit + "," + b.base }

// config is how the world is read, at a URL.
func (d *directory) config(urls ...string) ldap.Config {
	return ldap.Config{
		Name: "dir", URLs: urls, Preset: d.form.preset, PageSize: 5000, Nested: true,
		Server: wire.Options{Bind: d.bind, Timeout: patience, AllowPlaintext: true},
		Groups: ldap.Groups{BaseDN: "OU=Groups," + d.base, Filter: "(&(objectClass=" + d.form.group + ")(!(description=side)))", Scope: wire.Sub},
		Users:  ldap.Users{BaseDN: "OU=People," + d.base, Scope: wire.Sub, Filter: "(objectClass=" + d.form.people + ")"},
	}
}

// proxy starts a proxy before the server.
func (d *directory) proxy(t *testing.T, limits ldapproxy.Options) *ldapproxy.Proxy {
	t.Helper()
	return ldapproxy.Start(t, d.address, limits)
}

// numbered are names such as OU's: p0,OU=People to p9,OU=People.
func numbered(prefix, unit string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s%d,OU=%s", prefix, i, unit)
	}
	return names
}

// contents are the members of each group, by its name, with their roles, and who has
// left under "".
func contents(r *source.Roster) map[string]map[string]source.Role {
	all := map[string]map[string]source.Role{"": {}}
	for _, g := range r.Groups() {
		all[g.Name] = map[string]source.Role{}
		for _, m := range g.Members {
			all[g.Name][r.Person(m.Person).Key] = m.Role
		}
	}
	for i := range source.PersonIndex(r.People()) {
		if r.HasLeft(i) {
			all[""][r.Person(i).Key] = source.Unstated
		}
	}
	return all
}

// isWhole fails unless a roster is whole in all that it says.
func isWhole(t *testing.T, r *source.Roster) {
	t.Helper()
	require.Len(t, r.Evidence(), 1)
	assert.True(t, r.Evidence()[0].GroupsComplete, "%v", r.Evidence()[0].Notes)
	for _, g := range r.Groups() {
		assert.True(t, g.Complete(), "%s: %v", g.Name, g.Partial)
	}
}
