package ldap_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap"
	"github.com/rollcall-sync/rollcall/target"
)

// inBox is a Box in which everything is as a roster says. Somebody's id there goes by
// their login.
func inBox(r *source.Roster) target.Snapshot {
	var s target.Snapshot
	users := map[string]target.User{}
	for i, g := range r.Groups() {
		id := target.GroupID(100 + i)
		s.Groups = append(s.Groups, target.Group{ID: id, Name: g.Name, Identifier: g.Key.Identifier("main")})
		l := target.Listing{Group: id}
		for n, m := range g.Members {
			login := r.Logins(m.Person)[0].String()
			if _, known := users[login]; !known {
				users[login] = target.User{ID: target.UserID(1 + len(users)), Login: login}
			}
			l.Users = append(l.Users, users[login])
			l.Memberships = append(l.Memberships, target.Membership{ID: target.MembershipID(1000*(i+1) + n), User: users[login].ID, Role: target.RoleMember})
		}
		s.Listings = append(s.Listings, l)
	}
	return s
}

// planned is what a plan would do, each as kind, group, login and cause, and what it
// holds.
func planned(t *testing.T, r *source.Roster, box target.Snapshot, memory *plan.Memory, night int) (*plan.Plan, []string) {
	t.Helper()
	p, err := plan.Diff(r, box, plan.Options{
		Instance: "main", Create: true, Remove: true, ManageRoles: true, Limits: plan.DefaultLimits(),
		Memory: memory, Now: time.Date(2026, 1, night, 2, 0, 0, 0, time.UTC), RemovalGrace: 7 * 24 * time.Hour,
	})
	require.NoError(t, err)
	out := []string{}
	for _, c := range p.Changes {
		text := c.Kind.String() + " " + c.Group.Name
		if c.User.Login != "" {
			text += " " + c.User.Login
		}
		out = append(out, text+" ("+c.Cause.String()+")")
	}
	for _, h := range p.Holds {
		out = append(out, "held: "+string(h.Rule))
	}
	return p, out
}

// TestSamba_renamed renames a group that is known by its objectGUID, and moves it.
func TestSamba_renamed(t *testing.T) {
	t.Parallel()
	u := newUnit(t)
	u.change(t, adEntries(
		"dn: OU=new,{ou}\nobjectClass: organizationalUnit\n",
		adPerson("ann"), adPerson("bob"), adTeam("Old", "ann", "bob"), adTeam("Other", "ann"), adTeam("Outer", "Old"),
	))
	before := u.read(t, nil)
	first, changes := planned(t, before, inBox(before), &plan.Memory{}, 1)
	require.Empty(t, changes)
	u.change(t, "dn: CN=Old,{ou}\nchangetype: modrdn\nnewrdn: CN=New\ndeleteoldrdn: 1\nnewsuperior: OU=new,{ou}\n\n"+
		"dn: CN=bob,{ou}\nchangetype: modrdn\nnewrdn: CN=robert\ndeleteoldrdn: 1\nnewsuperior: OU=new,{ou}\n")
	after := u.read(t, nil)
	assert.Equal(t, []string{"New: ann, bob", "Other: ann", "Outer: ann, bob"}, u.said(after))
	p, changes := planned(t, after, inBox(before), first.Memory, 2)
	require.Equal(t, []string{"rename_group New (source)"}, changes)
	assert.Equal(t, "Old", p.Changes[0].BeforeName)

	// Under the DN as a key the group would be another one.
	byName := func(c *ldap.Config) { c.Groups.ID = "distinguishedName" }
	_, changes = planned(t, u.read(t, byName), inBox(before), nil, 2)
	assert.Contains(t, changes, "create_group New (source)")
}

// TestSamba_leftForGood disables somebody, moves them to another place, and takes them
// out of every group and their address away. They are still known to have left, and
// who they are in Box is remembered.
func TestSamba_leftForGood(t *testing.T) {
	t.Parallel()
	u := newUnit(t)
	u.change(t, adEntries(
		"dn: OU=staff,{ou}\nobjectClass: organizationalUnit\n", "dn: OU=gone,{ou}\nobjectClass: organizationalUnit\n",
		adPerson("ann,OU=staff"), adPerson("bob,OU=staff"), adPerson("carl,OU=staff"), adTeam("A", "ann,OU=staff", "bob,OU=staff", "carl,OU=staff"),
	))
	for name, edit := range map[string]func(*ldap.Config){
		"in the place where people are searched for": nil,
		"in a place of those who have left": func(c *ldap.Config) {
			c.Users.BaseDN, c.People.LeaverOU = "OU=staff,"+u.ou, "OU=gone,"+u.ou
		},
	} {
		before := u.read(t, edit)
		box := inBox(before)
		first, changes := planned(t, before, box, &plan.Memory{}, 1)
		require.Empty(t, changes, name)
		u.change(t, `dn: CN=bob,OU=staff,{ou}
changetype: modify
replace: userAccountControl
userAccountControl: 546
-
delete: mail

dn: CN=A,{ou}
changetype: modify
delete: member
member: CN=bob,OU=staff,{ou}
member: CN=carl,OU=staff,{ou}

dn: CN=bob,OU=staff,{ou}
changetype: modrdn
newrdn: CN=bob
deleteoldrdn: 1
newsuperior: OU=gone,{ou}
`)
		after := u.read(t, edit)
		assert.Equal(t, []string{"A: ann", "left: bob,"}, u.said(after), name)
		_, changes = planned(t, after, box, first.Memory, 2)
		assert.Equal(t, []string{"remove A bob@example.com (left)", "held: removal_grace"}, changes, name)
		_, changes = planned(t, after, box, &plan.Memory{}, 2)
		assert.NotContains(t, changes, "remove A bob@example.com (left)", "%s: who remembers nothing cannot know", name)
		u.change(t, `dn: CN=bob,OU=gone,{ou}
changetype: modify
replace: userAccountControl
userAccountControl: 544
-
replace: mail
mail: bob@example.com

dn: CN=bob,OU=gone,{ou}
changetype: modrdn
newrdn: CN=bob
deleteoldrdn: 1
newsuperior: OU=staff,{ou}

dn: CN=A,{ou}
changetype: modify
add: member
member: CN=bob,OU=staff,{ou}
member: CN=carl,OU=staff,{ou}
`)
	}
}
