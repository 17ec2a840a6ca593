package plan_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// typed returns what a shell makes of the flags in a text.
func typed(t require.TestingT, text string) []plan.Allowance {
	var out []plan.Allowance
	for _, flag := range regexp.MustCompile(`--allow (('[^']*'|\\'|[^ '])+)`).FindAllStringSubmatch(text, -1) {
		word := strings.NewReplacer(`'\''`, `'`, `'`, ``).Replace(flag[1])
		a, err := plan.ParseAllowance(word)
		require.NoError(t, err, text)
		out = append(out, a)
	}
	return out
}

// limitHolds returns the holds that --allow releases.
func limitHolds(p *plan.Plan) []plan.Hold {
	return slices.DeleteFunc(slices.Clone(p.Holds), func(h plan.Hold) bool { return !strings.Contains(h.Release, "--allow") })
}

// strained is a random world with every limit in force.
type strained struct {
	roster *source.Roster
	box    target.Snapshot
	hidden int
	opts   plan.Options
}

func drawStrained(t *rapid.T) strained {
	var w strained
	switch rapid.IntRange(0, 2).Draw(t, "world") {
	case 0:
		m := drawMixed(t)
		w = strained{m.roster, m.box, 0, m.opts}
	case 1:
		l := drawLookalikes(t)
		w = strained{l.roster(l.order()), l.snapshot(), 0, options()}
	default:
		plain := drawWorld(t)
		w = strained{plain.roster(straight), plain.snapshot(straight), 0, options()}
		for range rapid.IntRange(0, 2).Draw(t, "policies") {
			w.opts.Policies = append(w.opts.Policies, drawPolicy(t))
		}
	}
	w.opts.Limits = drawAllLimits(t)
	w.opts.Reviewed = rapid.IntRange(0, 3).Draw(t, "reviewed") > 0
	if rapid.IntRange(0, 3).Draw(t, "hides groups") == 0 {
		w.hidden = 1
	}
	if rapid.Bool().Draw(t, "remembers") {
		w.opts.Memory, w.opts.Now = &plan.Memory{UnknownCounted: true}, night(3)
		w.opts.Memory.Sources = map[string]plan.SourceCounts{"hr": {Groups: rapid.IntRange(0, 9).Draw(t, "groups before"), Memberships: rapid.IntRange(0, 90).Draw(t, "memberships before")}}
	}
	w.opts.Allow = drawAllowances(t)
	return w
}

func drawAllowances(t *rapid.T) []plan.Allowance {
	var out []plan.Allowance
	for _, text := range []string{
		"removals=3", "adds=5", "demotions=1", "admin_grants=1", "group_creations=1", "removals_per_group=2", "removals_per_group:A=1",
		"adds_per_group:Y=1", "adds_per_group=2", "empty_group:B=allow", "last_admin=allow", "unknown_logins=1", "source_shrink=1", "source_shrink:hr=2",
		"removals_per_group:Team A=0", "unresolved_members:C=0",
	} {
		if rapid.IntRange(0, 5).Draw(t, text) == 0 {
			a, err := plan.ParseAllowance(text)
			require.NoError(t, err)
			out = append(out, a)
		}
	}
	return out
}

func (w *strained) plan(t require.TestingT, allow []plan.Allowance) *plan.Plan {
	o := w.opts
	o.Allow = allow
	d := plan.Match(w.roster, w.box.Groups, o)
	d.HiddenGroups(w.hidden)
	d.Resolve(w.box.Users)
	for _, l := range w.box.Listings {
		d.Listed(l)
	}
	p, err := d.Finish()
	require.NoError(t, err)
	return p
}

// What a hold says to type releases it, and no other limit holds what it held; what
// was allowed before is part of it, and does no harm beside it.
func TestProperty_whatAHoldSaysToTypeReleasesIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawStrained(t)
		p := w.plan(t, w.opts.Allow)
		for _, h := range limitHolds(p) {
			flags := typed(t, h.Release)
			for _, allow := range [][]plan.Allowance{flags, slices.Concat(w.opts.Allow, flags)} {
				after := limitHolds(w.plan(t, allow))
				for _, other := range after {
					require.NotEqual(t, h.ID(), other.ID(), "%s", h.Release)
					for _, c := range other.Changes {
						require.NotContains(t, changeIDs(h.Changes), c.ID, "%s: %s still holds %s", h.Release, other.ID(), c.ID)
					}
				}
			}
		}
	})
}

// What releases everything that limits hold leaves no such hold; where it is not said,
// every hold says it.
func TestProperty_whatReleasesAllReleasesAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawStrained(t)
		p := w.plan(t, w.opts.Allow)
		held := limitHolds(p)
		all := typed(t, plan.AllowFlags(p.Header.AllowAll))
		if len(p.Header.AllowAll) == 0 {
			if len(held) == 0 {
				return
			}
			all = typed(t, held[0].Release)
		}
		require.NotEmpty(t, held)
		require.Empty(t, holds(limitHolds(w.plan(t, all))), "%v", all)
	})
}

// A hint allows no more than its hold takes: with one less, a limit holds something
// of it again.
func TestProperty_hintsAreExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawStrained(t)
		w.opts.Limits.BlockAll = false
		for _, h := range limitHolds(w.plan(t, w.opts.Allow)) {
			flags := typed(t, h.Release)
			for i := range flags {
				if slices.Contains(w.opts.Allow, flags[i]) {
					continue
				}
				without := slices.Concat(w.opts.Allow, slices.Delete(slices.Clone(flags), i, i+1))
				var still []string
				for _, other := range limitHolds(w.plan(t, without)) {
					for _, c := range other.Changes {
						if slices.Contains(changeIDs(h.Changes), c.ID) {
							still = append(still, c.ID)
						}
					}
					if other.ID() == h.ID() {
						still = append(still, other.ID())
					}
				}
				require.NotEmpty(t, still, "%s: without %s all is well", h.Release, flags[i])
			}
		}
	})
}
