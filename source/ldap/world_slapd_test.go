package ldap_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/slapd"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// tree is a part of an OpenLDAP, with ou=people and ou=groups in it. In texts about
// it, BASE stands for its name.
type tree struct {
	*slapd.Server

	base string
}

// trees numbers the parts of the shared server.
var trees atomic.Int64

// plant makes a tree of its own in the server that tests share.
func plant(t *testing.T, ldif ...string) tree {
	t.Helper()
	s := openldap.Get(t, func(t testing.TB) *slapd.Server { return slapd.Start(t, slapd.Options{}) })
	base := fmt.Sprintf("ou=t%d,%s", trees.Add(1), s.Suffix)
	s.Change(t, forest(base, ldif))
	return tree{s, base}
}

// grow starts a server with one tree, for what the shared one cannot do.
func grow(t *testing.T, o slapd.Options, ldif ...string) tree {
	t.Helper()
	if o.Suffix == "" {
		o.Suffix = "dc=example,dc=org"
	}
	base := "ou=t," + o.Suffix
	o.LDIF = forest(base, ldif)
	for i, rule := range o.Access {
		o.Access[i] = strings.ReplaceAll(rule, "BASE", base)
	}
	return tree{slapd.Start(t, o), base}
}

// forest is the LDIF of a tree.
func forest(base string, ldif []string) string {
	top := []string{ou("BASE"), ou("ou=people,BASE"), ou("ou=groups,BASE")}
	return strings.ReplaceAll(strings.Join(append(top, ldif...), "\n"), "BASE", base)
}

// change makes changes in a tree.
func (w tree) change(t *testing.T, ldif ...string) {
	t.Helper()
	w.Change(t, strings.ReplaceAll(strings.Join(ldif, "\n"), "BASE", w.base))
}

// entry is an entry in LDIF: its name, and lines such as "cn: Finance". What begins
// with a space, or is no ASCII, has to be written as LDIF wants it.
func entry(dn string, lines ...string) string {
	return "dn: " + dn + "\n" + strings.Join(lines, "\n") + "\n"
}

func ou(dn string) string {
	_, value, _ := strings.Cut(strings.SplitN(dn, ",", 2)[0], "=")
	if dn == "BASE" {
		return entry(dn, "objectClass: organizationalUnit")
	}
	return entry(dn, "objectClass: organizationalUnit", "ou: "+value)
}

// person is somebody in ou=people with a mail address, and what further lines say.
func person(uid string, lines ...string) string {
	return bare(uid, append([]string{"mail: " + uid + "@example.org"}, lines...)...)
}

// bare is somebody without a mail address.
func bare(uid string, lines ...string) string {
	return at("uid="+uid+",ou=people,BASE", append([]string{"uid: " + uid}, lines...)...)
}

// at is somebody elsewhere.
func at(dn string, lines ...string) string {
	return entry(dn, append([]string{"objectClass: inetOrgPerson", "objectClass: testAccount", "cn: x", "sn: x"}, lines...)...)
}

// group is a group in ou=groups that may be empty. Members without a = are the
// people of these names.
func group(name string, members ...string) string {
	return groupAt("cn="+name+",ou=groups,BASE", members...)
}

func groupAt(dn string, members ...string) string {
	return entry(dn, append([]string{"objectClass: groupOfMembers"}, memberLines(members)...)...)
}

// required is a group that cannot be without a member.
func required(name string, members ...string) string {
	return entry("cn="+name+",ou=groups,BASE", append([]string{"objectClass: groupOfNames"}, memberLines(members)...)...)
}

func memberLines(members []string) []string {
	var lines []string
	for _, m := range members {
		if !strings.Contains(m, "=") {
			m = "uid=" + m + ",ou=people,BASE"
		}
		lines = append(lines, "member: "+m)
	}
	return lines
}

// posix is a group that lists the names of accounts.
func posix(name string, gid int, uids ...string) string {
	lines := []string{"objectClass: posixGroup", fmt.Sprintf("gidNumber: %d", gid)}
	for _, uid := range uids {
		lines = append(lines, "memberUid: "+uid)
	}
	return entry("cn="+name+",ou=groups,BASE", lines...)
}

// config reads a tree with TLS, as the reader.
func (w tree) config(preset ldap.Preset, change ...func(*ldap.Config)) ldap.Config {
	c := ldap.Config{
		Name: "ldap", URLs: []string{w.SecureURL()}, Preset: preset, PageSize: 1000, Nested: true, Now: noon,
		Server: wire.Options{
			TLS: wire.TLS{CAFile: w.CAFile()}, Timeout: time.Minute,
			Bind: wire.Bind{DN: w.ReaderDN, Password: func() (string, error) { return w.ReaderPassword, nil }},
		},
		Groups: ldap.Groups{
			BaseDN: "ou=groups," + w.base, Scope: wire.Sub,
			Filter: "(|(objectClass=groupOfMembers)(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))",
		},
		Users: ldap.Users{BaseDN: "ou=people," + w.base, Scope: wire.Sub},
	}
	for _, f := range change {
		f(&c)
	}
	return c
}

func noon() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) }

// roster reads a tree that can be read.
func (w tree) roster(t *testing.T, c ldap.Config) *source.Roster {
	t.Helper()
	s, err := ldap.New(c)
	require.NoError(t, err)
	roster, err := s.Read(t.Context())
	require.NoError(t, err)
	return roster
}

// fails reads a tree that cannot be read, and returns what it is told.
func (w tree) fails(t *testing.T, c ldap.Config) error {
	t.Helper()
	s, err := ldap.New(c)
	require.NoError(t, err)
	roster, err := s.Read(t.Context())
	require.Error(t, err)
	require.Nil(t, roster)
	return said{err, w.short(err.Error())}
}

// said is an error in fewer words.
type said struct {
	error

	short string
}

func (e said) Error() string { return e.short }
func (e said) Unwrap() error { return e.error }

// short takes what is the same in all texts out of one.
func (w tree) short(text string) string {
	for _, cut := range []string{",ou=people," + w.base, ",ou=groups," + w.base, "," + w.base, "," + strings.ToLower(w.base)} {
		text = strings.ReplaceAll(text, cut, "")
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, w.base, "BASE"), w.SecureURL(), "URL")
}

// said is what a roster says, a line for each thing: a group with its members by
// their first login, or a person who has left.
func (w tree) said(r *source.Roster) []string {
	var lines []string
	for _, g := range r.Groups() {
		var parts []string
		for _, m := range g.Members {
			who := strings.TrimSuffix(r.Logins(m.Person)[0].String(), "@example.org")
			if m.Role != source.Unstated {
				who += "=" + m.Role.String()
			}
			parts = append(parts, who)
		}
		slices.Sort(parts)
		for _, u := range g.Unresolved {
			parts = append(parts, fmt.Sprintf("| %s %d: %s", u.Kind, u.Count, strings.Join(u.Examples, "; ")))
		}
		for _, reason := range g.Partial {
			parts = append(parts, "| partial: "+reason)
		}
		lines = append(lines, w.short(strings.TrimSpace(g.Name+": "+strings.Join(parts, " "))))
	}
	var left []string
	for i := range source.PersonIndex(r.People()) {
		if p := r.Person(i); r.HasLeft(i) {
			logins := []string{"left"}
			for _, l := range p.Logins {
				logins = append(logins, strings.TrimSuffix(l.String(), "@example.org"))
			}
			left = append(left, strings.Join(logins, " "))
		}
	}
	slices.Sort(left)
	return append(lines, left...)
}

// reads compares what a tree says, and its notes that begin in some ways.
func (w tree) reads(t *testing.T, c ldap.Config, want []string, notes ...string) {
	t.Helper()
	r := w.roster(t, c)
	assert.Equal(t, want, w.said(r))
	for _, note := range notes {
		assert.Contains(t, w.notes(r), note)
	}
}

// notes are those of a roster that begin in one of some ways; all, if none is given.
func (w tree) notes(r *source.Roster, beginnings ...string) []string {
	var notes []string
	for _, note := range r.Evidence()[0].Notes {
		if len(beginnings) == 0 || slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(note, b) }) {
			notes = append(notes, w.short(note))
		}
	}
	return notes
}

// line is an attribute in LDIF with a value that may be anything.
func line(attribute, value string) string {
	return attribute + ":: " + base64.StdEncoding.EncodeToString([]byte(value))
}
