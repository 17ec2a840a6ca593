package ldap_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/samba"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap"
)

// TestSamba_nested follows five levels of groups, the last of which has the first.
func TestSamba_nested(t *testing.T) {
	t.Parallel()
	u := newUnit(t)
	u.change(t, adEntries(
		adPerson("ann"), adPerson("bob"), adPerson("carl"), adPerson("dora"), adPerson("eve"),
		adTeam("L5", "eve"), adTeam("L4", "dora", "L5"), adTeam("L3", "carl", "L4"), adTeam("L2", "bob", "L3"), adTeam("L1", "ann", "L2"),
		"dn: CN=L5,{ou}\nchangetype: modify\nadd: member\nmember: CN=L1,{ou}\n",
	))
	everybody := "ann, bob, carl, dora, eve"
	assert.Equal(t, []string{"L1: " + everybody, "L2: " + everybody, "L3: " + everybody, "L4: " + everybody, "L5: " + everybody}, u.said(u.read(t, nil)))
	assert.Equal(t, []string{"L1: " + everybody}, u.said(u.read(t, func(c *ldap.Config) { c.Groups.Filter = "(cn=L1)" })),
		"member groups that the search does not find")
	assert.Equal(t, []string{"L1: ann", "L2: bob", "L3: carl", "L4: dora", "L5: eve"}, u.said(u.read(t, func(c *ldap.Config) { c.Nested = false })))

	top := u.said(u.read(t, func(c *ldap.Config) {
		c.Groups.Filter, c.Groups.BaseDN, c.Users.BaseDN = "(sAMAccountName=L1-"+u.tag+")", samba.Base, samba.Base
	}))
	others := slices.IndexFunc(top, func(line string) bool { return strings.HasPrefix(line, "left:") })
	require.Equal(t, 1, others, "the reader of another test's people who have left")
	assert.Equal(t, "L1: "+everybody, top[0], "from the top of the domain, which refers to its own partitions")
	assert.NotContains(t, top, "the list of groups is not complete")
}

// TestSamba_primary finds the members of primary groups, which list none of them.
func TestSamba_primary(t *testing.T) {
	t.Parallel()
	u := newUnit(t)
	u.change(t, adEntries(adPerson("ann"), adPerson("bob"), adTeam("Own", "ann"), adTeam("Outer", "Own")))
	own := u.attribute(t, "CN=Own,"+u.ou, "primaryGroupToken")
	u.change(t, "dn: CN=ann,{ou}\nchangetype: modify\nreplace: primaryGroupID\nprimaryGroupID: "+own+"\n")
	t.Cleanup(func() { // it could not be deleted otherwise
		u.change(t, "dn: CN=ann,{ou}\nchangetype: modify\nreplace: primaryGroupID\nprimaryGroupID: 513\n")
	})
	require.Empty(t, u.attribute(t, "CN=Own,"+u.ou, "member"))
	filter := "(&(objectClass=group)(|(cn=Domain Users)(sAMAccountName=*-" + u.tag + ")))"
	edit := func(primary bool) func(*ldap.Config) {
		return func(c *ldap.Config) {
			c.Groups.BaseDN, c.Groups.Filter, c.Primary = samba.Base, filter, primary
		}
	}
	// The people are those of the unit: the domain has others, of other tests.
	assert.Equal(t, []string{"Domain Users: ann, bob", "Outer: ann", "Own: ann"}, u.said(u.read(t, edit(true))))
	// Whoever gets another primary group is listed by the one before.
	assert.Equal(t, []string{"Domain Users: ann", "Outer:", "Own:"}, u.said(u.read(t, edit(false))))
}

// TestSamba_admins finds admins in each way.
func TestSamba_admins(t *testing.T) {
	t.Parallel()
	u := newUnit(t)
	elevated := func(name string) string {
		return "dn: CN=adm-" + name + ",{ou}\nobjectClass: user\nsAMAccountName: adm-" + name + "-{x}\nuserAccountControl: 544\nmail: " + name + ".adm@example.com\n"
	}
	u.change(t, adEntries(
		adPerson("ann"), adPerson("bob"), adPerson("carl"), adPerson("dora"), elevated("ann"), elevated("carl"),
		adTeam("Inner", "carl", "adm-carl"), adTeam("Bosses", "dora"),
		adGroup("A", "member: CN=ann,{ou}", "member: CN=adm-ann,{ou}", "member: CN=bob,{ou}", "member: CN=Inner,{ou}", "managedBy: CN=bob,{ou}"),
		adGroup("B", "member: CN=ann,{ou}", "managedBy: CN=Bosses,{ou}"),
		adGroup("C", "member: CN=ann,{ou}"),
		adTeam("A admins", "ann", "Inner"),
	))
	only := func(c *ldap.Config) { c.Groups.Filter = "(|(cn=A)(cn=B)(cn=C))" }
	pattern, err := source.ParsePattern("adm-*")
	require.NoError(t, err)
	for name, c := range map[string]struct {
		edit func(*ldap.Config)
		want []string
	}{
		"nobody says": {func(*ldap.Config) {}, []string{"A: ann, ann.adm, bob, carl, carl.adm", "B: ann", "C: ann"}},
		"managedBy": {func(c *ldap.Config) { c.Admins.Attribute = "managedBy" }, []string{
			"A: ann member, ann.adm member, bob admin, carl member, carl.adm member", "B: ann member, dora admin", "C: ann member",
		}},
		"managedBy, directly": {func(c *ldap.Config) { c.Admins.Attribute, c.Admins.DirectOnly = "managedBy", true }, []string{
			"A: ann member, ann.adm member, bob admin, carl member, carl.adm member", "B: ann member", "C: ann member",
		}},
		"an attribute that nobody has": {func(c *ldap.Config) { c.Admins.Attribute = "nonSecurityMember" }, []string{
			"A: ann, ann.adm, bob, carl, carl.adm", "B: ann", "C: ann",
		}},
		"companion": {func(c *ldap.Config) { c.Admins.Group = "{name} admins" }, []string{
			"A: ann admin, ann.adm member, bob member, carl admin, carl.adm admin", "B: ann", "C: ann",
		}},
		"companion, directly": {func(c *ldap.Config) { c.Admins.Group, c.Admins.DirectOnly = "{name} admins", true }, []string{
			"A: ann admin, ann.adm member, bob member, carl member, carl.adm member", "B: ann", "C: ann",
		}},
		"companion, where other groups are not followed": {func(c *ldap.Config) { c.Admins.Group, c.Nested = "{name} admins", false }, []string{
			"A: ann admin, ann.adm member, bob member, carl admin, carl.adm admin", "B: ann", "C: ann",
		}},
		"managedBy, where other groups are not followed": {func(c *ldap.Config) { c.Admins.Attribute, c.Nested = "managedBy", false }, []string{
			"A: ann member, ann.adm member, bob admin", "B: ann member, dora admin", "C: ann member",
		}},
		"accounts": {func(c *ldap.Config) { c.Admins.Accounts = &pattern }, []string{
			"A: ann member, ann.adm admin, bob member, carl member, carl.adm admin", "B: ann member", "C: ann member",
		}},
		"accounts, directly": {func(c *ldap.Config) { c.Admins.Accounts, c.Admins.DirectOnly = &pattern, true }, []string{
			"A: ann member, ann.adm admin, bob member, carl member", "B: ann member", "C: ann member",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := strings.Join(c.want, "\n")
			assert.Equal(t, want, strings.Join(u.said(u.read(t, func(config *ldap.Config) { only(config); c.edit(config) })), "\n"))
			assert.Equal(t, without(want, "carl", "dora"), strings.Join(u.said(u.read(t, func(config *ldap.Config) {
				only(config)
				c.edit(config)
				config.Users.Filter = "(&(objectCategory=person)(objectClass=user)(!(cn=carl))(!(cn=dora)))"
				config.People.Tolerate = []source.UnresolvedKind{source.OutOfScope}
			})), "\n"), "with somebody whom the search for people does not find")
		})
	}
}

// without is what is said of groups without some of their members.
func without(text string, names ...string) string {
	var groups []string
	for line := range strings.SplitSeq(text, "\n") {
		name, members, _ := strings.Cut(line, ": ")
		kept := slices.DeleteFunc(strings.Split(members, ", "), func(member string) bool {
			who, _, _ := strings.Cut(member, " ")
			return slices.Contains(names, who)
		})
		groups = append(groups, name+": "+strings.Join(kept, ", "))
	}
	return strings.Join(groups, "\n")
}

// TestSamba_marker reads the groups that a group lists, and no other.
func TestSamba_marker(t *testing.T) {
	t.Parallel()
	u := newUnit(t)
	u.change(t, adEntries(
		adPerson("ann"), adPerson("bob"), adTeam("A", "ann"), adTeam("Sub", "ann"), adTeam("B", "bob", "Sub"), adTeam("Other", "bob"),
		adTeam("Box", "A", "B", "ann"),
	))
	marked := func(c *ldap.Config) { c.Groups.Marker = "cn=BOX," + u.ou }
	assert.Equal(t, []string{"A: ann", "B: ann, bob"}, u.said(u.read(t, marked)))
	u.change(t, "dn: CN=B,{ou}\nchangetype: modrdn\nnewrdn: CN=Renamed\ndeleteoldrdn: 1\n")
	assert.Equal(t, []string{"A: ann", "Renamed: ann, bob"}, u.said(u.read(t, marked)))
	for name, edit := range map[string]func(*ldap.Config){
		"nobody":            func(c *ldap.Config) { c.Groups.Marker = "CN=nobody," + u.ou },
		"of another domain": func(c *ldap.Config) { c.Groups.Marker = "CN=x,DC=elsewhere,DC=test" },
	} {
		config := u.config()
		edit(&config)
		_, err := sourceOf(t, config, nil).Read(t.Context())
		assert.ErrorContains(t, err, "the marker group "+config.Groups.Marker, name)
	}
}
