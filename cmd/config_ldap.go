package cmd

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap"
)

// ldapConfig is a directory that groups and people are read from.
type ldapConfig struct {
	URLs           []string         `yaml:"urls"`
	StartTLS       bool             `yaml:"start_tls"`
	AllowPlaintext bool             `yaml:"allow_plaintext"`
	TLS            ldapTLSConfig    `yaml:"tls"`
	Bind           bindConfig       `yaml:"bind"`
	Preset         string           `yaml:"preset"`
	PageSize       int              `yaml:"page_size"`
	Timeout        duration         `yaml:"timeout"`
	ReferralHosts  []string         `yaml:"referral_hosts"`
	Groups         ldapGroupsConfig `yaml:"groups"`
	Users          ldapUsersConfig  `yaml:"users"`
	People         peopleConfig     `yaml:"people"`
	Nested         bool             `yaml:"nested"`
	PrimaryGroups  bool             `yaml:"primary_groups"`
	Admins         adminsConfig     `yaml:"admins"`
}

type ldapTLSConfig struct {
	CAFile             string `yaml:"ca_file"`
	CertFile           string `yaml:"cert_file"`
	KeyFile            string `yaml:"key_file"`
	ServerName         string `yaml:"server_name"`
	InsecureSkipVerify bool   `yaml:"insecure_skip_verify"`
}

type bindConfig struct {
	Method   string     `yaml:"method"`
	DN       string     `yaml:"dn"`
	Password *secretRef `yaml:"password"`
}

// ldapGroupsConfig says where groups are, and what their attributes are called; an
// attribute that is "" is the preset's.
type ldapGroupsConfig struct {
	BaseDN      string `yaml:"base_dn"`
	Filter      string `yaml:"filter"`
	Scope       string `yaml:"scope"`
	Marker      string `yaml:"marker"`
	ID          string `yaml:"id"`
	Name        string `yaml:"name"`
	Description string `yaml:"description"`
	Member      string `yaml:"member"`
}

// ldapUsersConfig is the same for people. A filter that is "" is the preset's.
type ldapUsersConfig struct {
	BaseDN  string   `yaml:"base_dn"`
	Filter  string   `yaml:"filter"`
	Scope   string   `yaml:"scope"`
	ID      string   `yaml:"id"`
	Login   []string `yaml:"login"`
	Name    string   `yaml:"name"`
	Account string   `yaml:"account"`
}

type peopleConfig struct {
	Disabled  string          `yaml:"disabled"`
	Leavers   leaversConfig   `yaml:"leavers"`
	NotPeople notPeopleConfig `yaml:"not_people"`
	Tolerate  []string        `yaml:"tolerate"`
}

type leaversConfig struct {
	Filter string `yaml:"filter"`
	OU     string `yaml:"ou"`
}

type notPeopleConfig struct {
	Filter string   `yaml:"filter"`
	DN     []string `yaml:"dn"`
}

type adminsConfig struct {
	Attribute  string `yaml:"attribute"`
	Group      string `yaml:"group"`
	Accounts   string `yaml:"accounts"`
	DirectOnly bool   `yaml:"direct_only"`
}

// maxPageSize is more than any server gives at once.
const maxPageSize = 10000

// setDefaults gives an ldap section what it means where it says nothing.
func (l *ldapConfig) setDefaults() {
	*l = ldapConfig{
		Bind: bindConfig{Method: "simple"}, Preset: "active_directory", PageSize: 1000, Timeout: duration{time.Minute},
		Groups: ldapGroupsConfig{Scope: "sub"}, Users: ldapUsersConfig{Scope: "sub"},
		People: peopleConfig{Disabled: "leaver"}, Nested: true, PrimaryGroups: true, Admins: adminsConfig{DirectOnly: true},
	}
}

// ldapCheck checks one ldap section.
type ldapCheck struct {
	*ldapConfig

	source int
	report func(string, ...any)
}

// bad reports a problem of a key of the section.
func (c ldapCheck) bad(text string, key ...any) {
	path := append([]any{"sources", c.source, "ldap"}, key...)
	c.report(dotted(path)+" "+text, path...)
}

// problems checks the section of the source i.
func (l *ldapConfig) problems(i int, bad func(string, ...any), oneOf func(string, []string, ...any)) {
	c := ldapCheck{l, i, bad}
	word := func(value string, allowed []string, key ...any) {
		oneOf(value, allowed, append([]any{"sources", i, "ldap"}, key...)...)
	}
	word(l.Preset, ldapPresets(), "preset")
	word(l.Groups.Scope, ldapScopes(), "groups", "scope")
	word(l.Users.Scope, ldapScopes(), "users", "scope")
	word(l.People.Disabled, []string{"leaver", "member"}, "people", "disabled")
	for n, kind := range l.People.Tolerate {
		word(kind, unresolvedKinds(), "people", "tolerate", n)
	}
	if l.PageSize < 1 || l.PageSize > maxPageSize {
		c.bad(fmt.Sprintf("is %d; it must be from 1 to %d", l.PageSize, maxPageSize), "page_size")
	}
	if l.Timeout.Duration <= 0 {
		c.bad("must be over 0", "timeout")
	}
	c.servers()
	c.bindProblems()
	c.places()
	c.admins()
}

func ldapScopes() []string { return []string{"sub", "one"} }

// servers checks where the directory is, and that nobody can listen.
func (c ldapCheck) servers() {
	if len(c.URLs) == 0 {
		c.bad("is missing: name a server, such as ldaps://dc1.example.com", "urls")
	}
	for i, address := range c.URLs {
		scheme, fault := ldapAddress(address)
		switch {
		case fault != "":
			c.bad(fault, "urls", i)
		case scheme == "ldaps" && c.StartTLS:
			c.bad("is ldaps, and start_tls is for ldap: leave start_tls out, or write ldap://", "urls", i)
		case scheme == "ldap" && !c.StartTLS && !c.AllowPlaintext:
			c.bad("sends everything in the clear, the password as well: write ldaps://, or set start_tls; allow_plaintext accepts it", "urls", i)
		}
	}
	for i, host := range c.ReferralHosts {
		if !hostAndPort(host) {
			c.bad("must be the name of a host, with a port or without, such as dc3.example.com", "referral_hosts", i)
		}
	}
	if (c.TLS.CertFile == "") != (c.TLS.KeyFile == "") {
		c.bad("needs cert_file and key_file together", "tls")
	}
	if c.TLS.InsecureSkipVerify && c.TLS.CAFile != "" {
		c.bad("trusts everybody, so that ca_file means nothing: keep one of them", "tls", "insecure_skip_verify")
	}
}

// ldapAddress returns the scheme of a server's address, or what is wrong with it.
// The address is not shown, as it may hold a password.
func ldapAddress(address string) (scheme, fault string) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "ldap" && u.Scheme != "ldaps" || u.Host == "" || !hostAndPort(u.Host):
		return "", "is no address such as ldaps://dc1.example.com"
	case u.User != nil:
		return "", "holds a user or password: they belong under bind"
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return "", "has something after the host: a search base belongs into groups.base_dn and users.base_dn"
	}
	return u.Scheme, ""
}

// hostAndPort reports whether a text is a host, with or without a port.
func hostAndPort(text string) bool {
	u := url.URL{Host: text}
	host, port := u.Hostname(), u.Port()
	if host == "" || strings.ContainsAny(text, "/@ \t?#") || strings.Contains(host, ":") && net.ParseIP(host) == nil {
		return false
	}
	if port == "" {
		return !strings.HasSuffix(text, ":")
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

// bindProblems checks how rollcall says who it is. Nothing of the section is shown:
// people do write a password in the wrong place.
func (c ldapCheck) bindProblems() {
	methods := []string{"simple", "anonymous", "external"}
	named := c.Bind.DN != "" || c.Bind.Password != nil
	switch b := c.Bind; {
	case !slices.Contains(methods, b.Method):
		c.bad("is another word; it can be "+strings.Join(methods, ", "), "bind", "method")
	case b.Method == "simple" && b.DN == "":
		c.bad("is missing: bind.method simple needs the account to log in as; without an account it is anonymous", "bind", "dn")
	case b.Method == "simple" && b.Password == nil:
		c.bad("is missing: say {env: NAME} or {file: PATH}", "bind", "password")
	case b.Method != "simple" && named:
		c.bad("has a dn or a password, which are for bind.method simple only", "bind")
	case b.Method == "external" && c.TLS.CertFile == "":
		c.bad("is external, which needs tls.cert_file and tls.key_file: the certificate says who rollcall is", "bind", "method")
	}
}

// places checks where groups and people are looked for.
func (c ldapCheck) places() {
	for _, p := range []struct {
		text string
		key  []any
		must bool
		form textForm
		want string
	}{
		{c.Groups.BaseDN, []any{"groups", "base_dn"}, true, dnTexts(), "where groups are, such as ou=groups,dc=example,dc=com"},
		{c.Groups.Filter, []any{"groups", "filter"}, true, filterTexts(), "which entries are groups, such as (objectClass=group)"},
		{c.Groups.Marker, []any{"groups", "marker"}, false, dnTexts(), "the group whose members are the groups that count, such as cn=box,dc=example,dc=com"},
		{c.Users.BaseDN, []any{"users", "base_dn"}, true, dnTexts(), "where people are, such as ou=people,dc=example,dc=com"},
		{c.Users.Filter, []any{"users", "filter"}, false, filterTexts(), "which entries are people, such as (objectClass=person)"},
		{c.People.Leavers.Filter, []any{"people", "leavers", "filter"}, false, filterTexts(), "a filter such as (employeeType=former)"},
		{c.People.Leavers.OU, []any{"people", "leavers", "ou"}, false, dnTexts(), "a place such as ou=former,dc=example,dc=com"},
		{c.People.NotPeople.Filter, []any{"people", "not_people", "filter"}, false, filterTexts(), "a filter such as (cn=svc-*)"},
	} {
		if p.text == "" && p.must {
			c.bad("is missing: say "+p.want, p.key...)
		} else if p.text != "" {
			c.form(p.text, p.form, p.want, p.key...)
		}
	}
	for i, dn := range c.People.NotPeople.DN {
		c.form(dn, dnTexts(), "an entry such as cn=svc,dc=example,dc=com", "people", "not_people", "dn", i)
	}
	if strings.EqualFold(c.chosen().Groups.Member, "memberUid") && c.Groups.Marker != "" {
		c.bad("cannot say which groups count: memberUid, by which groups list their members here, lists people and no groups", "groups", "marker")
	}
	for i, attribute := range c.Users.Login {
		if strings.TrimSpace(attribute) == "" {
			c.bad("is empty; name an attribute, such as mail", "users", "login", i)
		}
	}
}

// textForm is how a text of the directory is checked: first whether it looks like
// one at all, and then as servers read it.
type textForm struct {
	name  string
	looks func(string) bool
	check func(string) error
}

func dnTexts() textForm     { return textForm{"distinguished name", looksLikeDN, ldap.CheckDN} }
func filterTexts() textForm { return textForm{"filter", looksLikeFilter, ldap.CheckFilter} }

// form checks that a text has a form; want is what to say instead.
func (c ldapCheck) form(text string, form textForm, want string, key ...any) {
	if !form.looks(text) {
		c.bad(fmt.Sprintf("is %q; say %s", text, want), key...)
	} else if err := form.check(text); err != nil {
		c.bad(fmt.Sprintf("is %q, which is no %s (%v); say %s", text, form.name, err, want), key...)
	}
}

// looksLikeDN tells a name of the directory from what is surely none.
func looksLikeDN(text string) bool {
	attribute, value, ok := strings.Cut(text, "=")
	return ok && strings.TrimSpace(attribute) != "" && value != "" && !strings.ContainsAny(attribute, "(), ")
}

// looksLikeFilter tells a filter with all its brackets from what is none.
func looksLikeFilter(text string) bool {
	depth := 0
	for i, r := range text {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth < 0 || depth == 0 && i < len(text)-1 {
			return false
		}
	}
	return depth == 0 && len(text) > len("()")
}

// admins checks that there is one way at most to tell who is a group's admin.
func (c ldapCheck) admins() {
	ways := 0
	for _, way := range []string{c.Admins.Attribute, c.Admins.Group, c.Admins.Accounts} {
		if way != "" {
			ways++
		}
	}
	if ways > 1 {
		c.bad("needs at most one of attribute, group and accounts", "admins")
	}
	if c.Admins.Group != "" && (!strings.Contains(c.Admins.Group, "{name}") || strings.TrimSpace(c.Admins.Group) == "{name}") {
		c.bad(`must be a template of names, with the group's own as {name} and something more, such as "{name}-admins"`, "admins", "group")
	}
	if _, err := source.ParsePattern(c.Admins.Accounts); err != nil && c.Admins.Accounts != "" {
		c.bad(fmt.Sprintf("is no shell glob: %v", err), "admins", "accounts")
	}
}
