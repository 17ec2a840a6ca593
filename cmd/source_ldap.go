package cmd

import (
	"slices"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
	groupsync "github.com/rollcall-sync/rollcall/sync"
)

// newLDAP returns the directory of the source i. No server is asked, and no secret is
// read.
func newLDAP(env *Env, c *config, i int) (groupsync.Source, error) {
	s := c.Sources[i]
	config := s.LDAP.chosen()
	config.Name, config.Now = s.Name, env.now
	config.URLs, config.PageSize, config.ReferralHosts = s.LDAP.URLs, s.LDAP.PageSize, s.LDAP.ReferralHosts
	config.MinGroups, config.MinMemberships = orOne(s.Expect.MinGroups), orOne(s.Expect.MinMemberships)
	t := s.LDAP.TLS
	ready, password := secretsOf(env, c, i)
	config.Server = wire.Options{
		StartTLS: s.LDAP.StartTLS, AllowPlaintext: s.LDAP.AllowPlaintext, Timeout: s.LDAP.Timeout.Duration,
		TLS: wire.TLS{
			CAFile: c.path(t.CAFile), CertFile: c.path(t.CertFile), KeyFile: c.path(t.KeyFile),
			ServerName: t.ServerName, Insecure: t.InsecureSkipVerify,
		},
		Bind: wire.Bind{Method: bindMethods()[s.LDAP.Bind.Method], DN: s.LDAP.Bind.DN, Password: password},
	}
	opened, err := ldap.New(config)
	if err != nil {
		return nil, err
	}
	return directorySource{opened, ready}, nil
}

// chosen is the part of the configuration that decides which groups and people are
// read, and as what, with the preset's names where it has none.
func (l *ldapConfig) chosen() ldap.Config {
	config := ldap.Config{
		Preset: ldap.Preset(l.Preset), Nested: l.Nested, Primary: l.PrimaryGroups,
		Groups: ldap.Groups{
			BaseDN: l.Groups.BaseDN, Filter: l.Groups.Filter, Scope: scopes()[l.Groups.Scope], Marker: l.Groups.Marker,
			ID: l.Groups.ID, Name: l.Groups.Name, Description: l.Groups.Description, Member: l.Groups.Member,
		},
		Users: ldap.Users{
			BaseDN: l.Users.BaseDN, Filter: l.Users.Filter, Scope: scopes()[l.Users.Scope],
			ID: l.Users.ID, Login: l.Users.Login, Name: l.Users.Name, Account: l.Users.Account,
		},
		People: ldap.People{
			DisabledStay: l.People.Disabled == "member", LeaverFilter: l.People.Leavers.Filter, LeaverOU: l.People.Leavers.OU,
			NotPeopleFilter: l.People.NotPeople.Filter, NotPeople: l.People.NotPeople.DN,
		},
		Admins: ldap.Admins{Attribute: l.Admins.Attribute, Group: l.Admins.Group, DirectOnly: l.Admins.DirectOnly},
	}
	for _, word := range l.People.Tolerate {
		config.People.Tolerate = append(config.People.Tolerate, source.UnresolvedKind(slices.Index(unresolvedKinds(), word)))
	}
	if pattern, err := source.ParsePattern(l.Admins.Accounts); err == nil && l.Admins.Accounts != "" {
		config.Admins.Accounts = &pattern
	}
	return config.Resolved()
}

// chooses is what decides which groups and people are read, and as what: plain values
// in an order that stays, as the fingerprints of saved plans are of them. What is in
// no order in the configuration has one here.
func (l *ldapConfig) chooses() []any {
	c := l.chosen()
	g, u, p, a := c.Groups, c.Users, l.People, l.Admins
	return []any{
		"ldap",
		g.BaseDN, g.Filter, l.Groups.Scope, g.Marker, g.ID, g.Name, g.Description, g.Member,
		u.BaseDN, u.Filter, l.Users.Scope, u.ID, u.Login, u.Name, u.Account,
		p.Disabled, p.Leavers.Filter, p.Leavers.OU, p.NotPeople.Filter, sorted(p.NotPeople.DN), sorted(p.Tolerate),
		l.Nested, l.PrimaryGroups,
		a.Attribute, a.Group, a.Accounts, a.DirectOnly,
	}
}

// sorted returns the texts in order; it is never nil, so that none is always the same.
func sorted(texts []string) []string {
	in := append([]string{}, texts...)
	slices.Sort(in)
	return in
}

// ldapPresets are the presets that preset can name.
func ldapPresets() []string {
	var words []string
	for _, preset := range ldap.Presets() {
		words = append(words, string(preset))
	}
	return words
}

// unresolvedKinds are the words that people.tolerate takes.
func unresolvedKinds() []string {
	return []string{source.NoLogin.String(), source.Foreign.String(), source.OutOfScope.String(), source.Dangling.String()}
}

func bindMethods() map[string]wire.Method {
	return map[string]wire.Method{"simple": wire.Simple, "anonymous": wire.Anonymous, "external": wire.External}
}

func scopes() map[string]wire.Scope { return map[string]wire.Scope{"one": wire.One, "sub": wire.Sub} }
