package ldap_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap"
)

// explained is what a tree says of people in groups, as in "GROUP LOGIN".
func (w tree) explained(t *testing.T, c ldap.Config, questions ...string) []string {
	t.Helper()
	s, err := ldap.New(c)
	require.NoError(t, err)
	roster, explainer, err := s.Trace(t.Context())
	require.NoError(t, err)
	assert.Equal(t, w.roster(t, c), roster, "what is traced is read as it is otherwise")
	var answers []string
	for _, question := range questions {
		group, login, _ := strings.Cut(question, " ")
		at := slices.IndexFunc(roster.Groups(), func(g source.Group) bool { return g.Name == group })
		require.GreaterOrEqual(t, at, 0, group)
		for _, e := range explainer.Explain(roster.Groups()[at].Key, source.NewLogin(login)) {
			answers = append(answers, w.short(question+": "+explanation(e)))
		}
	}
	return answers
}

// explanation is one in words.
func explanation(e source.Explanation) string {
	var b strings.Builder
	for _, link := range e.Chain {
		b.WriteString(link.Name)
		if link.By != "" {
			b.WriteString(" <" + link.By + "< ")
		}
	}
	b.WriteString(" | " + e.Role.String())
	if e.RoleBy != "" {
		b.WriteString(" by " + e.RoleBy)
	}
	if e.Not != "" {
		b.WriteString(" | not: " + e.Not)
	}
	return strings.TrimSpace(b.String())
}

func TestExplain(t *testing.T) {
	t.Parallel()
	w := plant(t,
		person("ada", "mail: ada@other.example"), person("bob", "displayName: Bob"), person("cyd"), person("left", "pwdAccountLockedTime: 000001010000Z"),
		person("svc"), person("ops-adm"), at("uid=former,ou=people,BASE", "uid: former", "mail: former@example.org", "employeeType: former"),
		group("Deep", "ada", "ops-adm"), group("Middle", "cn=Deep,ou=groups,BASE", "cn=All,ou=groups,BASE"),
		group("All", "cn=Middle,ou=groups,BASE", "bob", "left", "svc", "former", "ops-adm"),
		group("Odd", "cyd", "cn=gone,ou=groups,BASE"),
	)
	c := w.config(ldap.RFC2307bis, func(c *ldap.Config) {
		c.People.NotPeople = []string{"uid=svc,ou=people," + w.base}
		c.People.LeaverFilter = "(employeeType=former)"
		pattern, err := source.ParsePattern("*-adm")
		require.NoError(t, err)
		c.Admins = ldap.Admins{Accounts: &pattern, DirectOnly: true}
	})
	assert.Equal(t, []string{
		"All ADA@other.example: ADA@other.example <mail< uid=ada <member< cn=Deep <member< cn=Middle <member< cn=All | member by the account ada, and the pattern *-adm",
		"All bob@example.org: bob@example.org <mail< uid=bob <member< cn=All | member by the account bob, and the pattern *-adm",
		"All left@example.org: left@example.org <mail< uid=left <member< cn=All | unstated | not: has left: pwdAccountLockedTime is 000001010000Z",
		"All former@example.org: former@example.org <mail< uid=former <member< cn=All | unstated | not: has left: people.leavers.filter finds them",
		"All svc@example.org: svc@example.org <mail< uid=svc <member< cn=All | unstated | not: is no person, as people.not_people says",
		"All ops-adm@example.org: ops-adm@example.org <mail< uid=ops-adm <member< cn=All | admin by the account ops-adm, and the pattern *-adm",
		"Middle ops-adm@example.org: ops-adm@example.org <mail< uid=ops-adm <member< cn=Deep <member< cn=Middle | unstated" +
			" | not: is in a member group, and accounts of the pattern *-adm count where a group lists them itself",
		"All cyd@example.org: | unstated | not: nothing leads to the group",
		"Odd ada@example.org: | unstated | not: nothing that was read leads to the group, which was not read whole: member cn=gone: it is where groups are, and cannot be read",
		"All nobody@example.org: | unstated | not: nobody below ou=people whom (objectClass=inetOrgPerson) finds has this login",
	}, w.explained(t, c,
		"All ADA@other.example", "All bob@example.org", "All left@example.org", "All former@example.org", "All svc@example.org", "All ops-adm@example.org",
		"Middle ops-adm@example.org", "All cyd@example.org", "Odd ada@example.org", "All nobody@example.org"))

	c.Nested = false
	assert.Equal(t, []string{
		"All ada@example.org: ada@example.org <mail< uid=ada <member< cn=Deep <member< cn=Middle <member< cn=All | unstated | not: is in a member group, and nested is false",
	}, w.explained(t, c, "All ada@example.org"))
}

// Somebody is also in a group as its admin, and by a primary group.
func TestExplain_otherWaysIn(t *testing.T) {
	t.Parallel()
	w := plant(t, person("ada"), person("bob"), person("cyd"), person("dee", "objectClass: posixAccount", "uidNumber: 1", "gidNumber: 77", "homeDirectory: /"),
		group("Finance", "ada"), group("Finance-admins", "bob", "cn=inner,ou=groups,BASE"), group("inner", "cyd"),
		posix("Staff", 77, "ada"), entry("cn=Owned,ou=groups,BASE", "objectClass: groupOfNames", "member: uid=ada,ou=people,BASE", "owner: uid=bob,ou=people,BASE"),
	)
	companion := w.config(ldap.RFC2307bis, func(c *ldap.Config) { c.Admins = ldap.Admins{Group: "{name}-admins", DirectOnly: true} })
	assert.Equal(t, []string{
		"Finance ada@example.org: ada@example.org <mail< uid=ada <member< cn=Finance | member by members of cn=Finance-admins",
		"Finance bob@example.org: bob@example.org <mail< uid=bob <member< cn=Finance-admins <admins.group< cn=Finance | admin by members of cn=Finance-admins",
		"Finance cyd@example.org: cyd@example.org <mail< uid=cyd <member< cn=inner <member< cn=Finance-admins <admins.group< cn=Finance | unstated" +
			" | not: is in a member group of the group of admins, and admins.direct_only is true",
	}, w.explained(t, companion, "Finance ada@example.org", "Finance bob@example.org", "Finance cyd@example.org"))

	owner := w.config(ldap.RFC2307bis, func(c *ldap.Config) { c.Admins = ldap.Admins{Attribute: "owner", DirectOnly: true} })
	assert.Equal(t, []string{
		"Owned bob@example.org: bob@example.org <mail< uid=bob <owner< cn=Owned | admin by owner of cn=Owned",
		"Owned ada@example.org: ada@example.org <mail< uid=ada <member< cn=Owned | member by owner of cn=Owned",
	}, w.explained(t, owner, "Owned bob@example.org", "Owned ada@example.org"))

	primary := w.config(ldap.RFC2307, func(c *ldap.Config) { c.Primary = true })
	assert.Equal(t, []string{
		"Staff dee@example.org: dee@example.org <mail< uid=dee <gidNumber< cn=Staff | unstated",
		"Staff ada@example.org: ada@example.org <mail< uid=ada <memberUid< cn=Staff | unstated",
	}, w.explained(t, primary, "Staff dee@example.org", "Staff ada@example.org"))
}

// What does not count is no reason, and of several reasons the first is told.
func TestExplain_reasons(t *testing.T) {
	t.Parallel()
	w := plant(t, ou("ou=old,ou=people,BASE"), at("uid=moved,ou=old,ou=people,BASE", "mail: moved@example.org"),
		person("ada", "employeeNumber: ada@example.org"), person("locked", "nsAccountLock: TRUE", "employeeType: former"),
		group("All", "ada", "locked", "uid=moved,ou=old,ou=people,BASE"))
	c := w.config(ldap.RFC2307bis, func(c *ldap.Config) {
		c.Users.Login = []string{"mail", "employeeNumber"}
		c.People = ldap.People{DisabledStay: true, LeaverOU: "ou=old,ou=people," + w.base, LeaverFilter: "(employeeType=former)"}
	})
	assert.Equal(t, []string{
		"All ada@example.org: ada@example.org <mail< uid=ada <member< cn=All | unstated",
		"All moved@example.org: moved@example.org <mail< uid=moved,ou=old <member< cn=All | unstated | not: has left: is below people.leavers.ou",
		"All locked@example.org: locked@example.org <mail< uid=locked <member< cn=All | unstated | not: has left: people.leavers.filter finds them",
	}, w.explained(t, c, "All ada@example.org", "All moved@example.org", "All locked@example.org"))
}

// Two people with one login are two explanations, and a group that there is not has
// none.
func TestExplain_severalAndNone(t *testing.T) {
	t.Parallel()
	w := plant(t, person("ada"), bare("other", "mail: Ada@example.org"), group("Finance", "ada"))
	s, err := ldap.New(w.config(ldap.RFC2307bis))
	require.NoError(t, err)
	roster, explainer, err := s.Trace(t.Context())
	require.NoError(t, err)
	both := explainer.Explain(roster.Groups()[0].Key, source.NewLogin("ada@example.org"))
	slices.SortFunc(both, func(a, b source.Explanation) int { return cmp.Compare(a.Not, b.Not) })
	require.Len(t, both, 2)
	assert.Empty(t, both[0].Not)
	assert.Equal(t, "nothing leads to the group", both[1].Not)
	assert.NotEqual(t, both[0].Person, both[1].Person)
	assert.Empty(t, explainer.Explain(source.GroupKey{Source: "ldap", ID: "none"}, source.NewLogin("ada@example.org")))
}

// What cannot be read cannot be explained.
func TestTrace_fails(t *testing.T) {
	t.Parallel()
	w := plant(t)
	s, err := ldap.New(w.config(ldap.RFC2307bis, func(c *ldap.Config) { c.MinGroups = 1 }))
	require.NoError(t, err)
	roster, explainer, err := s.Trace(t.Context())
	require.ErrorIs(t, err, source.ErrIncomplete)
	assert.Nil(t, roster)
	assert.Nil(t, explainer)
}
