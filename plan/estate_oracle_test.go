package plan_test

import (
	"slices"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// ledger is a plan beside its world, as the oracle reads them.
type ledger struct {
	t      require.TestingT
	e      *estate
	p      *plan.Plan
	roster *source.Roster
	groups []*ledgerGroup
	rules  map[string]plan.Rule // by id of a change: what holds it
}

// ledgerGroup is a source group that the plan compared with its Box group, and all
// that is due in it, held or not.
type ledgerGroup struct {
	ref             plan.GroupRef
	want            *source.Group
	have            *estateGroup // nil: to be created
	policies, names []string     // by which policies mean it, and by which allowances do
	said            estatePolicy
	due             map[target.UserID]*plan.Change
	first           []*plan.Change // those that are about the group itself
}

func open(t require.TestingT, e *estate, p *plan.Plan) *ledger {
	l := &ledger{t: t, e: e, p: p, roster: e.roster(t), rules: map[string]plan.Rule{}}
	taken := map[string]bool{}
	for _, name := range e.opts.Scope.EmptyOrphans {
		taken[source.FoldName(name)] = true
	}
	for _, f := range p.Findings {
		taken[source.FoldName(f.Group.Name)] = taken[source.FoldName(f.Group.Name)] || f.Kind == plan.Orphan
	}
	for _, s := range p.Groups {
		taken[source.FoldName(s.Group.Name)] = true
	}
	for _, s := range p.Groups {
		g := &ledgerGroup{ref: s.Group, want: l.wanted(s.Group.Key), have: e.group(s.Group.ID), due: map[target.UserID]*plan.Change{}}
		require.NotNil(t, g.want, "%v is compared and no source has it", s.Group)
		g.policies = []string{g.want.Name, g.want.NameInSource(), s.Group.Name}
		g.names = []string{s.Group.Name}
		for _, name := range append(slices.Clone(g.policies), g.inBox()) {
			if name != "" && !taken[source.FoldName(name)] {
				g.names = append(g.names, name)
			}
		}
		g.said = e.rails.said(g.policies)
		l.groups = append(l.groups, g)
	}
	for i := range p.Changes {
		l.enter(&p.Changes[i])
	}
	for i := range p.Holds {
		for j := range p.Holds[i].Changes {
			c := &p.Holds[i].Changes[j]
			require.NotContains(t, l.rules, c.ID, "held twice")
			l.rules[c.ID] = p.Holds[i].Rule
			l.enter(c)
		}
	}
	return l
}

func (g *ledgerGroup) inBox() string {
	if g.have == nil {
		return ""
	}
	return g.have.Name
}

func (l *ledger) wanted(key source.GroupKey) *source.Group {
	for i := range l.roster.Groups() {
		if l.roster.Groups()[i].Key == key {
			return &l.roster.Groups()[i]
		}
	}
	return nil
}

// enter notes a change that is due. No two are about one user in one group.
func (l *ledger) enter(c *plan.Change) {
	for _, g := range l.groups {
		if g.ref != c.Group {
			continue
		}
		if c.User.ID == 0 {
			g.first = append(g.first, c)
			return
		}
		require.NotContains(l.t, g.due, c.User.ID, "two changes about one user in one group: %s", c.ID)
		g.due[c.User.ID] = c
		return
	}
	l.requireAsked(c)
}

// requireAsked requires of a change in a group that no source has that somebody asked
// for it by the group's name, and that it may be.
func (l *ledger) requireAsked(c *plan.Change) {
	g := l.e.group(c.Group.ID)
	require.NotNil(l.t, g, c.ID)
	require.Equal(l.t, plan.Remove, c.Kind, c.ID)
	require.Equal(l.t, plan.Asked, c.Cause, c.ID)
	require.Contains(l.t, l.e.opts.Scope.EmptyOrphans, g.Name, c.ID)
	require.True(l.t, strings.HasPrefix(g.Identifier, "rollcall:main:"), c.ID)
	for _, s := range l.e.sides {
		if strings.HasPrefix(g.Identifier, "rollcall:main:"+s.name+":") {
			require.True(l.t, s.complete, "%s: the source was not read whole", c.ID)
		}
	}
	for i := range l.roster.Groups() {
		w := &l.roster.Groups()[i]
		require.NotEqual(l.t, source.FoldIdentifier(g.Identifier), source.FoldIdentifier(w.Key.Identifier("main")), c.ID)
		require.False(l.t, w.Box.ID == 0 && source.FoldName(g.Name) == source.FoldName(w.Name), "%s: a source has a group of that name", c.ID)
	}
	require.True(l.t, l.mayTake(nil, g, c.User.ID), c.ID)
}

// requireOurs requires of a group that another one is compared with that it is its own:
// by its identifier or, where it is taken over, because nobody else has it, and somebody
// said that it may be.
func (l *ledger) requireOurs(g *ledgerGroup) {
	if g.have == nil || source.FoldIdentifier(g.have.Identifier) == source.FoldIdentifier(g.want.Key.Identifier("main")) {
		return
	}
	require.True(l.t, slices.ContainsFunc(g.first, (*plan.Change).TakesOver), "%v is not ours", g.ref)
	if g.have.Identifier == "" {
		require.True(l.t, l.e.opts.Adopt || !g.want.Box.IsZero(), "%v may be managed by hand", g.ref)
		return
	}
	instance, key, _ := source.ParseIdentifier(g.have.Identifier)
	if instance != "main" {
		require.False(l.t, g.want.Box.IsZero(), "%v is somebody else's", g.ref)
		return
	}
	for _, s := range l.e.sides {
		require.False(l.t, s.name == key.Source && (!s.complete || slices.ContainsFunc(s.groups, func(w estateWanted) bool {
			return source.FoldName(w.id) == source.FoldName(key.ID)
		})), "%v has not gone from its source", g.ref)
	}
}

// logged returns the user whose login it is in Box, or zero.
func (l *ledger) logged(login source.Login) target.UserID {
	for _, u := range l.e.users {
		if strings.EqualFold(u.Login, login.Key()) {
			return u.ID
		}
	}
	return 0
}

// leftAlone reports whether members.ignore or members.domains leave the logins alone.
func (l *ledger) leftAlone(logins ...string) bool {
	return slices.ContainsFunc(logins, func(login string) bool {
		domain := login[strings.LastIndex(login, "@")+1:]
		return matches(l.e.opts.Ignore, login) || len(l.e.opts.Domains) > 0 && !slices.Contains(l.e.opts.Domains, domain)
	})
}

func matches(patterns []source.Pattern, text string) bool {
	return slices.ContainsFunc(patterns, func(p source.Pattern) bool { return p.Match(text) })
}

// mayTake reports whether the policies let the user be removed from, or demoted in, the
// group, which is nil for an orphan.
func (l *ledger) mayTake(g *ledgerGroup, have *estateGroup, user target.UserID) bool {
	policies := []string{have.Name}
	if g != nil {
		policies = g.policies
	}
	said, login := l.e.rails.said(policies), l.e.user(user).Login
	removes := l.e.opts.Remove
	if said.remove != nil {
		removes = *said.remove
	}
	return removes && !l.e.opts.Scope.SkipRemovals && !l.leftAlone(login) && user != l.e.opts.Self &&
		!matches(l.e.opts.Protect, login) && !matches(mustGlobs(said.protect...), login)
}

// told reports whether a finding of one of the kinds names the group and the text.
func (l *ledger) told(g *ledgerGroup, text string, kinds ...plan.FindingKind) bool {
	return slices.ContainsFunc(l.p.Findings, func(f plan.Finding) bool {
		about := f.Group == g.ref || strings.Contains(f.Text, strconv.Quote(g.ref.Name))
		return about && slices.Contains(kinds, f.Kind) && (strings.Contains(f.Text, text) || strings.EqualFold(f.Login.String(), text))
	})
}

// claims are the people of the source group whose a member may be: by a login, by what
// is remembered, and by an alias that they are wanted under.
type claims struct{ login, memory, alias []source.PersonIndex }

func (l *ledger) claimsOf(g *ledgerGroup, user target.UserID) claims {
	var c claims
	for _, m := range g.want.Members {
		p, logins := m.Person, l.roster.Logins(m.Person)
		if slices.ContainsFunc(logins, func(login source.Login) bool { return l.logged(login) == user }) {
			c.login = append(c.login, p)
		}
		if l.remembered(p) == user {
			c.memory = append(c.memory, p)
		}
		if slices.ContainsFunc(l.e.alias, func(a target.Alias) bool {
			return a.User == user && !a.Untold && slices.ContainsFunc(logins, func(login source.Login) bool { return login.Key() == a.Email })
		}) {
			c.alias = append(c.alias, p)
		}
	}
	return c
}

// remembered returns the user that an earlier run knew the person as. Whose key is the
// login is not remembered.
func (l *ledger) remembered(p source.PersonIndex) target.UserID {
	if l.e.opts.Memory == nil || l.roster.Source(p) != "ad" {
		return 0
	}
	return l.e.opts.Memory.People["ad/"+l.roster.Person(p).Key]
}

// managed returns the user of the person's first login that is a managed user's.
func (l *ledger) managed(p source.PersonIndex) target.UserID {
	for _, login := range l.roster.Logins(p) {
		if id := l.logged(login); id != 0 && !l.e.user(id).Standing.External {
			return id
		}
	}
	return 0
}

// disputed reports whether the user may be somebody else of the source than the one
// who is remembered so: one who has the login, or is remembered so too.
func (l *ledger) disputed(user target.UserID) bool {
	n := 0
	for i := range source.PersonIndex(l.roster.People()) {
		mine := slices.ContainsFunc(l.roster.Logins(i), func(login source.Login) bool { return l.logged(login) == user })
		if l.roster.Source(i) == "ad" && !l.roster.HasLeft(i) && (mine || l.remembered(i) == user) {
			n++
		}
	}
	return n > 1
}
