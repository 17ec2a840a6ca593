package plan_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// mixed is a random world in which groups have other names in Box, are mapped, are
// paused and have policies of their own, all at once.
type mixed struct {
	roster *source.Roster
	box    target.Snapshot
	opts   plan.Options
}

// mixedGlobs mean groups by names of the source, by those of Box, and by both.
var mixedGlobs = []string{"A", "b", "[CD]", "Team *", "Team A", "X", "Y", "?", "*"}

func drawMixed(t *rapid.T) mixed {
	var m source.Mapping
	for range rapid.IntRange(0, 2).Draw(t, "rules") {
		rule, err := source.NewGroupRewrite("r", oneOf(t, "match", []string{"^(.)$", "[AB]", "C"}), oneOf(t, "replace", []string{"Team $0", "Y", "$0"}))
		require.NoError(t, err)
		m.Groups = append(m.Groups, rule)
	}
	for _, g := range []string{"A", "B", "C"} {
		switch rapid.IntRange(0, 5).Draw(t, "mapped") {
		case 0:
			m.Entries = append(m.Entries, byID(g, rapid.Uint64Range(99, 107).Draw(t, "id")))
		case 1:
			m.Entries = append(m.Entries, byName(g, oneOf(t, "name", weekNames)))
		}
	}
	w := mixed{roster: mapped(t, drawSide(t).roster(), m), box: drawBox(t)}
	if rapid.IntRange(0, 4).Draw(t, "all users") == 0 && len(w.box.Groups) > 0 {
		w.box.Groups[0].AllUsers = true
	}
	w.opts = options(func(o *plan.Options) {
		o.Mapped, o.Now = m.Entries, night(3)
		o.Remove, o.Adopt, o.Create = rapid.Bool().Draw(t, "remove"), rapid.Bool().Draw(t, "adopt"), rapid.Bool().Draw(t, "create")
		o.Limits = plan.Limits{HoldEmptyGroup: rapid.Bool().Draw(t, "hold empty"), HoldLastAdmin: rapid.Bool().Draw(t, "hold last admin")}
		for range rapid.IntRange(0, 3).Draw(t, "policies") {
			o.Policies = append(o.Policies, drawPolicy(t))
		}
	})
	return w
}

func drawPolicy(t *rapid.T) plan.Policy {
	p := glob(oneOf(t, "policy for", mixedGlobs))
	maybe := func(label string, say said) {
		if rapid.IntRange(0, 2).Draw(t, label) == 0 {
			say(&p)
		}
	}
	maybe("remove", remove(rapid.Bool().Draw(t, "removes")))
	maybe("protect", protect(oneOf(t, "protected", []string{"u2@*", "u3@*", "*"})))
	maybe("review", review(true))
	maybe("empty", emptyGroup(rapid.Bool().Draw(t, "empties")))
	maybe("last admin", lastAdmin(rapid.Bool().Draw(t, "keeps")))
	maybe("removals", removals(plan.AtMost(rapid.IntRange(0, 2).Draw(t, "removals at most"))))
	maybe("adds", adds(plan.AtMost(rapid.IntRange(0, 2).Draw(t, "adds at most"))))
	return p
}

func (w mixed) plan(t *rapid.T, edits ...func(*plan.Options)) *plan.Plan {
	o := w.opts
	for _, edit := range edits {
		edit(&o)
	}
	p, err := plan.Diff(w.roster, w.box, o)
	require.NoError(t, err)
	return p
}

func changeIDs(cs []plan.Change) []string {
	ids := []string{}
	for i := range cs {
		ids = append(ids, cs[i].ID)
	}
	slices.Sort(ids)
	return ids
}

// A plan that is applied at once is applied whole, whatever names, policies and
// limits it rests on, and whether or not the sources are read again; with pauses of
// today it is what it would have been under them.
func TestProperty_savedIsApplied(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawMixed(t)
		saved := w.plan(t, reviewed)
		// Of a group that is emptied but for those whom a policy protects, a plan alone does
		// not tell that it is emptied: then the limits on its removals bind.
		protects := slices.ContainsFunc(w.opts.Policies, func(p plan.Policy) bool { return p.Protect != nil })
		glob := oneOf(t, "paused", mixedGlobs)
		under := w.plan(t, reviewed, pausing(glob))
		for _, r := range []*source.Roster{w.roster, nil} {
			c := recheckIn(t, saved, r, w.box, w.opts)
			compare := require.Equal
			if r == nil && protects {
				compare = require.Subset
			}
			compare(t, changeIDs(saved.Changes), changeIDs(c.Plan.Changes), "%v", fates(saved, c))
			paused := w.opts
			pausing(glob)(&paused)
			c = recheckIn(t, saved, r, w.box, paused)
			compare(t, changeIDs(under.Changes), changeIDs(c.Plan.Changes), "%v", fates(saved, c))
		}
	})
}

// A narrowed run makes no change that a run over all groups does not make, where no
// limit on the run binds.
func TestProperty_narrowedIsPartOfAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawMixed(t)
		w.opts.Reviewed = rapid.Bool().Draw(t, "reviewed")
		var edits []func(*plan.Options)
		if rapid.Bool().Draw(t, "pausing") {
			edits = append(edits, pausing(oneOf(t, "paused", mixedGlobs)))
		}
		all := w.plan(t, edits...)
		some := w.plan(t, append(edits, narrowed(oneOf(t, "narrowed", mixedGlobs)))...)
		require.Subset(t, changeIDs(all.Changes), changeIDs(some.Changes))
	})
}

// Nobody is taken from a group against its policies, and after a run the next plan
// is empty.
func TestProperty_combinedPlanKeepsItsPromises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawMixed(t)
		w.opts.Reviewed = rapid.Bool().Draw(t, "reviewed")
		p := w.plan(t)
		desired := map[string]*source.Group{}
		for i := range w.roster.Groups() {
			g := &w.roster.Groups()[i]
			desired[source.FoldIdentifier(g.Key.Identifier("main"))] = g
		}
		taken := map[target.GroupID]bool{}
		for i := range p.Changes {
			c := &p.Changes[i]
			g := desired[source.FoldIdentifier(c.Group.Identifier)]
			require.NotNil(t, g, c.ID)
			in := slices.IndexFunc(w.box.Groups, func(b target.Group) bool { return b.ID == c.Group.ID })
			if in < 0 {
				require.True(t, c.Kind == plan.CreateGroup || len(c.Needs) == 1, c.ID)
				continue
			}
			is := w.box.Groups[in]
			require.False(t, is.AllUsers, c.ID)
			if c.TakesOver() {
				taken[is.ID] = true
				require.True(t, w.opts.Reviewed, c.ID)
				require.True(t, is.Identifier == "" && (w.opts.Adopt || !g.Box.IsZero()) || desired[source.FoldIdentifier(is.Identifier)] == nil, c.ID)
			}
			require.True(t, taken[is.ID] || source.FoldIdentifier(is.Identifier) == source.FoldIdentifier(c.Group.Identifier), c.ID)
			if c.Takes() {
				require.True(t, g.Complete(), c.ID)
				says := w.says(g, c.Group.Name)
				require.True(t, says.remove, c.ID)
				require.False(t, source.MatchAny(says.protect, c.User.Login), c.ID)
				require.True(t, !says.review || w.opts.Reviewed, c.ID)
			}
		}
		// A name that a rename sets free is given in the next run.
		held := len(p.Holds) > 0
		for range 8 {
			again := slices.ContainsFunc(p.Changes, func(c plan.Change) bool { return c.Kind == plan.RenameGroup })
			w.apply(t, p.Changes)
			if p = w.plan(t); !again {
				break
			}
		}
		// What is held once can be due once its group is empty, or another one is admin.
		if !held {
			require.Empty(t, changes(p.Changes))
		}
	})
}

// ruling is what policies say of a group, found the long way round.
type ruling struct {
	remove, review bool
	protect        []source.Pattern
}

func (w mixed) says(g *source.Group, inBox string) ruling {
	out := ruling{remove: w.opts.Remove}
	var remove, protect, review bool
	for _, p := range w.opts.Policies {
		if !p.Match.Match(g.Name) && !p.Match.Match(g.NameInSource()) && !p.Match.Match(inBox) {
			continue
		}
		if p.Remove != nil && !remove {
			remove, out.remove = true, *p.Remove
		}
		if p.Protect != nil && !protect {
			protect, out.protect = true, p.Protect
		}
		if p.RequireReview != nil && !review {
			review, out.review = true, *p.RequireReview
		}
	}
	return out
}

// apply makes the changes in the world's Box, and holds it to the last admin.
func (w *mixed) apply(t *rapid.T, cs []plan.Change) {
	for i := range cs {
		c := &cs[i]
		if c.Kind == plan.CreateGroup {
			made(target.GroupID(900+len(w.box.Groups)), c.Group.Name, c.Group.Identifier, "")(&w.box)
			continue
		}
		in := slices.IndexFunc(w.box.Groups, func(b target.Group) bool {
			return b.ID == c.Group.ID || c.Group.ID == 0 && b.Identifier == c.Group.Identifier
		})
		require.GreaterOrEqual(t, in, 0, c.ID)
		l := &w.box.Listings[slices.IndexFunc(w.box.Listings, func(l target.Listing) bool { return l.Group == w.box.Groups[in].ID })]
		at := slices.IndexFunc(l.Memberships, func(m target.Membership) bool { return m.User == c.User.ID })
		switch c.Kind {
		case plan.AdoptGroup, plan.RekeyGroup:
			w.box.Groups[in].Identifier = c.Group.Identifier
		case plan.RenameGroup:
			w.box.Groups[in].Name = c.Group.Name
		case plan.Add:
			l.Users = append(l.Users, c.User)
			l.Memberships = append(l.Memberships, target.Membership{ID: target.MembershipID(5000 + i), User: c.User.ID, Role: c.After})
		case plan.SetRole:
			l.Memberships[at].Role = c.After
		case plan.Remove:
			l.Memberships = slices.Delete(l.Memberships, at, at+1)
		default:
		}
	}
}
