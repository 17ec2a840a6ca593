package ldap

import (
	"maps"
	"slices"
)

// Preset is a kind of directory.
type Preset string

// The presets.
const (
	ActiveDirectory Preset = "active_directory"
	RFC2307bis      Preset = "rfc2307bis" // groupOfNames and the like: members by DN
	RFC2307         Preset = "rfc2307"    // posixGroup: members by memberUid
	FreeIPA         Preset = "freeipa"    // written from its documentation, and tried on no server
)

// Presets returns all of them, sorted.
func Presets() []Preset { return slices.Sorted(maps.Keys(presets())) }

// names are what a kind of directory calls things.
type names struct {
	groups Groups
	users  Users
}

func presets() map[Preset]names {
	bis := names{
		Groups{ID: "entryUUID", Name: "cn", Description: "description", Member: "member"},
		Users{Filter: "(objectClass=inetOrgPerson)", ID: "entryUUID", Login: []string{"mail"}, Name: "displayName", Account: "uid"},
	}
	posix, ipa := bis, bis
	posix.groups.Member = "memberUid"
	ipa.groups.ID, ipa.users.ID = "ipaUniqueID", "ipaUniqueID"
	return map[Preset]names{
		ActiveDirectory: {
			Groups{ID: "objectGUID", Name: "cn", Description: "description", Member: "member"},
			Users{
				Filter: "(&(objectCategory=person)(objectClass=user))", ID: "objectGUID",
				Login: []string{"mail", "proxyAddresses", "userPrincipalName"}, Name: "displayName", Account: "sAMAccountName",
			},
		},
		RFC2307bis: bis, RFC2307: posix, FreeIPA: ipa,
	}
}

// Resolved returns the configuration with the preset's names where it has none of
// its own.
func (c Config) Resolved() Config {
	preset := presets()[c.Preset]
	for _, name := range []struct {
		own    *string
		preset string
	}{
		{&c.Groups.ID, preset.groups.ID}, {&c.Groups.Name, preset.groups.Name},
		{&c.Groups.Description, preset.groups.Description}, {&c.Groups.Member, preset.groups.Member},
		{&c.Users.Filter, preset.users.Filter}, {&c.Users.ID, preset.users.ID}, {&c.Users.Name, preset.users.Name},
		{&c.Users.Account, preset.users.Account},
	} {
		if *name.own == "" {
			*name.own = name.preset
		}
	}
	if len(c.Users.Login) == 0 {
		c.Users.Login = preset.users.Login
	}
	return c
}
