package ldap_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap"
)

const forGood = "pwdAccountLockedTime: 000001010000Z"

// Who has left is told by the account, by a filter, or by a place. It is noon of the
// 24th of November 2026, the day 20781.
func TestSlapd_left(t *testing.T) {
	t.Parallel()
	shadow := func(days string) []string { return []string{"objectClass: shadowAccount", "shadowExpire: " + days} }
	signs := []string{
		person("good"), person("locked", forGood), person("wrong", "pwdAccountLockedTime: 20261124115500Z"),
		person("off", "nsAccountLock: True"), person("on", "nsAccountLock: FALSE"), person("maybe", "nsAccountLock: perhaps"),
		person("past", shadow("20781")...), person("today", shadow("20782")...), person("zero", shadow("0")...), person("never", shadow("-1")...),
		person("idle", forGood), bare("nomail", forGood),
		group("a", "good", "locked", "wrong", "off", "on", "maybe", "past", "today", "zero", "never", "nomail"),
	}
	run(t, []world{
		{
			name: "signs", ldif: signs,
			want: []string{"a: good maybe never on today wrong zero", "left", "left idle", "left locked", "left off", "left past"},
			notes: []string{
				"people who have left: 5, rows that still list them: 4",
				`accounts of which it cannot be read whether they are closed: 1, such as "nsAccountLock of uid=maybe: \"perhaps\" is neither true nor false"`,
			},
		},
		{
			name: "signs that do not count", ldif: signs,
			config: func(c *ldap.Config) { c.People.DisabledStay = true },
			want:   []string{"a: good locked maybe never off on past today wrong zero | no_login 1: uid=nomail"},
		},
		{
			name: "a filter",
			ldif: []string{
				person("ada"), person("bob", "employeeType: left"), person("cy", "employeeType: left"), bare("dee", "employeeType: left"),
				entry("cn=staff,ou=people,BASE", "objectClass: groupOfMembers", "objectClass: extensibleObject", "employeeType: left"),
				group("a", "ada", "bob"),
			},
			config: func(c *ldap.Config) { c.People.LeaverFilter = "(employeeType=left)" },
			want:   []string{"a: ada", "left", "left bob", "left cy"},
		},
		{
			name: "a filter that the search for people does not pass, and the account of nobody in a group",
			ldif: []string{person("ada"), person("bob", "employeeType: left"), person("cy", "employeeType: left"), group("a", "ada", "bob")},
			config: func(c *ldap.Config) {
				c.People.LeaverFilter, c.Users.Filter = "(employeeType=left)", "(!(employeeType=*))"
			},
			want: []string{"a: ada", "left bob", "left cy"},
		},
		{
			name:   "a filter, of somebody elsewhere",
			ldif:   []string{person("ada"), ou("ou=old,BASE"), at("uid=bob,ou=old,BASE", "mail: bob@example.org", "employeeType: left"), group("a", "ada", "uid=bob,ou=old,BASE")},
			config: func(c *ldap.Config) { c.People.LeaverFilter = "(employeeType=left)" },
			want:   []string{"a: ada", "left bob"},
		},
		{
			name: "a filter without mail and users.id",
			ldif: []string{person("ada", "employeeNumber: 1"), bare("bob", "employeeType: left"), group("a", "ada", "bob")},
			config: func(c *ldap.Config) {
				c.People.LeaverFilter, c.Users.ID = "(employeeType=left)", "employeeNumber"
			},
			want: []string{"a: ada"},
		},
		{
			name: "a place",
			ldif: []string{
				person("ada"), ou("ou=old,ou=people,BASE"), ou("ou=deep,ou=old,ou=people,BASE"),
				at("uid=bob,ou=old,ou=people,BASE", "mail: bob@example.org"), at("uid=cy,ou=Deep, ou=Old,ou=people,BASE", "mail: cy@example.org"),
				group("a", "ada", "uid=bob,ou=old,ou=people,BASE"),
			},
			config: func(c *ldap.Config) { c.People.LeaverOU = "OU=old," + c.Users.BaseDN },
			want:   []string{"a: ada", "left bob", "left cy"},
		},
		{
			name: "a place where people are not searched for",
			ldif: []string{
				person("ada"), ou("ou=old,BASE"), at("uid=bob,ou=old,BASE", "mail: bob@example.org"), at("uid=cy,ou=old,BASE"),
				entry("uid=dee,ou=old,BASE", "objectClass: account", "objectClass: extensibleObject", "mail: dee@example.org"),
				group("a", "ada", "uid=bob,ou=old,BASE", "uid=dee,ou=old,BASE"),
			},
			config: func(c *ldap.Config) { c.People.LeaverOU = "ou=old," + c.Users.BaseDN[len("ou=people,"):] },
			want:   []string{"a: ada", "left", "left bob", "left dee"},
		},
	})
}

// Of several things that somebody is, the first counts: leaver, no person, without a
// login, out of scope, nobody.
func TestSlapd_precedence(t *testing.T) {
	t.Parallel()
	elsewhere := func(uid string, lines ...string) string { return at("uid="+uid+",ou=ext,BASE", lines...) }
	ldif := []string{
		person("ada"), ou("ou=ext,BASE"),
		person("leaver-bot", forGood, "employeeType: bot"), person("bot", "employeeType: bot"), bare("bot-bare", "employeeType: bot"), bare("bare"),
		elsewhere("leaver-bot2", forGood, "employeeType: bot", "mail: leaver-bot2@example.org"), elsewhere("leaver-bare", forGood),
		elsewhere("bot2", "employeeType: bot", "mail: bot2@example.org"), elsewhere("bot-bare2", "employeeType: bot"),
		elsewhere("bare2"), elsewhere("scope", "mail: scope@example.org"), elsewhere("named", "mail: named@example.org"),
		elsewhere("leaver-named", forGood, "mail: leaver-named@example.org"),
		group("a", "ada", "leaver-bot", "bot", "bot-bare", "bare", "named3", "gone",
			"uid=leaver-bot2,ou=ext,BASE", "uid=leaver-bare,ou=ext,BASE", "uid=bot2,ou=ext,BASE", "uid=bot-bare2,ou=ext,BASE",
			"uid=bare2,ou=ext,BASE", "uid=scope,ou=ext,BASE", "uid=named,ou=ext,BASE", "uid=leaver-named,ou=ext,BASE"),
	}
	config := func(c *ldap.Config) {
		c.People.NotPeopleFilter = "(employeeType=bot)"
		top := c.Users.BaseDN[len("ou=people,"):]
		c.People.NotPeople = []string{"UID=named,OU=ext," + top, "uid=leaver-named,ou=ext," + top}
	}
	left := []string{"left", "left leaver-bot", "left leaver-bot2", "left leaver-named"}
	tolerate := func(kinds ...source.UnresolvedKind) func(*ldap.Config) {
		return func(c *ldap.Config) { config(c); c.People.Tolerate = kinds }
	}
	of := func(rest string) []string { return append([]string{"a: ada" + rest}, left...) }
	none := "members that are no people: 5"
	run(t, []world{
		{
			name: "all", ldif: ldif, config: config,
			want:  of(" | no_login 2: uid=bare; uid=bare2,ou=ext | out_of_scope 1: uid=scope,ou=ext | dangling 2: uid=gone; uid=named3"),
			notes: []string{none, "members looked up by name, as the search for people does not find them: 10"},
		},
		{
			name: "no_login tolerated", ldif: ldif, config: tolerate(source.NoLogin),
			want:  of(" | out_of_scope 1: uid=scope,ou=ext | dangling 2: uid=gone; uid=named3"),
			notes: []string{none, "members of a kind that people.tolerate passes: 2"},
		},
		{
			name: "out_of_scope tolerated", ldif: ldif, config: tolerate(source.OutOfScope),
			want: of(" | no_login 2: uid=bare; uid=bare2,ou=ext | dangling 2: uid=gone; uid=named3"),
		},
		{
			name: "dangling tolerated", ldif: ldif, config: tolerate(source.Dangling),
			want: of(" | no_login 2: uid=bare; uid=bare2,ou=ext | out_of_scope 1: uid=scope,ou=ext"),
		},
		{
			name: "all tolerated", ldif: ldif, config: tolerate(source.NoLogin, source.OutOfScope, source.Dangling, source.Foreign),
			want:  of(""),
			notes: []string{"members of a kind that people.tolerate passes: 5"},
		},
		{
			name: "people who are no people", ldif: ldif,
			config: func(c *ldap.Config) { c.People.NotPeopleFilter = "(uid=*)" },
			want:   []string{"a: | dangling 2: uid=gone; uid=named3", "left", "left leaver-bot", "left leaver-bot2", "left leaver-named"},
		},
	})
}

// Candidate logins come in the order of the attributes, and then of their spelling.
func TestSlapd_logins(t *testing.T) {
	t.Parallel()
	w := plant(t,
		bare("ada", "mail: z@example.org", "mail: A@example.org", "employeeNumber: a@EXAMPLE.org", "departmentNumber: extra@example.org"),
		bare("bob", "departmentNumber: bob@example.org"), bare("cy", "mail: no address", "departmentNumber: cy@example.org"),
		bare("dee", "mail: two@example.org, and@example.org"), bare("eve", "mail: bob@example.org"),
		group("a", "ada", "bob", "cy", "dee", "eve"),
	)
	c := w.config(ldap.RFC2307bis)
	c.Users.Login, c.Users.ID = []string{"mail", "employeeNumber", "departmentNumber"}, "uid"
	r := w.roster(t, c)
	got := map[string][]string{}
	for i := range source.PersonIndex(r.People()) {
		p := r.Person(i)
		for _, l := range p.Logins {
			got[p.Key] = append(got[p.Key], l.String())
		}
	}
	assert.Equal(t, map[string][]string{
		"ada": {"A@example.org", "z@example.org", "extra@example.org"},
		"bob": {"bob@example.org"}, "cy": {"cy@example.org"}, "eve": {"bob@example.org"},
	}, got)
	assert.Equal(t, []string{"a: A bob bob cy | no_login 1: uid=dee"}, w.said(r))
	assert.Equal(t, []string{`addresses that cannot be logins: 2, such as "no address"`}, w.notes(r, "addresses"))
}

// Somebody has one name, and a group has too, however many a directory gives them.
func TestSlapd_oneName(t *testing.T) {
	t.Parallel()
	w := plant(t,
		person("ada", "displayName: Ada"), person("bob"),
		entry("cn=m,ou=groups,BASE", "objectClass: groupOfMembers", "cn: z", "cn: b", "description: z", "description: b", "member: uid=ada,ou=people,BASE"),
		entry("ou=q,ou=groups,BASE", "objectClass: groupOfMembers", "cn: y", "cn: c", "member: uid=bob,ou=people,BASE", line("description", "two\nlines")),
		entry("cn=w,ou=groups,BASE", "objectClass: groupOfMembers", line("description", "a bell\a")),
	)
	r := w.roster(t, w.config(ldap.RFC2307bis))
	assert.Equal(t, []string{"c: bob", "m: ada", "w:"}, w.said(r))
	assert.Equal(t, "b", r.Groups()[1].Description)
	assert.Equal(t, "two lines", r.Groups()[0].Description)
	assert.Empty(t, r.Groups()[2].Description)
	assert.Equal(t, []string{`descriptions with control characters, which are not taken: 1, such as of "cn=w"`}, w.notes(r, "descriptions"))
	assert.Equal(t, "Ada", r.Person(r.Groups()[1].Members[0].Person).Name)
	assert.Empty(t, r.Person(r.Groups()[0].Members[0].Person).Name)
}

// What is to tell people and groups apart has to.
func TestSlapd_oneID(t *testing.T) {
	t.Parallel()
	w := plant(t,
		person("ada", "employeeNumber: 1"), person("bob", "employeeNumber: 1"), person("cy", "employeeNumber: 2", "employeeType: x"),
		group("a", "ada", "bob"), group("b", "ada"),
	)
	c := w.config(ldap.RFC2307bis)
	c.Users.ID = "employeeNumber"
	assert.EqualError(t, w.fails(t, c), `read source "ldap": uid=ada and uid=bob have one employeeNumber, "1"; users.id must name an attribute that tells people apart; if it does, an entry got another name while it was read, and trying again helps`)
	c = w.config(ldap.RFC2307bis)
	c.Groups.ID = "objectClass"
	assert.EqualError(t, w.fails(t, c), `read source "ldap": cn=a and cn=b have one objectClass, "groupOfMembers"; groups.id must name an attribute that tells groups apart; if it does, an entry got another name while it was read, and trying again helps`)
	c = w.config(ldap.RFC2307bis)
	c.Users.ID = "objectClass"
	assert.ErrorContains(t, w.fails(t, c), "it has 2 values of objectClass, by which it is to be known")
}
