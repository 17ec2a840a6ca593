package plan_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// estate is a random world with everything that a plan is made of: sources, Box, what
// is configured, typed and remembered. It is kept as plain values, of which the
// oracle reads what it needs without the help of package plan.
type estate struct {
	sides   []estateSide
	mapping source.Mapping
	groups  []estateGroup
	users   []target.User
	alias   []target.Alias
	hidden  int // groups that Box does not show
	opts    plan.Options
	rails   estateRails
}

// estateSide is one source. Its groups and people are in the order in which it was
// read.
type estateSide struct {
	name     string
	complete bool
	people   []estatePerson
	groups   []estateWanted
}

type estatePerson struct {
	key, name string
	logins    []string
	left      bool
}

type estateWanted struct {
	id, name, description string
	members               map[string]source.Role // by person key
	partial               bool
	unresolved            int
}

// estateGroup is a group in Box with its members.
type estateGroup struct {
	target.Group

	members             []target.Membership
	unlisted            int  // memberships that Box announced and did not show
	truncated, nameless bool // nameless: the listing shows no logins
}

// The people of Box, with the ids 1 to 9, and logins of nobody.
var (
	estateUsers  = []string{"u0", "u1", "u2", "u3", "u4", "u5", "u6", "u1@old.example", "u8"}
	estateNobody = []string{"z0", "z1", "a1", "a2", "u3@new.example"}
	estateNames  = []string{"", "", "Ann", "Bob Bee", "bob  bee"}
	estateGlobs  = []string{"A", "b", "[CD]", "Team *", "E", "X", "*"}
)

// rare draws true once in a while; a shrunk world has none of it.
func rare(t *rapid.T, label string, times int) bool {
	return rapid.IntRange(0, times-1).Draw(t, label) == times-1
}

func drawEstate(t *rapid.T) *estate {
	e := &estate{}
	e.drawUsers(t)
	e.drawSides(t)
	e.drawMap(t)
	e.drawBox(t)
	e.drawOptions(t)
	e.drawMemory(t)
	return e
}

func (e *estate) drawUsers(t *rapid.T) {
	for i, login := range estateUsers {
		u := target.User{ID: target.UserID(i + 1), Login: address(login), Name: oneOf(t, "name", estateNames)}
		u.Standing.Role = target.EnterpriseUser
		switch rapid.IntRange(0, 11).Draw(t, "account") {
		case 11:
			u.Standing.Role = target.EnterpriseCoAdmin
		case 10:
			u.Standing.Status = target.Inactive
		case 9:
			u.Standing.App = true
		}
		e.users = append(e.users, u)
	}
	e.users[6].Standing = target.Standing{External: true}
	for _, login := range []string{"a1", "a2"} {
		a := target.Alias{User: target.UserID(rapid.IntRange(1, 6).Draw(t, "alias of")), Email: address(login), Confirmed: rapid.Bool().Draw(t, "confirmed")}
		if rare(t, "untold", 5) {
			a.Email, a.Untold = "", true
		}
		e.alias = append(e.alias, a)
	}
}

// drawSides draws a source in which people are their logins, as in a CSV, and one in
// which they have keys, as in a directory.
func (e *estate) drawSides(t *rapid.T) {
	hr := estateSide{name: "hr", complete: !rare(t, "hr cut off", 6)}
	for _, login := range slices.Concat(estateUsers[:8], estateNobody) {
		hr.people = append(hr.people, estatePerson{key: address(login), logins: []string{address(login)}, name: oneOf(t, "display name", estateNames)})
	}
	ad := estateSide{name: "ad", complete: !rare(t, "ad cut off", 6)}
	for i := range 5 {
		p := estatePerson{key: fmt.Sprintf("k%d", i), name: oneOf(t, "display name", estateNames), left: rare(t, "left", 6)}
		for range rapid.IntRange(0, 2).Draw(t, "logins") {
			login := address(oneOf(t, "login", slices.Concat(estateUsers, estateNobody)))
			if !slices.Contains(p.logins, login) {
				p.logins = append(p.logins, login)
			}
		}
		ad.people = append(ad.people, p)
	}
	for _, name := range []string{"A", "B", "C"} {
		hr.drawGroup(t, name, name, 3)
	}
	hr.drawGroup(t, "a", "a", 12)
	ad.drawGroup(t, "g1", oneOf(t, "name of g1", []string{"D", "D", "D", "B", "c"}), 2)
	ad.drawGroup(t, "E", "E", 2)
	e.sides = []estateSide{hr, ad}
}

func (s *estateSide) drawGroup(t *rapid.T, id, name string, often int) {
	if often > 3 && !rare(t, "is there", often) || often <= 3 && rare(t, "is missing", 2*often) {
		return
	}
	g := estateWanted{id: id, name: name, members: map[string]source.Role{}, partial: rare(t, "partial", 7)}
	if rare(t, "unresolved", 6) {
		g.unresolved = rapid.IntRange(1, 3).Draw(t, "so many unresolved")
	}
	if rare(t, "described", 6) {
		g.description = oneOf(t, "description", []string{"one", "two", strings.Repeat("x", 300)})
	}
	if !rare(t, "nobody", 8) {
		for i := range s.people {
			if rapid.IntRange(0, 2).Draw(t, "wanted") > 0 {
				g.members[s.people[i].key] = oneOf(t, "role", []source.Role{source.Unstated, source.Unstated, source.Member, source.Admin})
			}
		}
	}
	s.groups = append(s.groups, g)
}

func (e *estate) drawMap(t *rapid.T) {
	if rare(t, "rewrites", 8) {
		rule, err := source.NewGroupRewrite("r", oneOf(t, "match", []string{"^(.)$", "[AB]", "C"}), oneOf(t, "replace", []string{"Team $0", "Y", "$0"}))
		if err != nil {
			panic(err)
		}
		e.mapping.Groups = append(e.mapping.Groups, rule)
	}
	for _, g := range []struct{ source, id string }{{"hr", "A"}, {"hr", "B"}, {"ad", "g1"}, {"", "Nobody"}} {
		var entry source.MapEntry
		switch rapid.IntRange(0, 15).Draw(t, "mapped") {
		case 15:
			entry = byID(g.id, rapid.Uint64Range(99, 110).Draw(t, "box id"))
		case 14:
			entry = byName(g.id, oneOf(t, "box name", []string{"A", "X", "Y", "E"}))
		default:
			continue
		}
		entry.Source = g.source
		e.mapping.Entries = append(e.mapping.Entries, entry)
	}
}

// drawBox draws for most source groups a Box group with much the same people, and a
// few others. Names are unique there, as people see them.
func (e *estate) drawBox(t *rapid.T) {
	marks := []string{"", "", "okta:1", "rollcall:other:hr:A", "rollcall:main:old:A", "rollcall:main:hr:a", "rollcall:main:ad:g1", "rollcall:main:ad:E", "rollcall:main:hr:X"}
	for i, g := range []struct{ source, id, name string }{
		{"hr", "A", "A"}, {"hr", "B", "B"}, {"hr", "C", "C"}, {"ad", "g1", "D"}, {"ad", "E", "E"}, {"hr", "X", "X"}, {"ad", "Y", "Y"}, {"", "", "Z"},
	} {
		if rapid.IntRange(0, 4).Draw(t, "not in Box") >= 3 {
			continue
		}
		b := estateGroup{Group: target.Group{ID: target.GroupID(101 + i), Name: g.name, Identifier: "rollcall:main:" + g.source + ":" + g.id, Told: true}}
		if g.source == "" || rare(t, "other mark", 5) {
			b.Identifier = oneOf(t, "mark", marks)
		}
		if rare(t, "renamed in Box", 8) {
			b.Name = fmt.Sprintf("Old %d", i)
		}
		b.AllUsers, b.Told, b.nameless = rare(t, "all users", 20), !rare(t, "not told", 6), rare(t, "nameless", 12)
		if rare(t, "describes", 6) {
			b.Settings[target.Description] = oneOf(t, "describes", []string{"one", "three"})
		}
		if rare(t, "hides", 9) {
			b.unlisted, b.truncated = rapid.IntRange(0, 2).Draw(t, "unlisted"), rapid.Bool().Draw(t, "truncated")
		}
		e.drawMembers(t, &b, g.source, g.id)
		e.groups = append(e.groups, b)
	}
	if rare(t, "hidden groups", 10) {
		e.hidden = 1
	}
}

// drawMembers draws members of a Box group, mostly those whom the source has in it.
func (e *estate) drawMembers(t *rapid.T, b *estateGroup, side, id string) {
	wanted := map[string]bool{}
	for _, s := range e.sides {
		for _, g := range s.groups {
			for _, p := range s.people {
				if _, in := g.members[p.key]; in && s.name == side && g.id == id && len(p.logins) > 0 {
					wanted[p.logins[0]] = true
				}
			}
		}
	}
	strays := rapid.IntRange(2, 6).Draw(t, "strays")
	for _, u := range e.users {
		if u.Standing.External || wanted[u.Login] == rare(t, "otherwise", strays) {
			continue
		}
		role := oneOf(t, "is", []target.Role{target.RoleMember, target.RoleMember, target.RoleMember, target.RoleAdmin, target.RoleAdmin, target.RoleOther})
		b.members = append(b.members, target.Membership{ID: target.MembershipID(100*uint64(b.ID) + uint64(u.ID)), User: u.ID, Role: role})
	}
}

func (e *estate) drawOptions(t *rapid.T) {
	o := &e.opts
	o.Instance, o.Now = "main", night(5)
	o.Create, o.Adopt = !rare(t, "create off", 6), rare(t, "adopt", 3)
	o.Remove, o.ManageRoles = !rare(t, "remove off", 8), !rare(t, "roles off", 6)
	o.Reviewed = rapid.Bool().Draw(t, "reviewed")
	o.Mapped = e.mapping.Entries
	some := func(label string, from ...string) []source.Pattern {
		if rare(t, label, 6) {
			return mustGlobs(oneOf(t, label, from))
		}
		return nil
	}
	o.Protect, o.Ignore = some("protect", "u2@*", "u[345]@*", "a1@*"), some("ignore", "u3@*", "u[012]@*", "z*")
	o.Exclude, o.Include = some("exclude", "A", "C", "X"), some("include", "[A-C]", "D", "*")
	o.Scope.Groups = some("narrowed", estateGlobs...)
	o.Scope.SkipRemovals = rare(t, "skip removals", 12)
	if rare(t, "domains", 10) {
		o.Domains = []string{"acme.example"}
	}
	if rare(t, "self", 4) {
		o.Self = target.UserID(rapid.IntRange(1, 9).Draw(t, "we are"))
	}
	for range rapid.IntRange(0, 2).Draw(t, "orphans") {
		o.Scope.EmptyOrphans = append(o.Scope.EmptyOrphans, oneOf(t, "orphan", []string{"X", "Y", "A", "E"}))
	}
	if rare(t, "provenance", 10) {
		o.Settings[target.Provenance] = "hr"
	}
	for _, glob := range some("paused", estateGlobs[:6]...) {
		o.Pauses = append(o.Pauses, plan.Pause{Group: glob, Until: night(rapid.IntRange(4, 9).Draw(t, "until")), Reason: "audit"})
	}
	if rare(t, "acknowledged", 6) {
		o.Acknowledged = []plan.Acknowledgement{{Rule: oneOf(t, "rule", plan.Rules()), Until: night(9), Reason: "known"}}
	}
	if rare(t, "grace", 4) {
		o.RemovalGrace = 48 * time.Hour
	}
	o.RequireReview = rare(t, "require review", 8)
	o.Fingerprint = plan.Fingerprint{{Name: "groups", Digest: "1"}}
	e.rails.draw(t)
	e.rails.into(o)
}

// drawMemory draws what earlier runs may have remembered, or nothing.
func (e *estate) drawMemory(t *rapid.T) {
	if rapid.Bool().Draw(t, "stateless") {
		return
	}
	m := &plan.Memory{
		Updated: night(4), People: map[string]target.UserID{}, Holds: map[string]time.Time{}, Absences: map[string]time.Time{},
		UnknownCounted: rapid.Bool().Draw(t, "counted"), Unknown: []string{address("z0")},
	}
	for _, key := range []string{"k0", "k1", "k2", "k3"} {
		if rapid.Bool().Draw(t, "known") {
			m.People["ad/"+key] = target.UserID(rapid.IntRange(1, 9).Draw(t, "as"))
		}
	}
	for _, g := range e.groups {
		for _, u := range g.members {
			if rare(t, "missed", 3) {
				m.Absences[fmt.Sprintf("remove/%d/%d", g.ID, u.User)] = night(rapid.IntRange(1, 4).Draw(t, "since"))
			}
		}
	}
	for _, rule := range plan.Rules() {
		if rare(t, "open", 8) {
			m.Holds[string(rule)], m.Holds[string(rule)+"/rollcall:main:hr:A"] = night(2), night(3)
		}
	}
	if rapid.Bool().Draw(t, "figures") {
		m.Sources = map[string]plan.SourceCounts{"hr": {Groups: rapid.IntRange(0, 5).Draw(t, "groups then"), Memberships: rapid.IntRange(0, 40).Draw(t, "memberships then")}}
	}
	switch rapid.IntRange(0, 2).Draw(t, "agreed") {
	case 2:
		m.Agreed = plan.Fingerprint{{Name: "groups", Digest: "0"}}
	case 1:
		m.Agreed, m.Fingerprint = e.opts.Fingerprint, e.opts.Fingerprint
	}
	if rare(t, "made", 3) {
		m.Made = []plan.Made{{Run: "1", At: night(3), Groups: map[string]plan.MadeGroup{
			"rollcall:main:hr:a": {Facts: map[string]string{"user/1": "member", "user/2": "none", "user/3": "admin", "name": "A", "group": "ours"}},
		}}}
	}
	m.Groups = e.drawHad(t)
	e.opts.Memory = m
}

// clone returns a copy whose people, groups and members can be changed.
func (e *estate) clone() *estate {
	c := *e
	c.sides, c.groups, c.alias = slices.Clone(e.sides), slices.Clone(e.groups), slices.Clone(e.alias)
	c.users = slices.Clone(e.users)
	for i := range c.sides {
		s := &c.sides[i]
		s.people, s.groups = slices.Clone(s.people), slices.Clone(s.groups)
		for j := range s.groups {
			s.groups[j].members = maps.Clone(s.groups[j].members)
		}
	}
	for i := range c.groups {
		c.groups[i].members = slices.Clone(c.groups[i].members)
	}
	return &c
}
