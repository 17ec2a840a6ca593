package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// What is planned and what is held are, together, what a plain comparison of two sets
// comes to; whatever else becomes of somebody is told, or is what a policy says.
func TestEstate_holdsAndChangesAreThePlainDiff(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e, p := drawPlanned(t)
		l := open(t, e, p)
		for _, g := range l.groups {
			l.requirePlain(g)
		}
	})
}

// No plan exceeds a limit, by totals and floors that are counted here.
func TestEstate_limitsAreNeverExceeded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e, p := drawPlanned(t)
		open(t, e, p).requireWithin()
	})
}

// Nobody is removed or demoted in a group that the source did not give whole.
func TestEstate_nothingIsTakenFromAnIncompleteGroup(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e, p := drawPlanned(t)
		l := open(t, e, p)
		for _, g := range l.groups {
			require.True(t, g.want.Complete() || spend(l.of(g)).takes == 0, "%v", changes(l.of(g)))
		}
	})
}

// Whoever is removed or demoted is a member whom Box showed, with the membership and
// the role that it showed.
func TestEstate_onlyWhoWasSeenIsRemovedOrDemoted(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e, p := drawPlanned(t)
		for _, c := range p.Changes {
			if c.Kind != plan.Remove && c.Kind != plan.SetRole {
				continue
			}
			g := e.group(c.Group.ID)
			require.NotNil(t, g, c.ID)
			require.Contains(t, g.members, target.Membership{ID: c.Membership, User: c.User.ID, Role: c.Before}, c.ID)
			require.NotEmpty(t, c.User.Login, "%s: nobody knows who that is", c.ID)
		}
	})
}

// Whom members.protect or a policy protects, whom members.ignore or members.domains
// leave alone, and the account that Box is accessed as are neither removed nor demoted.
func TestEstate_protectedPeopleAreUntouched(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e, p := drawPlanned(t)
		l := open(t, e, p)
		for i := range p.Changes {
			c := &p.Changes[i]
			require.False(t, c.User.ID != 0 && l.leftAlone(c.User.Login), "%s is left alone", c.ID)
		}
		for _, g := range l.groups {
			for _, c := range l.of(g) {
				require.True(t, spend([]plan.Change{c}).takes == 0 || l.mayTake(g, g.have, c.User.ID), "%s is protected", c.ID)
			}
		}
	})
}

// A role changes only to one that somebody states.
func TestEstate_unstatedRolesChangeNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := drawEstate(t)
		for _, s := range e.sides {
			for _, g := range s.groups {
				for key := range g.members {
					g.members[key] = source.Unstated
				}
			}
		}
		p := e.planned(t)
		for _, c := range open(t, e, p).all() {
			require.NotEqual(t, plan.SetRole, c.Kind, c.ID)
			require.True(t, c.Kind != plan.Add || c.After == target.RoleMember, c.ID)
		}
	})
}

// What nobody sees before it is made waits for somebody: takeovers of groups, groups
// of which a policy says so, and all of a run that is not agreed to. What is paused, and
// the group of all users, is left alone altogether, and no group is made ours while Box
// hides some.
func TestEstate_whatNobodyHasSeenWaits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e, p := drawPlanned(t)
		l, o := open(t, e, p), &e.opts
		for _, c := range l.all() {
			for _, pause := range o.Pauses {
				named := c.Group.Name
				require.False(t, pause.Until.After(o.Now) && pause.Group.Match(named), "%s is paused", c.ID)
			}
			if g := e.group(c.Group.ID); g != nil {
				require.False(t, g.AllUsers, c.ID)
			}
		}
		_, allowed := e.rails.allows(plan.RuleGroupCreations, nil)
		if e.hidden > 0 && !allowed {
			require.Zero(t, spend(p.Changes).creations+spend(p.Changes).takeovers)
		}
		if o.Reviewed {
			return
		}
		require.Zero(t, spend(p.Changes).takeovers)
		for _, g := range l.groups {
			require.True(t, g.said.reviewed == nil || !*g.said.reviewed || len(l.of(g)) == 0, "%v", changes(l.of(g)))
		}
		if o.RequireReview && (o.Memory == nil || len(o.Memory.Agreed) == 0 || o.Memory.Agreed[0] != o.Fingerprint[0]) {
			require.Empty(t, changes(p.Changes))
		}
	})
}

// An absence that nothing explains lasts as long as members.removal_grace before
// anybody goes.
func TestEstate_nobodyGoesBeforeTheGraceHasPassed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e, p := drawPlanned(t)
		for _, c := range p.Changes {
			if c.Kind != plan.Remove || c.Cause == plan.Left || c.Cause == plan.Asked || e.opts.Memory == nil {
				continue
			}
			since, missed := e.opts.Memory.Absences[c.ID]
			require.True(t, e.opts.RemovalGrace == 0 || missed && !e.opts.Now.Before(since.Add(e.opts.RemovalGrace)), c.ID)
		}
	})
}

// Every source group of the configuration is compared, with a Box group that is its own,
// or it is said why not.
func TestEstate_everyGroupIsComparedOrItIsSaidWhyNot(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e, p := drawPlanned(t)
		l := open(t, e, p)
		said := map[source.GroupKey]bool{}
		for _, g := range l.groups {
			said[g.ref.Key] = true
			require.True(t, g.have == nil || !g.have.AllUsers)
			l.requireOurs(g)
		}
		for _, h := range p.Holds {
			said[h.Group.Key] = true
		}
		for _, f := range p.Findings {
			said[f.Group.Key] = said[f.Group.Key] || f.Kind == plan.NotOurs || f.Kind == plan.NotCreated
		}
		o := &e.opts
		for i := range l.roster.Groups() {
			g := &l.roster.Groups()[i]
			if len(o.Include)+len(o.Exclude)+len(o.Scope.Groups)+len(o.Pauses) == 0 {
				require.True(t, said[g.Key], "nothing is said of %v", g.Key)
			}
		}
	})
}

// A plan that is written and read back is the same, and so is its digest.
func TestEstate_writtenAndReadBackIsTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		_, p := drawPlanned(t)
		file := written(t, p)
		back := read(t, file)
		require.Empty(t, differences(p, back))
		require.Equal(t, string(file), string(written(t, back)))
		require.Equal(t, p.Digest(), back.Digest())
	})
}

// The order in which sources and Box say things does not matter: not to what is done,
// and not to a byte, but where two people are one user: the first one says the role that
// is held. Whom Box shows without a login is another matter: they are known or not by the
// time that others are listed.
func TestEstate_orderIsIrrelevant(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e, p := drawNamed(t)
		other := e.clone()
		for i := range other.sides {
			s := &other.sides[i]
			s.people, s.groups = rapid.Permutation(s.people).Draw(t, "people"), rapid.Permutation(s.groups).Draw(t, "groups")
		}
		other.groups = rapid.Permutation(other.groups).Draw(t, "groups in Box")
		for i := range other.groups {
			g := &other.groups[i]
			g.members = rapid.Permutation(g.members).Draw(t, "members")
		}
		other.users, other.alias = rapid.Permutation(other.users).Draw(t, "users"), rapid.Permutation(other.alias).Draw(t, "aliases")
		again := other.planned(t)
		require.Equal(t, p.Digest(), again.Digest())
		require.Equal(t, changes(p.Changes), changes(again.Changes))
		if !slices.ContainsFunc(p.Findings, func(f plan.Finding) bool { return f.Kind == plan.SharedLogin }) {
			require.Equal(t, string(written(t, p)), string(written(t, again)))
			require.Equal(t, p.Memory, again.Memory)
		}
	})
}

// Once a plan is applied, the next one has nothing to do but what this one held, or could not
// compare: a name that is set free, or a group that somebody else gave up.
func TestEstate_appliedIsDone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e, p := drawNamed(t)
		compared, due := map[string]bool{}, map[string]bool{}
		for _, s := range p.Groups {
			compared[source.FoldIdentifier(s.Group.Identifier)] = true
		}
		for _, h := range p.Holds {
			for i := range h.Changes {
				due[whatAndWhom(&h.Changes[i])] = true
			}
		}
		after := e.after(t, p.Changes)
		if p.Memory != nil {
			after.opts.Memory = p.Memory
		}
		for _, c := range after.planned(t).Changes {
			require.True(t, due[whatAndWhom(&c)] || !compared[source.FoldIdentifier(c.Group.Identifier)], "%s is due after all, as %s", c.ID, strings.Join(changes([]plan.Change{c}), ""))
		}
	})
}

// whatAndWhom says what the change is about, whatever role it gives.
func whatAndWhom(c *plan.Change) string {
	return fmt.Sprint(c.Kind, " ", source.FoldIdentifier(c.Group.Identifier), " ", c.User.ID)
}
