package cmd

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
	groupsync "github.com/rollcall-sync/rollcall/sync"
)

// surveyed reads a source, and surveys it if it is a directory; otherwise there is no
// survey.
func surveyed(ctx context.Context, s groupsync.Source) (*source.Roster, *ldap.Survey, error) {
	m, mapped := s.(mappedSource)
	d, ok := m.Source.(directorySource)
	if !mapped || !ok {
		roster, err := s.Read(ctx)
		return roster, nil, err
	}
	read, survey, err := d.Survey(ctx)
	if err != nil {
		return nil, nil, err
	}
	roster, err := m.mapped(read)
	return roster, survey, err
}

// directory says what a directory gave and what was looked for in it, one fact a line,
// and warns of what users.filter hides.
func (k *checkup) directory(subject string, l *ldapConfig, roster *source.Roster, s *ldap.Survey) {
	e := roster.Evidence()[0]
	lines := []string{
		strings.Join([]string{s.URL, plan.Count(e.Groups, "group"), plan.Count(e.Memberships, "membership"), plan.Count(s.Leavers, "leaver")}, ", "),
		"server: " + serverOf(l, s),
	}
	lines = append(append(lines, lookedFor(s)...), "roles: "+rolesBy(&l.Admins))
	if s.Large == 0 {
		lines = append(lines, fmt.Sprintf("groups that list more than %d members: none", ldap.LargeGroup))
	}
	for _, note := range e.Notes {
		if !slices.Contains(s.Searched, note) {
			lines = append(lines, note)
		}
	}
	k.fine(subject, "%s", strings.Join(lines, "\n"))
	k.trusts(subject, l, s)
	if s.Hidden > 0 {
		k.warn(subject, "let users.filter find them: nobody who is disabled or has expired is added for it",
			"users.filter hides %s that %s disabled or expired, such as %s; such people are known to have left only while a group lists them",
			plan.Count(s.Hidden, "account"), isOrAre(s.Hidden), s.HiddenExample)
	}
}

// trusts warns of a connection on which others can say who is in which group.
func (k *checkup) trusts(subject string, l *ldapConfig, s *ldap.Survey) {
	switch {
	case !s.TLS && !isLoopback(s.URL):
		k.warn(subject, "write ldaps:// or set start_tls, and take allow_plaintext out",
			"nothing is encrypted: whoever is between here and %s can read the password and say who is in which group", s.URL)
	case s.TLS && l.TLS.InsecureSkipVerify:
		k.warn(subject, "name the certificate of the directory's authority in tls.ca_file, and take insecure_skip_verify out",
			"any certificate is believed: whoever is between here and %s can read the password and say who is in which group", s.URL)
	}
}

// isLoopback reports whether a server is asked at an address of this machine.
func isLoopback(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	return u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
}

func isOrAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// lookedFor says which entries are groups and people, and what of them counts, after
// the preset.
func lookedFor(s *ldap.Survey) []string {
	g, u := s.Groups, s.Users
	lines := []string{
		fmt.Sprintf("groups: %s %s %s", g.Filter, reach(g.Scope), g.BaseDN),
		"of a group: " + attributes("id", g.ID, "name", g.Name, "description", g.Description, "member", g.Member),
	}
	if g.Marker != "" {
		lines = append(lines, "only groups that are members of "+g.Marker)
	}
	return append(lines,
		fmt.Sprintf("people: %s %s %s", u.Filter, reach(u.Scope), u.BaseDN),
		"of a person: "+attributes("id", u.ID, "login", strings.Join(u.Login, " or "), "name", u.Name, "account", u.Account),
	)
}

func reach(scope wire.Scope) string {
	if scope == wire.One {
		return "directly below"
	}
	return "anywhere below"
}

// attributes returns keys and the attributes that they are, such as: id objectGUID.
func attributes(pairs ...string) string {
	var words []string
	for pair := range slices.Chunk(pairs, 2) {
		words = append(words, pair[0]+" is "+pair[1])
	}
	return strings.Join(words, ", ")
}

// rolesBy says how it is told who is a group's admin.
func rolesBy(a *adminsConfig) string {
	var by string
	switch {
	case a.Attribute != "":
		by = "admins are in the attribute " + a.Attribute
	case a.Group != "":
		by = "admins are in the group " + strconv.Quote(a.Group)
	case a.Accounts != "":
		by = "admins are accounts like " + strconv.Quote(a.Accounts)
	default:
		return "not told, so that none is changed"
	}
	if a.DirectOnly {
		by += ", where they are members themselves"
	}
	return by
}

// serverOf says who a server is, as far as it says so itself, and how it is spoken to.
func serverOf(l *ldapConfig, s *ldap.Survey) string {
	facts := []string{"does not say what it is"}
	if s.Product != "" {
		facts[0] = s.Product
	}
	if s.Host != "" {
		facts = append(facts, "calls itself "+s.Host)
	}
	switch {
	case !s.TLS:
		facts = append(facts, "without TLS, as allow_plaintext says")
	case l.TLS.InsecureSkipVerify:
		facts = append(facts, "TLS with whoever answers, as insecure_skip_verify says")
	default:
		facts = append(facts, "TLS")
	}
	if !s.Paging {
		facts = append(facts, "does not say that it gives pages")
	}
	return strings.Join(facts, ", ")
}

// unresolved warns of members who cannot be in Box, by kind, with some of them.
func (k *checkup) unresolved(subject string, roster *source.Roster) {
	type sum struct {
		members, groups int
		examples        []string
	}
	var kinds []source.UnresolvedKind
	sums := map[source.UnresolvedKind]*sum{}
	for i := range roster.Groups() {
		for _, u := range roster.Groups()[i].Unresolved {
			if sums[u.Kind] == nil {
				sums[u.Kind], kinds = &sum{}, append(kinds, u.Kind)
			}
			of := sums[u.Kind]
			of.members, of.groups, of.examples = of.members+u.Count, of.groups+1, append(of.examples, u.Examples...)
		}
	}
	if len(kinds) == 0 {
		return
	}
	slices.Sort(kinds)
	lines := []string{"members who cannot be in Box:"}
	for _, kind := range kinds {
		of := sums[kind]
		slices.Sort(of.examples)
		examples := slices.Compact(of.examples)
		lines = append(lines, fmt.Sprintf("%s: %d in %s, such as %s", kind, of.members, plan.Count(of.groups, "group"),
			strings.Join(examples[:min(len(examples), unresolvedShown)], " and ")))
	}
	k.warn(subject, "where they are more than limits.unresolved_members allows, nobody is removed from the group", "%s", strings.Join(lines, "\n"))
}

// unresolvedShown is how many members of a kind a check names.
const unresolvedShown = 2
