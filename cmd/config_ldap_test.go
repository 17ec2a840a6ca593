package cmd

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLDAPConfig_problems(t *testing.T) {
	t.Parallel()
	const tls = "tls: {cert_file: c, key_file: k}"
	schema := validator(t)
	change := func(old, changed string) string {
		require.Contains(t, directoryConfig, old)
		return strings.Replace(directoryConfig, old, changed, 1)
	}
	with := func(more string) string { return change("      groups:", "      "+more+"\n      groups:") }
	const url, bind = "[ldaps://dc1.example.com]", `{dn: "cn=rollcall,dc=example,dc=com", password: {env: P}}`
	for text, want := range map[string]string{
		directoryConfig: "",
		// Servers.
		change(url, "[]"): "5: sources[0].ldap.urls is missing: name a server, such as ldaps://dc1.example.com",
		change(url, "[ldaps://dc1:636/, 'LDAPS://[::1]:636']"):     "",
		change(url, "[https://dc1]"):                               "5: sources[0].ldap.urls[0] is no address such as ldaps://dc1.example.com",
		change(url, "[dc1.example.com]"):                           "5: sources[0].ldap.urls[0] is no address such as ldaps://dc1.example.com",
		change(url, "['ldaps://']"):                                "5: sources[0].ldap.urls[0] is no address such as ldaps://dc1.example.com",
		change(url, "['ldaps://dc1:70000']"):                       "", // 5, see below
		change(url, "['ldaps://me@dc1']"):                          "5: sources[0].ldap.urls[0] holds a user or password: they belong under bind",
		change(url, "['ldaps://dc1/dc=example']"):                  "5: sources[0].ldap.urls[0] has something after the host: a search base belongs into groups.base_dn and users.base_dn",
		change(url, "['ldap://dc1']"):                              "5: sources[0].ldap.urls[0] sends everything in the clear, the password as well: write ldaps://, or set start_tls; allow_plaintext accepts it",
		change(url, "['ldap://dc1']\n      start_tls: true"):       "",
		change(url, "['ldap://dc1']\n      allow_plaintext: true"): "",
		with("start_tls: true"):                                    "5: sources[0].ldap.urls[0] is ldaps, and start_tls is for ldap: leave start_tls out, or write ldap://",
		with("referral_hosts: [dc3, 'dc4:3269', '[::1]:636']"):     "",
		with("referral_hosts: [dc3, 'ldap://dc4']"):                "7: sources[0].ldap.referral_hosts[1] must be the name of a host, with a port or without, such as dc3.example.com",
		with("referral_hosts: ['dc4:']"):                           "7: sources[0].ldap.referral_hosts[0] must be the name of a host, with a port or without, such as dc3.example.com",
		with("tls: {cert_file: c}"):                                "7: sources[0].ldap.tls needs cert_file and key_file together",
		with("tls: {key_file: c}"):                                 "7: sources[0].ldap.tls needs cert_file and key_file together",
		with(tls):                                                  "",
		with("tls: {ca_file: c, insecure_skip_verify: true}"):      "7: sources[0].ldap.tls.insecure_skip_verify trusts everybody, so that ca_file means nothing: keep one of them",

		// Who asks.
		change(bind, "{method: simple, password: {env: P}}"): "6: sources[0].ldap.bind.dn is missing: bind.method simple needs the account to log in as; without an account it is anonymous",
		change(bind, "{dn: cn=a}"):                           "6: sources[0].ldap.bind.password is missing: say {env: NAME} or {file: PATH}",
		change(bind, "{dn: cn=a, password: x}"):              "6: sources[0].ldap.bind.password: " + secretAdvice,
		change(bind, "{method: anonymous}"):                  "",
		change(bind, "{method: anonymous, dn: cn=a}"):        "6: sources[0].ldap.bind has a dn or a password, which are for bind.method simple only",
		change(bind, "{method: external}"):                   "6: sources[0].ldap.bind.method is external, which needs tls.cert_file and tls.key_file: the certificate says who rollcall is",
		change(bind, "{method: external}\n      "+tls):       "",
		change(bind, "{method: gssapi}"):                     "6: sources[0].ldap.bind.method is another word; it can be simple, anonymous, external",

		// What is asked for.
		with("preset: ad"):                              `7: sources[0].ldap.preset is "ad"; it can be active_directory, freeipa, rfc2307, rfc2307bis`,
		with("page_size: 0"):                            "7: sources[0].ldap.page_size is 0; it must be from 1 to 10000",
		with("page_size: 10001"):                        "7: sources[0].ldap.page_size is 10001; it must be from 1 to 10000",
		with("page_size: 10000"):                        "",
		with("timeout: 0s"):                             "7: sources[0].ldap.timeout must be over 0",
		with("people: {disabled: gone}"):                `7: sources[0].ldap.people.disabled is "gone"; it can be leaver, member`,
		with("people: {tolerate: [foreign, all]}"):      `7: sources[0].ldap.people.tolerate[1] is "all"; it can be no_login, foreign, out_of_scope, dangling`,
		with("people: {leavers: {filter: a=b}}"):        `7: sources[0].ldap.people.leavers.filter is "a=b"; say a filter such as (employeeType=former)`,
		with("people: {leavers: {ou: former}}"):         `7: sources[0].ldap.people.leavers.ou is "former"; say a place such as ou=former,dc=example,dc=com`,
		with("people: {not_people: {filter: (a}}"):      `7: sources[0].ldap.people.not_people.filter is "(a"; say a filter such as (cn=svc-*)`,
		with("people: {not_people: {dn: [cn=a, svc]}}"): `7: sources[0].ldap.people.not_people.dn[1] is "svc"; say an entry such as cn=svc,dc=example,dc=com`,
		change(`{base_dn: "dc=example,dc=com", filter: (objectClass=group)}`, "{filter: (a=b), scope: tree}"):      "", // two, below
		change(`filter: (objectClass=group)`, "filter: '(&(a=b)(c=d)'"):                                            `7: sources[0].ldap.groups.filter is "(&(a=b)(c=d)"; say which entries are groups, such as (objectClass=group)`,
		change(`filter: (objectClass=group)`, "filter: '(a=b)(c=d)'"):                                              `7: sources[0].ldap.groups.filter is "(a=b)(c=d)"; say which entries are groups, such as (objectClass=group)`,
		change(`, filter: (objectClass=group)`, ""):                                                                "7: sources[0].ldap.groups.filter is missing: say which entries are groups, such as (objectClass=group)",
		change(`      users: {base_dn: "dc=example,dc=com"}`, ""):                                                  "4: sources[0].ldap.users.base_dn is missing: say where people are, such as ou=people,dc=example,dc=com",
		change(`users: {base_dn: "dc=example,dc=com"`, `users: {base_dn: "dc=example,dc=com", login: [mail, " "]`): "8: sources[0].ldap.users.login[1] is empty; name an attribute, such as mail",
		change(`users: {base_dn: "dc=example,dc=com"`, `users: {base_dn: "dc=example,dc=com", scope: base`):        `8: sources[0].ldap.users.scope is "base"; it can be sub, one`,

		// As servers read it.
		change(`"dc=example,dc=com", filter`, `"dc=example,,dc=com", filter`):                                                                  `7: sources[0].ldap.groups.base_dn is "dc=example,,dc=com", which is no distinguished name (incomplete type, value pair); say where groups are, such as ou=groups,dc=example,dc=com`,
		change(`filter: (objectClass=group)`, "filter: (objectClass)"):                                                                         `7: sources[0].ldap.groups.filter is "(objectClass)", which is no filter (error parsing filter); say which entries are groups, such as (objectClass=group)`,
		with("people: {leavers: {filter: '(a=\\zz)'}}"):                                                                                        `7: sources[0].ldap.people.leavers.filter is "(a=\\zz)", which is no filter (invalid characters for escape in filter: encoding/hex: invalid byte: U+007A 'z'); say a filter such as (employeeType=former)`,
		with(`people: {not_people: {dn: [cn=a, "cn=a,b"]}}`):                                                                                   `7: sources[0].ldap.people.not_people.dn[1] is "cn=a,b", which is no distinguished name (DN ended with incomplete type, value pair); say an entry such as cn=svc,dc=example,dc=com`,
		change(`filter: (objectClass=group)`, "filter: (objectClass=group), marker: box"):                                                      `7: sources[0].ldap.groups.marker is "box"; say the group whose members are the groups that count, such as cn=box,dc=example,dc=com`,
		change(`filter: (objectClass=group)`, "filter: (objectClass=group), marker: 'cn=box,dc=example'"):                                      ``,
		change(`filter: (objectClass=group)`, "filter: (objectClass=group), member: MemberUID, marker: 'cn=box,dc=example'"):                   `7: sources[0].ldap.groups.marker cannot say which groups count: memberUid, by which groups list their members here, lists people and no groups`,
		strings.Replace(with("preset: rfc2307"), `filter: (objectClass=group)`, "filter: (objectClass=group), marker: 'cn=box,dc=example'", 1): `8: sources[0].ldap.groups.marker cannot say which groups count: memberUid, by which groups list their members here, lists people and no groups`,

		// Admins.
		with(`admins: {attribute: managedBy}`):                    "",
		with(`admins: {group: "{name}-admins"}`):                  "",
		with(`admins: {accounts: "*-adm"}`):                       "",
		with(`admins: {attribute: managedBy, accounts: "*-adm"}`): "7: sources[0].ldap.admins needs at most one of attribute, group and accounts",
		with(`admins: {group: admins}`):                           `7: sources[0].ldap.admins.group must be a template of names, with the group's own as {name} and something more, such as "{name}-admins"`,
		with(`admins: {group: " {name}"}`):                        `7: sources[0].ldap.admins.group must be a template of names, with the group's own as {name} and something more, such as "{name}-admins"`,
		with(`admins: {accounts: "[a"}`):                          `7: sources[0].ldap.admins.accounts is no shell glob: pattern "[a": the [ has no ]; a bracket is written \[`,

		// Kinds.
		change("    ldap:", "    csv: {path: a}\n    ldap:"): `5: source "hr" is of two kinds; keep csv or ldap, and give the other one a name of its own`,
	} {
		got := wrongs(t, text)
		switch {
		case strings.Contains(text, "dc1:70000"):
			want = "5: sources[0].ldap.urls[0] is no address such as ldaps://dc1.example.com"
		case strings.Contains(text, "scope: tree"):
			assert.Equal(t, []string{`7: sources[0].ldap.groups.scope is "tree"; it can be sub, one`,
				"7: sources[0].ldap.groups.base_dn is missing: say where groups are, such as ou=groups,dc=example,dc=com"}, got)
			continue
		}
		if want == "" {
			assert.Empty(t, got, text)
			assert.Empty(t, faults(schema.Validate(asJSON(t, []byte(text)))), text)
			continue
		}
		assert.Equal(t, []string{want}, got, text)
	}
}

// The schema marks what the program refuses, where a schema can see it.
func TestConfigSchema_agreesOnDirectories(t *testing.T) {
	t.Parallel()
	schema := validator(t)
	for key, values := range map[string]struct{ good, bad []string }{
		"sources.ldap":                {nil, []string{`~`, `{}`, `a`, `{urls: [ldaps://a], groups: {base_dn: a=b, filter: (a)}, users: {base_dn: a=b}}`}},
		"sources.ldap.urls":           {[]string{`[ldaps://a, "ldaps://b:636/"]`}, []string{`[]`, `a`, `["http://a"]`, `["ldaps://"]`, `["ldaps://u@a"]`, `["ldaps://a/b"]`}},
		"sources.ldap.bind":           {[]string{`{method: anonymous}`, `{method: simple, dn: a, password: {env: A}}`}, []string{`~`, `{}`, `{dn: a}`, `{dn: "", password: {env: A}}`, `{password: {env: A}}`, `{method: anonymous, dn: a}`, `{method: anonymous, password: {env: A}}`, `{dn: a, password: a}`}},
		"sources.ldap.tls":            {[]string{`~`, `{}`, `{cert_file: "", key_file: ""}`, `{cert_file: a, key_file: b}`, `{key_file: "", ca_file: a}`}, []string{`{cert_file: a}`, `{key_file: a}`, `{cert_file: a, key_file: ""}`}},
		"sources.ldap.page_size":      {[]string{`1`, `10000`}, []string{`0`, `10001`, `"5"`, `1.5`}},
		"sources.ldap.timeout":        {[]string{`1s`, `2m`}, []string{`0s`, `60`, `~`}},
		"sources.ldap.groups":         {nil, []string{`~`, `{}`, `{base_dn: a=b}`, `{filter: (a)}`, `{base_dn: ab, filter: (a)}`, `{base_dn: a=b, filter: a}`, `{base_dn: "", filter: (a)}`}},
		"sources.ldap.users":          {[]string{`{base_dn: a=b}`, `{base_dn: a=b, filter: "", login: []}`}, []string{`~`, `{}`, `{base_dn: ""}`, `{base_dn: a=b, filter: a}`, `{base_dn: a=b, login: mail}`, `{base_dn: a=b, login: [" "]}`}},
		"sources.ldap.people":         {[]string{`~`, `{tolerate: ~}`, `{tolerate: [foreign, dangling]}`, `{leavers: ~, not_people: {dn: []}}`}, []string{`[]`, `{tolerate: [all]}`, `{tolerate: foreign}`, `{leavers: {filter: a}}`, `{leavers: {ou: a}}`, `{not_people: {dn: [a]}}`}},
		"sources.ldap.admins":         {[]string{`~`, `{direct_only: false}`, `{group: "{name}-a"}`, `{group: ""}`}, []string{`{group: a}`, `a`, `{attribute: a, group: "{name}-a"}`, `{attribute: a, accounts: b}`}},
		"sources.ldap.referral_hosts": {[]string{`~`, `[]`, `[a, "b:636"]`}, []string{`a`}},
		"sources.ldap.nested":         {[]string{`true`, `false`}, []string{`~`, `1`, `"yes"`}},
	} {
		for _, value := range values.good {
			text := with(t, directoryConfig, key, value)
			assert.NoError(t, usable(text), "%s: %s", key, value)
			assert.Empty(t, faults(schema.Validate(asJSON(t, text))), "%s: %s", key, value)
		}
		for _, value := range values.bad {
			text := with(t, directoryConfig, key, value)
			assert.Error(t, usable(text), "%s: %s", key, value)
			found := faults(schema.Validate(asJSON(t, text)))
			assert.True(t, slices.ContainsFunc(found, func(f string) bool { return strings.HasPrefix(f, place(key)) }), "%s: %s is refused at %q", key, value, found)
		}
	}
}

func TestFingerprint_ofADirectory(t *testing.T) {
	t.Parallel()
	changed := func(old, changed string) bool {
		require.Contains(t, directoryConfig, old)
		one, err := parseConfig("c", []byte(directoryConfig))
		require.NoError(t, err)
		other, err := parseConfig("c", []byte(strings.Replace(directoryConfig, old, changed, 1)))
		require.NoError(t, err)
		return len(one.fingerprint().Changed(other.fingerprint())) > 0
	}
	for _, more := range []string{
		"preset: rfc2307", "nested: false", "people: {disabled: member}", "people: {leavers: {filter: (a=b)}}", "people: {leavers: {ou: a=b}}",
		"people: {not_people: {filter: (a=b)}}", "people: {not_people: {dn: [a=b]}}", "people: {tolerate: [foreign]}",
		"admins: {attribute: a}", "admins: {group: '{name}a'}", "admins: {accounts: a}", "admins: {direct_only: false}", "primary_groups: false",
	} {
		assert.True(t, changed("      groups:", "      "+more+"\n      groups:"), more)
	}
	for _, more := range []string{"scope: one", "id: a", "name: a", "member: a", "description: a", "marker: cn=a"} {
		assert.True(t, changed("filter: (objectClass=group)", "filter: (objectClass=group), "+more), more)
	}
	for _, more := range []string{"scope: one", "id: a", "name: a", "login: [a]", "login: [mail, userPrincipalName, proxyAddresses]", "filter: (a=b)", "account: a"} {
		assert.True(t, changed(`users: {`, `users: {`+more+", "), more)
	}
	assert.True(t, changed("filter: (objectClass=group)", "filter: (a=b)"))
	assert.True(t, changed(`groups: {base_dn: "dc=example`, `groups: {base_dn: "ou=a,dc=example`))
	assert.True(t, changed(`users: {base_dn: "dc=example`, `users: {base_dn: "ou=a,dc=example`))

	for _, more := range []string{
		"page_size: 5", "timeout: 5s", "start_tls: true", "allow_plaintext: true", "tls: {ca_file: a, server_name: b}", "referral_hosts: [a]",
		"preset: active_directory", "tls: {cert_file: a, key_file: b}", "tls: {insecure_skip_verify: true}", "people: {tolerate: [], not_people: {dn: []}}",
	} {
		assert.False(t, changed("      groups:", "      "+more+"\n      groups:"), more)
	}
	assert.False(t, changed("ldaps://dc1", "ldaps://dc2"))
	assert.False(t, changed("{env: P}", "{file: p}"))
	assert.False(t, changed("{dn: \"cn=rollcall,dc=example,dc=com\", password: {env: P}}", "{method: anonymous}"))
	assert.False(t, changed("users: {", "users: {login: [mail, proxyAddresses, userPrincipalName], id: objectGUID, "), "what the preset says")
}

// What is in no order in the configuration has no order in the fingerprint. The
// values themselves are of no Go name: this one is compared by its text.
func TestLDAPConfig_chooses(t *testing.T) {
	t.Parallel()
	of := func(more string) string {
		c, err := parseConfig("c", []byte(strings.Replace(directoryConfig, "      groups:", "      "+more+"\n      groups:", 1)))
		require.NoError(t, err)
		text, err := json.Marshal(c.Sources[0].LDAP.chooses())
		require.NoError(t, err)
		return string(text)
	}
	assert.Equal(t, of("people: {tolerate: [foreign, no_login], not_people: {dn: [a=b, c=d]}}"), of("people: {tolerate: [no_login, foreign], not_people: {dn: [c=d, a=b]}}"))
	assert.JSONEq(t, `["ldap",
		"dc=example,dc=com", "(objectClass=group)", "sub", "", "objectGUID", "cn", "description", "member",
		"dc=example,dc=com", "(&(objectCategory=person)(objectClass=user))", "sub", "objectGUID", ["mail", "proxyAddresses", "userPrincipalName"], "displayName", "sAMAccountName",
		"leaver", "", "", "", [], [], true, true, "", "", "", true]`, of("nested: true"))
}
