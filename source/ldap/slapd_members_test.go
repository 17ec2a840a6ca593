package ldap_test

import (
	"testing"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap"
)

// world is what is in a tree, how it is read, and what that gives.
type world struct {
	name   string
	ldif   []string
	preset ldap.Preset // RFC2307bis if it is not said
	config func(*ldap.Config)
	want   []string
	notes  []string // some of them
}

// run reads the worlds.
func run(t *testing.T, worlds []world) {
	t.Helper()
	for _, w := range worlds {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			tree := plant(t, w.ldif...)
			if w.preset == "" {
				w.preset = ldap.RFC2307bis
			}
			c := tree.config(w.preset)
			if w.config != nil {
				w.config(&c)
			}
			tree.reads(t, c, w.want, w.notes...)
		})
	}
}

// Who is listed is who is meant, however the name is spelt.
func TestSlapd_names(t *testing.T) {
	t.Parallel()
	jane := at(`cn=Doe\, Jane (HR)+uid=jdoe,ou=people,BASE`, "cn: Doe, Jane (HR)", "uid: jdoe", "mail: jane@example.org")
	run(t, []world{
		{
			name: "escapes, and values in another order",
			ldif: []string{jane, group("a", `uid=jdoe+cn=Doe\2C Jane (HR),ou=people,BASE`), group("b", `CN=doe\2C  jane (hr) + UID=JDOE , OU=People,BASE`)},
			want: []string{"a: jane", "b: jane"},
		},
		{
			name: "quotes",
			ldif: []string{at(`cn=Roe\, Ann,ou=people,BASE`, "cn: Roe, Ann", "mail: ann@example.org"), group("a", `cn="Roe, Ann",ou=people,BASE`)},
			want: []string{"a: ann"},
		},
		{
			name: "case and spaces",
			ldif: []string{at(`cn=John Smith,ou=people,BASE`, "cn: John Smith", "mail: john@example.org"), group("a", `CN=JOHN   smith, OU=people,BASE`)},
			want: []string{"a: john"},
		},
		{
			name: "composed and decomposed",
			ldif: []string{
				entry(`cn=Caf\C3\A9 \23 1,ou=people,BASE`, "objectClass: inetOrgPerson", "sn: x", line("cn", "Café # 1"), "mail: cafe@example.org"),
				group("a", `cn=Cafe\CC\81 \23 1,ou=people,BASE`), group("b", `cn=CAF\C3\89 \# 1,ou=people,BASE`),
			},
			want: []string{"a: cafe", "b: cafe"},
		},
		{
			name: "an OID, and the long name of a type",
			ldif: []string{person("ada"), group("a", `0.9.2342.19200300.100.1.1=ada,organizationalUnitName=people,BASE`), group("b", `userid=ada,2.5.4.11=people,BASE`)},
			want: []string{"a: ada", "b: ada"},
		},
		{
			name: "members with bits",
			ldif: []string{
				person("ada"), person("bob"),
				entry("cn=a,ou=groups,BASE", "objectClass: groupOfUniqueNames", "uniqueMember: uid=ada,ou=people,BASE#'0101'B", "uniqueMember: uid=bob,ou=people,BASE"),
			},
			config: func(c *ldap.Config) { c.Groups.Member = "uniqueMember" },
			want:   []string{"a: ada bob"},
		},
		{
			name: "another attribute than the class has",
			ldif: []string{person("ada"), entry("cn=a,ou=groups,BASE", "objectClass: groupOfUniqueNames", "uniqueMember: uid=ada,ou=people,BASE")},
			want: []string{"a: | partial: it is a groupOfUniqueNames, which lists its members in uniqueMember, and groups.member is member"},
		},
		{
			name:   "a dynamic group",
			ldif:   []string{person("ada"), entry("cn=a,ou=groups,BASE", "objectClass: groupOfURLs", "memberURL: ldap:///BASE??sub?(cn=x)")},
			config: func(c *ldap.Config) { c.Groups.Filter = "(objectClass=groupOfURLs)" },
			want:   []string{"a: | partial: it is a dynamic group (groupOfURLs), whose members are computed and not stored"},
		},
	})
}

// Groups that list accounts.
func TestSlapd_accounts(t *testing.T) {
	t.Parallel()
	posixPerson := func(uid, gid string) string {
		return person(uid, "objectClass: posixAccount", "uidNumber: 1", "homeDirectory: /x", "gidNumber: "+gid)
	}
	run(t, []world{
		{
			name: "case, space, and nobody", preset: ldap.RFC2307,
			ldif: []string{person("ada"), person("bob"), posix("a", 1, "ADA", "Bob", "nobody"), posix("b", 2)},
			want: []string{"a: ada bob | dangling 1: nobody", "b:"},
		},
		{
			name: "two people with one account", preset: ldap.RFC2307,
			ldif: []string{
				person("ada"), at("cn=other,ou=people,BASE", "cn: other", "uid: Ada", "mail: other@example.org"), person("bob"),
				posix("a", 1, "ada", "bob"), posix("b", 2, "bob"),
			},
			want: []string{"a: bob | partial: member Ada: several entries go by that name", "b: bob"},
		},
		{
			name: "one person with two accounts", preset: ldap.RFC2307,
			ldif: []string{person("ada", "uid: lovelace"), posix("a", 1, "lovelace"), posix("b", 2, "ada", "lovelace")},
			want: []string{"a: ada", "b: ada"},
		},
		{
			name: "accounts of somebody whom the search does not find", preset: ldap.RFC2307,
			ldif:   []string{person("ada"), person("bob", "uid: robert", "employeeType: external"), posix("a", 1, "bob", "robert", "ada")},
			config: func(c *ldap.Config) { c.Users.Filter = "(!(employeeType=external))" },
			want:   []string{"a: ada | out_of_scope 2: bob; robert"},
		},
		{
			name: "people of a primary group", preset: ldap.RFC2307,
			ldif: []string{
				posixPerson("ada", "100"), posixPerson("bob", "200"), posixPerson("cy", "999"), posixPerson("dee", "0"),
				posix("a", 100, "bob"), posix("b", 200), posix("zero", 0),
			},
			config: func(c *ldap.Config) { c.Primary = true },
			want:   []string{"a: ada bob", "b: bob", "zero:"},
		},
		{
			name: "primary groups that do not count", preset: ldap.RFC2307,
			ldif: []string{posixPerson("ada", "100"), posix("a", 100, "ada"), posix("b", 100)},
			want: []string{"a: ada", "b:"},
		},
		{
			name: "a group that lists names where accounts are meant", preset: ldap.RFC2307,
			ldif: []string{person("ada"), required("a", "ada"), posix("b", 1, "ada")},
			want: []string{"a: | partial: it is a groupOfNames, which lists its members in member, and groups.member is memberUid", "b: ada"},
		},
	})
}

// Groups in groups.
func TestSlapd_nested(t *testing.T) {
	t.Parallel()
	of := func(name string) string { return "cn=" + name + ",ou=groups,BASE" }
	run(t, []world{
		{
			name: "five levels and a circle",
			ldif: []string{
				person("p1"), person("p2"), person("p3"), person("p4"), person("p5"),
				group("g1", "p1", of("g2")), group("g2", "p2", of("g3")), group("g3", "p3", of("g4")),
				group("g4", "p4", of("g5")), group("g5", "p5", of("g3"), of("g5")),
			},
			want:  []string{"g1: p1 p2 p3 p4 p5", "g2: p2 p3 p4 p5", "g3: p3 p4 p5", "g4: p3 p4 p5", "g5: p3 p4 p5"},
			notes: []string{"member groups followed: 13"},
		},
		{
			name:   "not nested",
			ldif:   []string{person("ada"), person("bob"), group("a", "ada", of("b")), group("b", "bob")},
			config: func(c *ldap.Config) { c.Nested = false },
			want:   []string{"a: ada", "b: bob"},
			notes:  []string{"member groups not followed, as nested is false: 1"},
		},
		{
			name: "a member group that the filter does not find, and one elsewhere",
			ldif: []string{
				person("ada"), person("bob"), person("cy"), ou("ou=other,BASE"),
				group("a", of("b"), "cn=c,ou=other,BASE"), group("b", "bob"), groupAt("cn=c,ou=other,BASE", "cy", "cn=d,ou=other,BASE"),
				groupAt("cn=d,ou=other,BASE", "ada"),
			},
			config: func(c *ldap.Config) { c.Groups.Filter = "(cn=a)" },
			want:   []string{"a: ada bob cy"},
		},
		{
			name: "trouble in a member group",
			ldif: []string{
				person("ada"), group("a", "ada", of("b")), group("b", of("c")),
				entry(of("c"), "objectClass: groupOfUniqueNames", "uniqueMember: uid=ada,ou=people,BASE"), group("d", "ada"),
			},
			want: []string{
				"a: ada | partial: member group cn=c: it is a groupOfUniqueNames, which lists its members in uniqueMember, and groups.member is member",
				"b: | partial: member group cn=c: it is a groupOfUniqueNames, which lists its members in uniqueMember, and groups.member is member",
				"c: | partial: it is a groupOfUniqueNames, which lists its members in uniqueMember, and groups.member is member",
				"d: ada",
			},
		},
		{
			name: "a member group that is not there",
			ldif: []string{person("ada"), group("a", "ada", of("gone")), group("b", "uid=gone,ou=people,BASE")},
			want: []string{"a: ada | partial: member cn=gone: it is where groups are, and cannot be read", "b: | dangling 1: uid=gone"},
		},
		{
			name:   "a member group that may be missing",
			ldif:   []string{person("ada"), group("a", "ada", of("gone"), "uid=gone,ou=people,BASE", "cn=other,ou=groups,BASE")},
			config: func(c *ldap.Config) { c.People.Tolerate = []source.UnresolvedKind{source.Dangling} },
			want:   []string{"a: ada"},
			notes:  []string{"members of a kind that people.tolerate passes: 3"},
		},
	})
}
