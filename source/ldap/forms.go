package ldap

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"github.com/rollcall-sync/rollcall/source/ldap/dn"
)

// CheckFilter says why a text is no search filter (RFC 4515); "" is none.
func CheckFilter(text string) error {
	_, err := ldap.CompileFilter(text)
	if answer, ok := errors.AsType[*ldap.Error](err); ok { // it begins with the library's own number and name
		return errors.New(strings.TrimPrefix(answer.Err.Error(), "ldap: "))
	}
	return err
}

// CheckDN says why a text is no distinguished name (RFC 4514).
func CheckDN(text string) error {
	_, err := dn.Key(text)
	if why := errors.Unwrap(err); why != nil { // it begins with the text
		return why
	}
	return err
}

// forms checks the texts that are filters and names of entries.
func (c *Config) forms(fault func(key, format string, args ...any)) {
	for _, f := range []struct{ key, text string }{
		{"groups.filter", c.Groups.Filter}, {"users.filter", c.Users.Filter},
		{"people.leavers.filter", c.People.LeaverFilter}, {"people.not_people.filter", c.People.NotPeopleFilter},
	} {
		if f.text == "" {
			continue
		}
		if err := CheckFilter(f.text); err != nil {
			fault("ldap."+f.key, "is no filter: %v", err)
		}
	}
	names := []struct{ key, text string }{
		{"groups.base_dn", c.Groups.BaseDN}, {"groups.marker", c.Groups.Marker}, {"users.base_dn", c.Users.BaseDN},
		{"people.leavers.ou", c.People.LeaverOU},
	}
	for i, name := range c.People.NotPeople {
		names = append(names, struct{ key, text string }{fmt.Sprintf("people.not_people.dn[%d]", i), name})
	}
	for _, n := range names {
		if err := CheckDN(n.text); err != nil {
			fault("ldap."+n.key, "is no distinguished name: %v", err)
		}
	}
}

// together checks what cannot go together.
func (c *Config) together(fault func(key, format string, args ...any)) {
	if c.Users.Account == "" && c.byUID() {
		fault("ldap.users.account", "is missing; %s lists people by it", c.Groups.Member)
	}
	if c.Users.Account == "" && c.Admins.Accounts != nil {
		fault("ldap.users.account", "is missing; admins.accounts is a pattern of it")
	}
	if c.byUID() && c.Groups.Marker != "" {
		fault("ldap.groups.marker", "cannot say which groups count: %s lists people, and no groups", c.Groups.Member)
	}
}
