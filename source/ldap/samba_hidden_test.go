package ldap_test

import (
	"encoding/binary"
	"testing"

	goldap "github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
	"github.com/rollcall-sync/rollcall/internal/samba"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap"
)

// What the reader is denied.
const (
	listContents = 0x00000004
	readProperty = 0x00000010
	everything   = 0x000f01ff
)

// deny puts an entry for the reader before those of a security descriptor's list, of
// the whole object or of some properties ([MS-DTYP] 2.4.4.3, 2.4.4.4 and 2.4.6).
func (u *unit) deny(t *testing.T, dn string, mask uint32, properties ...string) {
	t.Helper()
	admin := u.Admin(t)
	onlyList := []goldap.Control{&goldap.ControlMicrosoftSDFlags{Criticality: true, ControlValue: 4}}
	get := func(dn, attribute string, controls []goldap.Control) []byte {
		found, err := admin.Search(goldap.NewSearchRequest(dn, goldap.ScopeBaseObject, goldap.NeverDerefAliases, 0, 0, false,
			"(objectClass=*)", []string{attribute}, controls))
		require.NoError(t, err)
		require.Len(t, found.Entries, 1)
		return found.Entries[0].GetRawAttributeValue(attribute)
	}
	sid := get(u.ReaderDN, "objectSid", nil)
	old := get(dn, "nTSecurityDescriptor", onlyList)
	list := old[binary.LittleEndian.Uint32(old[16:]):]
	list = list[:binary.LittleEndian.Uint16(list[2:])]

	var denials []byte
	for _, property := range properties {
		id := get("CN="+property+",CN=Schema,CN=Configuration,"+samba.Base, "schemaIDGUID", nil)
		denials = append(denials, 6, 0, byte(12+len(id)+len(sid)), 0)
		denials = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(denials, mask), 1)
		denials = append(append(denials, id...), sid...)
	}
	if len(properties) == 0 {
		denials = append(denials, 1, 0, byte(8+len(sid)), 0)
		denials = append(binary.LittleEndian.AppendUint32(denials, mask), sid...)
	}
	changed := append([]byte{1, 0, 4, 0x80}, make([]byte, 12)...)
	changed = append(changed, 20, 0, 0, 0, 4, list[1]) // revision 4 may have entries of properties
	changed = binary.LittleEndian.AppendUint16(changed, binary.LittleEndian.Uint16(list[2:])+uint16(len(denials)))
	changed = binary.LittleEndian.AppendUint16(changed, binary.LittleEndian.Uint16(list[4:])+uint16(max(1, len(properties))))
	changed = append(append(append(changed, list[6:8]...), denials...), list[8:]...)
	request := goldap.NewModifyRequest(dn, onlyList)
	request.Replace("nTSecurityDescriptor", []string{string(changed)})
	require.NoError(t, admin.Modify(request))
}

// TestSamba_hidden takes nobody for gone who may only not be seen: by themselves, or
// where they are.
func TestSamba_hidden(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		hide func(t *testing.T, u *unit)
		why  string
	}{
		"entries": {func(t *testing.T, u *unit) {
			t.Helper()
			u.deny(t, "CN=bob,OU=Dark,"+u.ou, everything)
			u.deny(t, "CN=Secret,OU=Dark,"+u.ou, everything)
		}, "it does not show what it is, as the account that asks may not read it"},
		"a place": {func(t *testing.T, u *unit) {
			t.Helper()
			u.deny(t, "OU=Dark,"+u.ou, listContents)
		}, "it cannot be read, and Active Directory lists nobody who is not there"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUnit(t)
			u.change(t, adEntries(
				"dn: OU=Dark,{ou}\nobjectClass: organizationalUnit\n",
				adPerson("ann"), adPerson("bob,OU=Dark"), adPerson("carl"),
				adTeam("Secret,OU=Dark", "bob,OU=Dark"), adTeam("A", "ann", "bob,OU=Dark"), adTeam("B", "ann", "Secret,OU=Dark"), adTeam("C", "carl"),
				adTeam("Top", "A"), adTeam("Box", "A", "C", "Secret,OU=Dark"),
			))
			whole := []string{"A: ann, bob", "B: ann, bob", "Box: ann, bob, carl", "C: carl", "Secret: bob", "Top: ann, bob"}
			assert.Equal(t, whole, u.said(u.read(t, nil)))
			c.hide(t, u)
			u.whenHidden(t, c.why)
		})
	}
}

// whenHidden is what is read once bob and Secret are hidden, for whatever reason.
func (u *unit) whenHidden(t *testing.T, why string) {
	t.Helper()
	bob, secret := "member CN=bob,OU=Dark: "+why, "member CN=Secret,OU=Dark: "+why
	assert.Equal(t, []string{
		"A: ann; partial: " + bob, "B: ann; partial: " + secret, "Box: ann, carl; partial: " + secret + "; partial: member group CN=A: " + bob,
		"C: carl", "Top: ann; partial: member group CN=A: " + bob,
	}, u.said(u.read(t, nil)))
	tolerate := func(c *ldap.Config) { c.People.Tolerate = []source.UnresolvedKind{source.Dangling} }
	assert.Equal(t, []string{"A: ann", "B: ann", "Box: ann, carl", "C: carl", "Top: ann"}, u.said(u.read(t, tolerate)))

	marked := func(c *ldap.Config) { c.Groups.Marker = "CN=Box," + u.ou }
	roster := u.read(t, marked)
	assert.Equal(t, []string{"A: ann; partial: " + bob, "C: carl", "the list of groups is not complete"}, u.said(roster))
	assert.Contains(t, roster.Evidence()[0].Notes, "the list of groups is not whole: CN=Secret,OU=Dark,"+u.ou+", which the marker group lists: "+why)
	assert.Equal(t, []string{"A: ann", "C: carl"}, u.said(u.read(t, func(c *ldap.Config) { marked(c); tolerate(c) })))
	u.change(t, "dn: CN=Box,{ou}\nchangetype: modify\ndelete: member\nmember: CN=Secret,OU=Dark,{ou}\n")
	assert.Equal(t, []string{"A: ann; partial: " + bob}, u.said(u.read(t, func(c *ldap.Config) {
		marked(c)
		c.Groups.Filter = "(&(objectClass=group)(!(cn=C)))"
	})), "the filter leaves C out, which is no gap")
}

// TestSamba_hiddenByWhom is the same where the server does not say that it is Active
// Directory, and the configuration does; and where it is the other way round.
func TestSamba_hiddenByWhom(t *testing.T) {
	t.Parallel()
	u := newUnit(t)
	u.change(t, adEntries(
		"dn: OU=Dark,{ou}\nobjectClass: organizationalUnit\n", adPerson("ann"), adPerson("bob,OU=Dark"), adTeam("A", "ann", "bob,OU=Dark"),
	))
	u.deny(t, "OU=Dark,"+u.ou, listContents)
	want := []string{"A: ann; partial: member CN=bob,OU=Dark: it cannot be read, and Active Directory lists nobody who is not there"}
	proxy := ldapproxy.Start(t, u.Address(), ldapproxy.Options{})
	silent := proxy.Break(ldapproxy.Fault{Kind: ldapproxy.Result, When: func(s ldapproxy.Search) bool { return s.Base == "" }})
	assert.Equal(t, want, u.said(u.read(t, func(c *ldap.Config) {
		c.URLs, c.Server.AllowPlaintext = []string{proxy.URL()}, true
	})))
	assert.Equal(t, 2, silent.Met())
	assert.Equal(t, want, u.said(u.read(t, func(c *ldap.Config) {
		*c = c.Resolved()
		c.Preset = ""
	})))
}

// TestSamba_hiddenProperties is what a group comes to that is there, and lacks what it
// may not show.
func TestSamba_hiddenProperties(t *testing.T) {
	t.Parallel()
	u := newUnit(t)
	u.change(t, adEntries(adPerson("ann"), adPerson("bob"), adTeam("A", "ann", "bob"), adTeam("B", "ann"), adTeam("C", "A", "B"), adTeam("D", "ann")))
	u.deny(t, "CN=A,"+u.ou, readProperty, "Object-Sid")
	u.deny(t, "CN=B,"+u.ou, readProperty, "Object-Guid")
	u.deny(t, "CN=bob,"+u.ou, readProperty, "E-mail-Addresses")
	sid := "it shows no objectSid, by which people name it as their primary group"
	assert.Equal(t, []string{
		"A: ann; no_login 1 CN=bob; partial: " + sid, "C: ann; no_login 1 CN=bob; partial: member group CN=A: " + sid, "D: ann",
		"the list of groups is not complete",
	}, u.said(u.read(t, func(c *ldap.Config) { c.Primary = true })))
	assert.Equal(t, []string{"A: ann; no_login 1 CN=bob", "C: ann; no_login 1 CN=bob", "D: ann", "the list of groups is not complete"}, u.said(u.read(t, nil)))
}

// TestSamba_catalog takes no group for empty that a global catalog may not have the
// members of.
func TestSamba_catalog(t *testing.T) {
	t.Parallel()
	u := newUnit(t)
	u.change(t, adEntries(
		adPerson("ann"), adTeam("Full", "ann"), adGroup("Global"), adGroup("Local", "groupType: -2147483644"), adGroup("Universal", "groupType: -2147483640"),
		adTeam("Outer", "ann", "Global", "Universal"),
	))
	catalog := func(c *ldap.Config) { c.URLs, c.Server.AllowPlaintext = []string{u.CatalogURL()}, true }
	const why = "it shows no member, and a global catalog has not those of every group: write the ports 389 or 636 in urls"
	assert.Equal(t, []string{
		"Full: ann", "Global:; partial: " + why, "Local:; partial: " + why, "Outer: ann; partial: member group CN=Global: " + why, "Universal:",
	}, u.said(u.read(t, catalog)))
	assert.Equal(t, []string{"Full: ann", "Global:", "Local:", "Outer: ann", "Universal:"}, u.said(u.read(t, nil)))
}
