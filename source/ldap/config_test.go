package ldap_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

func TestCheckFilter(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"(objectClass=group)": "", "(&(a=b)(!(c=*)))": "", "(a:1.2.840.113556.1.4.803:=2)": "", `(cn=\28x\29)`: "",
		"(a":       "unexpected end of filter",
		"":         "filter does not start with an '('",
		"a=b":      "filter does not start with an '('",
		"(a=b)(c)": "finished compiling filter with extra at end: (c)",
		"(a)":      "error parsing filter",
		`(a=\zz)`:  "invalid characters for escape in filter: encoding/hex: invalid byte: U+007A 'z'",
	} {
		err := ldap.CheckFilter(text)
		if want == "" {
			assert.NoError(t, err, text)
			continue
		}
		assert.EqualError(t, err, want, text)
	}
}

func TestCheckDN(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "dc=example,dc=com": "", `cn=a\,b + uid=1, DC=x`: "",
		"dc=example,,dc=com": "incomplete type, value pair",
		"example":            "DN ended with incomplete type, value pair",
		"dc=a,b":             "DN ended with incomplete type, value pair",
	} {
		err := ldap.CheckDN(text)
		if want == "" {
			assert.NoError(t, err, text)
			continue
		}
		assert.EqualError(t, err, want, text)
	}
}

// All that is wrong with a configuration is told at once, before a server is asked.
func TestNew_problems(t *testing.T) {
	t.Parallel()
	all, err := source.ParsePattern("*-adm")
	require.NoError(t, err)
	good := func() ldap.Config {
		return ldap.Config{
			Name: "ad", URLs: []string{"ldaps://dc1"}, PageSize: 1, Server: wire.Options{Timeout: time.Second}, Preset: ldap.ActiveDirectory,
			Groups: ldap.Groups{BaseDN: "dc=x", Filter: "(a=b)"}, Users: ldap.Users{BaseDN: "dc=x"},
		}
	}
	for name, test := range map[string]struct {
		change func(*ldap.Config)
		want   []string
	}{
		"none": {func(*ldap.Config) {}, nil},
		"forms": {func(c *ldap.Config) {
			c.Groups.Filter, c.Groups.BaseDN, c.Groups.Marker = "(a", "x", "cn=a,"
			c.Users.Filter, c.Users.BaseDN = "b", "y"
			c.People = ldap.People{LeaverFilter: "c", LeaverOU: "z", NotPeopleFilter: "d", NotPeople: []string{"cn=a", "svc"}}
		}, []string{
			"ldap.groups.filter is no filter: unexpected end of filter",
			"ldap.users.filter is no filter: filter does not start with an '('",
			"ldap.people.leavers.filter is no filter: filter does not start with an '('",
			"ldap.people.not_people.filter is no filter: filter does not start with an '('",
			"ldap.groups.base_dn is no distinguished name: DN ended with incomplete type, value pair",
			"ldap.groups.marker is no distinguished name: DN ended with incomplete type, value pair",
			"ldap.users.base_dn is no distinguished name: DN ended with incomplete type, value pair",
			"ldap.people.leavers.ou is no distinguished name: DN ended with incomplete type, value pair",
			"ldap.people.not_people.dn[1] is no distinguished name: DN ended with incomplete type, value pair",
		}},
		"memberUid and a marker": {
			func(c *ldap.Config) { c.Groups.Member, c.Groups.Marker = "MEMBERUID", "cn=box,dc=x" },
			[]string{"ldap.groups.marker cannot say which groups count: MEMBERUID lists people, and no groups"},
		},
		"a marker": {func(c *ldap.Config) { c.Groups.Marker = "cn=box,dc=x" }, nil},
		"no preset": {
			func(c *ldap.Config) { c.Preset, c.Groups.Member, c.Admins.Accounts = "", "memberUid", &all },
			[]string{
				"ldap.groups.id is missing", "ldap.groups.name is missing", "ldap.users.filter is missing", "ldap.users.id is missing",
				"ldap.users.login is empty; name an attribute, such as mail",
				"ldap.users.account is missing; memberUid lists people by it", "ldap.users.account is missing; admins.accounts is a pattern of it",
			},
		},
		"nothing": {func(c *ldap.Config) { *c = ldap.Config{Name: "ad", Preset: ldap.RFC2307, MinGroups: -1} }, []string{
			"ldap.urls is empty; name a server, such as ldaps://dc1.example.com", "ldap.page_size is 0; ask for 1 entry or more: 0 asks servers for none",
			"ldap.timeout must be over 0", "ldap.groups.base_dn is missing", "ldap.groups.filter is missing", "ldap.users.base_dn is missing", "expect must be 0 or more",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := good()
			test.change(&c)
			_, err := ldap.New(c)
			if test.want == nil {
				require.NoError(t, err)
				return
			}
			assert.EqualError(t, err, `configure source "ad": sources.ad.`+strings.Join(test.want, "\nsources.ad."))
		})
	}
}

// Where several servers were asked, what came of each is told; a wrong password ends it.
func TestSlapd_severalServers(t *testing.T) {
	t.Parallel()
	w := plant(t, person("ada"), group("eng", "ada"))
	const nowhere = "ldaps://127.0.0.1:1"
	err := w.fails(t, w.config(ldap.RFC2307bis, func(c *ldap.Config) { c.URLs = []string{nowhere, nowhere} }))
	require.EqualError(t, err, `read source "ldap": none of 2 servers gave everything:`+"\n"+
		nowhere+": connect: connection refused\n"+nowhere+": connect: connection refused")
	require.ErrorIs(t, err, syscall.ECONNREFUSED, "each failure can be looked at")

	w.reads(t, w.config(ldap.RFC2307bis, func(c *ldap.Config) { c.URLs = []string{nowhere, w.SecureURL(), nowhere} }), []string{"eng: ada"},
		"another server was asked before: "+nowhere+": connect: connection refused")

	err = w.fails(t, w.config(ldap.RFC2307bis, func(c *ldap.Config) {
		c.URLs, c.Server.Bind.Password = []string{w.SecureURL(), nowhere}, func() (string, error) { return "wrong", nil }
	}))
	require.EqualError(t, err, `read source "ldap": URL: bind as `+w.ReaderDN+": result 49 (invalid credentials)")
}
