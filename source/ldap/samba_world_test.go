package ldap_test

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	goldap "github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/samba"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// patience is how long a request of a test may take: long enough for any machine.
const patience = time.Minute

// unit is a part of the domain that a test has to itself.
type unit struct {
	*samba.Server

	ou  string
	tag string // names of accounts are those of the domain: each unit's end in its own
}

func newUnit(t *testing.T) *unit {
	t.Helper()
	s := controller.Get(t, samba.Start)
	return &unit{Server: s, ou: s.OU(t), tag: strings.ToLower(rand.Text()[:6])}
}

// change makes changes in the form of LDIF, with {ou} for the unit and {x} for its
// tag.
func (u *unit) change(t *testing.T, ldif string) {
	t.Helper()
	u.Change(t, u.fill(ldif))
}

func (u *unit) fill(text string) string {
	return strings.NewReplacer("{ou}", u.ou, "{x}", u.tag).Replace(text)
}

// config is how the unit is read, by the reader and under TLS.
func (u *unit) config() ldap.Config {
	return ldap.Config{
		Name: "ad", URLs: []string{u.SecureURL()}, Preset: ldap.ActiveDirectory, PageSize: 500, Nested: true,
		Server: wire.Options{TLS: wire.TLS{CAFile: u.CAFile()}, Bind: u.bind(), Timeout: patience},
		Groups: ldap.Groups{BaseDN: u.ou, Filter: "(objectClass=group)", Scope: wire.Sub},
		Users:  ldap.Users{BaseDN: u.ou, Scope: wire.Sub},
	}
}

func (u *unit) bind() wire.Bind {
	return wire.Bind{DN: u.ReaderDN, Password: func() (string, error) { return u.ReaderPassword, nil }}
}

// read reads the unit, with the configuration changed by edit.
func (u *unit) read(t *testing.T, edit func(*ldap.Config)) *source.Roster {
	t.Helper()
	roster, err := sourceOf(t, u.config(), edit).Read(t.Context())
	require.NoError(t, err)
	return roster
}

func sourceOf(t *testing.T, config ldap.Config, edit func(*ldap.Config)) *ldap.Source {
	t.Helper()
	if edit != nil {
		edit(&config)
	}
	s, err := ldap.New(config)
	require.NoError(t, err)
	return s
}

// adPerson is the LDIF of somebody with an account that works, and a mail address.
func adPerson(name string, more ...string) string {
	return adAccount(name, 544, append([]string{"mail: " + ownName(name) + "@example.com"}, more...)...)
}

// adAccount is the LDIF of an account without a mail address.
func adAccount(name string, control int, more ...string) string {
	return fmt.Sprintf("dn: CN=%s,{ou}\nobjectClass: user\ndisplayName: %s\nsAMAccountName: %s-{x}\nuserAccountControl: %d\n%s\n", name, ownName(name), ownName(name), control, adLines(more))
}

// ownName is what an entry is called whose name may have a place behind it.
func ownName(name string) string {
	own, _, _ := strings.Cut(name, ",")
	return own
}

// adTeam is the LDIF of a group with members that are in the unit.
func adTeam(name string, members ...string) string {
	var more []string
	for _, m := range members {
		more = append(more, "member: CN="+m+",{ou}")
	}
	return adGroup(name, more...)
}

// adGroup is the LDIF of a group.
func adGroup(name string, more ...string) string {
	return fmt.Sprintf("dn: CN=%s,{ou}\nobjectClass: group\nsAMAccountName: %s-{x}\n%s\n", name, strings.ReplaceAll(ownName(name), " ", "-"), adLines(more))
}

// adEntries makes one LDIF of several entries.
func adEntries(entries ...string) string { return strings.Join(entries, "\n") }

// logins are all logins of the person who has one of them first.
func (u *unit) logins(r *source.Roster, first string) []string {
	for i := range source.PersonIndex(r.People()) {
		if logins := r.Logins(i); len(logins) > 0 && logins[0].String() == first {
			var all []string
			for _, l := range logins {
				all = append(all, strings.TrimSuffix(l.String(), "@example.com"))
			}
			return all
		}
	}
	return nil
}

// attribute is a value that the administrator sees, or "".
func (u *unit) attribute(t *testing.T, dn, name string) string {
	t.Helper()
	found, err := u.Admin(t).Search(goldap.NewSearchRequest(dn, goldap.ScopeBaseObject, goldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", []string{name}, nil))
	require.NoError(t, err)
	require.Len(t, found.Entries, 1)
	return found.Entries[0].GetAttributeValue(name)
}

func adLines(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return strings.Join(all, "\n") + "\n"
}

// said is what a roster says, a line for each group and for whoever has left:
//
//	A: ann, bob admin; no_login CN=carl; partial: why
//	left: dora, dora
//
// Of a login at example.com there is only what is before the @.
func (u *unit) said(r *source.Roster) []string {
	out := []string{}
	local := func(text string) string {
		text = strings.ReplaceAll(text, ","+u.ou, "")
		return strings.ReplaceAll(strings.ReplaceAll(text, "@example.com", ""), u.tag, "{x}")
	}
	for _, g := range r.Groups() {
		var members []string
		for _, m := range g.Members {
			text := r.Logins(m.Person)[0].String()
			if m.Role != source.Unstated {
				text += " " + m.Role.String()
			}
			members = append(members, local(text))
		}
		slices.Sort(members) // in a roster they are in the order of their ids
		parts := []string{strings.TrimSuffix(g.Name+": "+strings.Join(members, ", "), " ")}
		for _, kind := range g.Unresolved {
			parts = append(parts, fmt.Sprintf("%s %d %s", kind.Kind, kind.Count, strings.Join(kind.Examples, " ")))
		}
		for _, reason := range g.Partial {
			parts = append(parts, "partial: "+reason)
		}
		out = append(out, local(strings.Join(parts, "; ")))
	}
	var left []string
	for i := range source.PersonIndex(r.People()) {
		if !r.HasLeft(i) {
			continue
		}
		p := r.Person(i)
		parts := []string{"left: " + p.Name + ","}
		for _, l := range p.Logins {
			parts = append(parts, l.String())
		}
		left = append(left, local(strings.Join(parts, " ")))
	}
	slices.Sort(left)
	out = append(out, left...)
	for _, e := range r.Evidence() {
		if !e.GroupsComplete {
			out = append(out, "the list of groups is not complete")
		}
	}
	return out
}
