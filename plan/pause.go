package plan

import (
	"slices"
	"time"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// Pause leaves groups alone for a while: they are neither compared nor changed.
type Pause struct {
	// Group chooses groups by the name that the source gives them and by the one
	// that they have in Box: either will do.
	Group  source.Pattern
	Until  time.Time // the first moment at which it is over
	Reason string
	Set    time.Time // when somebody set it beside the configuration; zero: it stands there
}

// Paused is a pause in force, as a plan tells of it.
type Paused struct {
	Group  string // the pattern
	Until  time.Time
	Reason string
	Groups int       // how many groups of the run it leaves alone
	Set    time.Time // as in [Pause]
}

// UntilText returns the end of a pause or an acknowledgement as people say it:
// the last day, where it ends with a day (in UTC), or else the time.
func UntilText(t time.Time) string {
	t = t.UTC()
	if t.Equal(t.Truncate(24 * time.Hour)) {
		return t.Add(-time.Second).Format(time.DateOnly)
	}
	return t.Format(time.RFC3339)
}

// pausing is what the pauses in force come to.
type pausing struct {
	inForce []Pause
	counts  []int // for each, how many groups it leaves alone
	// groups are those that are left alone, once for each Box group that they are
	// or might be.
	groups []GroupRef
	names  map[string][]string // theirs, by folded identifier
}

func newPausing(opts *Options) pausing {
	p := pausing{names: map[string][]string{}}
	for _, pause := range opts.Pauses {
		if pause.Until.After(opts.Now) {
			p.inForce = append(p.inForce, pause)
		}
	}
	p.counts = make([]int, len(p.inForce))
	return p
}

// count counts a group with these names, and returns the pause that leaves it
// alone: of several the one that ends last, and nil of none.
func (p *pausing) count(names []string) *Pause {
	var longest *Pause
	for i := range p.inForce {
		pause := &p.inForce[i]
		if !slices.ContainsFunc(names, pause.Group.Match) {
			continue
		}
		p.counts[i]++
		if longest == nil || pause.Until.After(longest.Until) {
			longest = pause
		}
	}
	return longest
}

// leaves reports whether the group, which has another name in its source and may be
// one of those in Box, is paused.
func (p *pausing) leaves(ref GroupRef, inSource string, inBox ...target.Group) bool {
	names := []string{ref.Name, inSource}
	for _, g := range inBox {
		names = append(names, g.Name)
	}
	if p.count(names) == nil {
		return false
	}
	p.groups = append(p.groups, ref)
	p.names[source.FoldIdentifier(ref.Identifier)] = names
	for _, g := range inBox {
		ref.ID = g.ID
		p.groups = append(p.groups, ref)
	}
	return true
}

// named reports whether a group that is left alone has the name.
func (p *pausing) named(name string) bool {
	return slices.ContainsFunc(p.groups, func(g GroupRef) bool { return source.FoldName(g.Name) == source.FoldName(name) })
}

// told returns the pauses in force for a plan's header.
func (p *pausing) told() []Paused {
	var told []Paused
	for i, pause := range p.inForce {
		told = append(told, Paused{
			Group: pause.Group.String(), Until: pause.Until.UTC().Truncate(time.Second), Reason: pause.Reason, Groups: p.counts[i],
			Set: pause.Set.UTC().Truncate(time.Second),
		})
	}
	return told
}

// findPaused notes which groups of the saved plan are paused now: by a name that
// they have in the plan or in Box, by the one that they had in their source then, or
// by those that the fresh comparison went by. It counts these, and no others.
func (r *Recheck) findPaused() {
	paused := &r.differ.pausing
	if len(paused.inForce) == 0 {
		return
	}
	clear(paused.counts)
	names := map[string][]string{}
	for i := range r.saved.Changes {
		c := &r.saved.Changes[i]
		identifier := source.FoldIdentifier(c.Group.Identifier)
		names[identifier] = append(names[identifier], named(c.Group.Name, r.inSource[c.Group])...)
		if c.Kind == RenameGroup {
			names[identifier] = append(names[identifier], c.BeforeName)
		}
		if g, ok := r.find(c); ok {
			names[identifier] = append(names[identifier], g.Name)
		}
	}
	for identifier, of := range names {
		if pause := paused.count(append(of, paused.names[identifier]...)); pause != nil {
			r.paused[identifier] = pause
		}
	}
}

// pauseOf returns the pause that leaves the change's group alone, or nil.
func (r *Recheck) pauseOf(c *Change) *Pause {
	return r.paused[source.FoldIdentifier(c.Group.Identifier)]
}
