package ldap

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// Config says which directory is read, and what in it is a group and a person.
// What is "" of the attributes is the preset's.
type Config struct {
	Name string // the source's
	// URLs are tried in order; one of them gives a whole read.
	URLs   []string
	Server wire.Options
	Preset Preset
	// PageSize is how many entries are asked for at once; a server may give fewer.
	PageSize int
	// ReferralHosts are the hosts, with or without a port, to which a referral may
	// lead. Others are not asked: whoever writes a referral would get the password.
	ReferralHosts []string

	Groups Groups
	Users  Users
	People People
	// Nested says that members of member groups are members.
	Nested bool
	// Primary says that people are members of their primary group, which does not
	// list them (primaryGroupID in Active Directory, gidNumber where members are
	// listed by memberUid).
	Primary bool
	Admins  Admins

	// MinGroups and MinMemberships are how many there must be, at the least.
	MinGroups, MinMemberships int
	// Now is the clock that accounts expire by; nil is [time.Now].
	Now func() time.Time
}

// Groups says where groups are, and what their attributes are called.
type Groups struct {
	BaseDN string
	Filter string
	Scope  wire.Scope // One or Sub
	// Marker is the DN of a group whose direct members are the only groups that
	// count; "" is all that the search finds.
	Marker string

	ID, Name, Description, Member string
}

// Users says where people are, and what their attributes are called.
type Users struct {
	BaseDN string
	Filter string
	Scope  wire.Scope // One or Sub

	ID string
	// Login are the attributes with candidate logins, the preferred one first.
	Login []string
	Name  string
	// Account is the name that the person logs in by, which memberUid lists.
	Account string
}

// People says who is a person, and who has left.
type People struct {
	// DisabledStay says that a disabled or expired account is a member like any other.
	DisabledStay bool
	// LeaverFilter and LeaverOU say who has left besides them.
	LeaverFilter, LeaverOU string
	// NotPeopleFilter and NotPeople say what is no person: it is left out, and nothing
	// is said of it but how many there are.
	NotPeopleFilter string
	NotPeople       []string // DNs
	// Tolerate are kinds of unresolved members that are counted and no more.
	Tolerate []source.UnresolvedKind
}

// Admins says who is a group's admin; at most one of the first three is set. If none
// is, no role is stated.
type Admins struct {
	Attribute string          // of the group, with DNs
	Group     string          // the name of a companion group, with the group's own as {name}
	Accounts  *source.Pattern // of account names
	// DirectOnly says that whoever is an admin by another group is none.
	DirectOnly bool
}

func (a *Admins) stated() bool { return a.Attribute != "" || a.Group != "" || a.Accounts != nil }

// check says what is wrong, all at once. Whoever wrote a configuration file has been
// told before, with its lines.
func (c *Config) check() error {
	var faults []error
	fault := func(key, format string, args ...any) {
		faults = append(faults, fmt.Errorf("sources.%s.%s %s", c.Name, key, fmt.Sprintf(format, args...)))
	}
	if c.Name == "" || strings.ContainsRune(c.Name, ':') {
		fault("name", "is %q; give it a name without a colon", c.Name)
	}
	if len(c.URLs) == 0 {
		fault("ldap.urls", "is empty; name a server, such as ldaps://dc1.example.com")
	}
	if c.PageSize < 1 {
		fault("ldap.page_size", "is %d; ask for 1 entry or more: 0 asks servers for none", c.PageSize)
	}
	if c.Server.Timeout <= 0 {
		fault("ldap.timeout", "must be over 0")
	}
	for _, required := range []struct{ key, value string }{
		{"groups.base_dn", c.Groups.BaseDN}, {"groups.filter", c.Groups.Filter}, {"groups.id", c.Groups.ID},
		{"groups.name", c.Groups.Name}, {"groups.member", c.Groups.Member}, {"users.base_dn", c.Users.BaseDN},
		{"users.filter", c.Users.Filter}, {"users.id", c.Users.ID},
	} {
		if required.value == "" {
			fault("ldap."+required.key, "is missing")
		}
	}
	if len(c.Users.Login) == 0 {
		fault("ldap.users.login", "is empty; name an attribute, such as mail")
	}
	c.forms(fault)
	c.together(fault)
	if c.MinGroups < 0 || c.MinMemberships < 0 {
		fault("expect", "must be 0 or more")
	}
	return errors.Join(faults...)
}

// byUID reports whether groups list people by the name of their account, and not by
// a DN (RFC 2307, 2.2).
func (c *Config) byUID() bool { return strings.EqualFold(c.Groups.Member, "memberUid") }
