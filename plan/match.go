package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// Options are the policies under which a plan is made. The zero value is
// harmless: it creates nothing, removes nothing and changes no role.
type Options struct {
	Instance string
	// Include and Exclude choose source groups by name; without Include all
	// are chosen.
	Include, Exclude []source.Pattern
	// Scope is what the command line chose for this run.
	Scope       Scope
	Create      bool // groups that Box does not have are created
	Adopt       bool // groups of the right name that carry no identifier are taken over
	Remove      bool // removals and demotions are planned
	ManageRoles bool // roles are granted and changed
	// Settings are what every group is to have, where they are not "". The
	// description is for the sources to say.
	Settings target.Settings
	// Mapped are the entries that the roster was mapped with.
	Mapped  []source.MapEntry
	Protect []source.Pattern
	Ignore  []source.Pattern
	Domains []string // lower case; if set, logins elsewhere are left alone
	// Self is the user that Box is accessed as, who is never removed or demoted.
	Self target.UserID
	// Policies are what differs for some groups, the first that says it binding.
	Policies []Policy
	Limits   Limits
	Allow    []Allowance
	// Reviewed says that a person sees the plan before it is applied. Otherwise
	// every takeover of a group is held.
	Reviewed bool
	// RemovalGrace is how long somebody must have been missing from a group before
	// the removal is due. It needs a memory.
	RemovalGrace time.Duration
	// Pauses leave groups alone, and Acknowledged are holds that are no news, each
	// for as long as its time has not come.
	Pauses       []Pause
	Acknowledged []Acknowledgement
	// RequireReview holds everything where nobody sees the plan, unless a person has
	// applied one under the same fingerprint. It needs a memory.
	RequireReview bool
	Fingerprint   Fingerprint
	// Memory is what earlier runs remember, nil where nothing is remembered; Now
	// is the time of this run.
	Memory *Memory
	Now    time.Time
}

// removes reports whether removals and demotions are planned.
func (o *Options) removes() bool { return o.Remove && !o.Scope.SkipRemovals }

// pair is a source group with its Box group, or an orphan without a source
// group, and what was found to differ.
type pair struct {
	ref       GroupRef
	desired   *source.Group // nil: an orphan
	actual    target.Group  // zero id: to be created
	takeover  Kind          // AdoptGroup or RekeyGroup, where the group is not yet this source group's
	needs     []string      // what every other change of the group needs
	unread    bool          // of a saved plan; the source group was not read
	vacated   bool          // and the plan takes everybody out of it
	planned   string        // of a saved plan: the name that the source gave it then, where that was another one
	formerly  string        // and the name before, where the plan renames it
	empty     bool          // an orphan that is to be emptied
	strangers bool          // nobody whom the source has in the group is in it or can be added
	deserted  bool          // it empties the group, as somebody who was to come cannot be added any more
	rules     *groupRules
	calls     []string // the names that mean it, the plan's first
	doubtful  bool     // too many of its members in the source have no login
	reviewed  bool     // what is due in it is for a person to see first
	admins    int      // group admins whom Box shows
	current   int
	hidden    int                    // memberships that Box announced and did not show
	limited   bool                   // Box could not list the group whole
	reused    bool                   // it may be another group than Box has, with the id of that one
	shared    map[target.UserID]bool // users that two people of the source are
	disputed  bool                   // one of them only by what is remembered
	add       []source.Membership
	gone      []target.Membership
	namesakes map[target.UserID]namesake
	twins     []twin                 // what it may be under another name
	untold    map[target.UserID]bool // leavers who may be wanted under an alias that Box does not tell
	role      []roleChange
	noRename  bool     // the new name is taken
	due       []Change // what would be done if nothing held it
}

// roleChange is a membership whose role the source states otherwise.
type roleChange struct {
	membership target.Membership
	want       source.Role
}

// Match pairs the roster's groups with Box's, by what is said of them and by
// identifier: a group of the right name without our identifier is somebody
// else's, until a change takes it over. It returns the differ that takes the listings of the groups found.
func Match(roster *source.Roster, groups []target.Group, opts Options) *Differ {
	d := newDiffer(roster, opts)
	groups = slices.SortedFunc(slices.Values(groups), func(a, b target.Group) int { return cmp.Compare(a.ID, b.ID) })
	index := newGroupIndex(groups)
	d.findNames(index)
	d.findUnusedMapping()
	d.ours = countOwned(groups, opts.Instance)
	for _, g := range d.chosen {
		d.match(g, index)
	}
	d.findOrphans(groups)
	d.findCreated(index)
	return d
}

// leavesAlone reports whether the pair's source group is paused. The Box group that
// it would take over has not gone from its source for that.
func (d *Differ) leavesAlone(p *pair, index groupIndex, carrying, taken []target.Group) bool {
	if found, shown := index.byID[target.GroupID(p.desired.Box.ID)]; shown {
		taken = []target.Group{found}
	}
	all := slices.Concat(carrying, taken)
	if former, shown := d.opts.Memory.former(p.ref.Identifier, index); shown && len(carrying) == 0 {
		all = append(all, former)
	}
	if !d.pausing.leaves(p.ref, p.desired.NameInSource(), all...) {
		return false
	}
	if len(carrying) == 0 && len(taken) == 1 {
		d.takesOver(&pair{desired: p.desired}, taken[0])
	}
	return true
}

// groupIndex finds Box groups by id, by identifier and by folded name.
type groupIndex struct {
	byID         map[target.GroupID]target.Group
	byIdentifier map[string][]target.Group
	byName       map[string][]target.Group
}

func newGroupIndex(groups []target.Group) groupIndex {
	index := groupIndex{map[target.GroupID]target.Group{}, map[string][]target.Group{}, map[string][]target.Group{}}
	for _, g := range groups {
		index.byID[g.ID] = g
		if g.Identifier != "" {
			identifier := source.FoldIdentifier(g.Identifier)
			index.byIdentifier[identifier] = append(index.byIdentifier[identifier], g)
		}
		name := source.FoldName(g.Name)
		index.byName[name] = append(index.byName[name], g)
	}
	return index
}

// findNames notes which identifiers and folded names the sources have, and which
// groups want those names. Two that clash do so in a run that the command line
// narrowed to one of them too.
func (d *Differ) findNames(index groupIndex) {
	for _, e := range d.roster.Evidence() {
		d.sources[e.Name] = e.GroupsComplete
	}
	for i := range d.roster.Groups() {
		g := &d.roster.Groups()[i]
		identifier := source.FoldIdentifier(g.Key.Identifier(d.opts.Instance))
		d.known[identifier] = true
		if found, shown := index.byID[target.GroupID(g.Box.ID)]; shown {
			d.boxNames[g] = found.Name
		}
		name := source.FoldName(d.nameOf(g))
		d.names[name] = true
		if !d.configured(g) {
			continue
		}
		d.wanting[name] = append(d.wanting[name], g)
		d.alike[identifier] = append(d.alike[identifier], g)
		if d.inScope(g) {
			d.chosen = append(d.chosen, g)
		}
	}
}

func (d *Differ) match(g *source.Group, index groupIndex) {
	p := &pair{ref: GroupRef{Key: g.Key, Identifier: g.Key.Identifier(d.opts.Instance), Name: d.nameOf(g)}, desired: g}
	p.rules = d.rulesOf(p)
	carrying := index.byIdentifier[source.FoldIdentifier(p.ref.Identifier)]
	if d.leavesAlone(p, index, carrying, index.byName[source.FoldName(p.ref.Name)]) {
		return
	}
	paired := false
	switch {
	case len(d.wanting[source.FoldName(p.ref.Name)]) > 1:
		d.holds = append(d.holds, d.clashHold(p.ref, g))
		d.findPartial(p)
	case len(d.alike[source.FoldIdentifier(p.ref.Identifier)]) > 1:
		d.holds = append(d.holds, d.alikeHold(p.ref, g))
		d.findPartial(p)
	case len(carrying) > 1:
		d.holds = append(d.holds, Hold{
			Rule: RuleDuplicateIdentifier, Group: p.ref,
			Reason:  fmt.Sprintf("%d Box groups carry the identifier %s (ids %s)", len(carrying), p.ref.Identifier, ids(carrying)),
			Release: releaseDuplicates(p.ref.Identifier, carrying),
		})
	case g.Box.ID != 0:
		paired = d.matchByID(p, carrying, index)
	case len(carrying) == 1:
		paired = d.matchByIdentifier(p, carrying[0], index)
	default:
		paired = d.matchByName(p, index)
	}
	if !paired {
		return
	}
	if p.actual.ID != 0 {
		d.listed[p.actual.ID] = p
	}
	d.pairs = append(d.pairs, p)
}

// matchByIdentifier pairs a source group with the one Box group that carries its
// identifier.
func (d *Differ) matchByIdentifier(p *pair, found target.Group, index groupIndex) bool {
	if found.AllUsers {
		d.notOurs(p.ref, found)
		return false
	}
	p.actual, p.ref.ID, p.ref.Identifier = found, found.ID, found.Identifier
	p.noRename = p.renames() && slices.ContainsFunc(index.byName[source.FoldName(p.ref.Name)],
		func(other target.Group) bool { return other.ID != found.ID })
	return true
}

// matchByName pairs a source group, whose identifier no Box group carries, with the
// one that has its name, or with one that is to be created.
func (d *Differ) matchByName(p *pair, index groupIndex) bool {
	taken, named := index.byName[source.FoldName(p.ref.Name)], p.desired.Box.Named
	switch {
	case len(taken) == 1 && d.takesOver(p, taken[0]):
		return true
	case d.lost(p, taken, index):
		return false
	case len(taken) > 1 && named:
		d.holdMapped(p, "%s names the Box group %s, and %d have that name (ids %s)",
			p.desired.Box.Origin, strconv.Quote(p.ref.Name), len(taken), ids(taken))
		return false
	case len(taken) == 1 && named && !taken[0].AllUsers:
		d.holdBelongs(p, taken[0])
		return false
	case len(taken) > 0:
		d.notOurs(p.ref, taken[0])
		return false
	case !d.opts.Create:
		d.finding(NotCreated, p.ref, "%s is not in Box, and groups.create is off", strconv.Quote(p.ref.Name))
		return false
	default:
		return true
	}
}

// takesOver makes the group the pair's, if it may be taken over: one without an
// identifier where groups.adopt says so or somebody names the group, one of ours
// whose key no source has any more, and one of somebody else's that is named. What
// a source that was not read whole does not have may still be there.
func (d *Differ) takesOver(p *pair, found target.Group) bool {
	instance, key, ours := source.ParseIdentifier(found.Identifier)
	ours = ours && instance == d.opts.Instance
	mapped := !p.desired.Box.IsZero()
	switch {
	case found.AllUsers:
		return false
	case found.Identifier == "" && (d.opts.Adopt || mapped), found.Identifier != "" && !ours && mapped:
		p.takeover = AdoptGroup
	case ours && !d.known[source.FoldIdentifier(found.Identifier)] && d.mayBeGone(key.Source):
		p.takeover = RekeyGroup
	default:
		return false
	}
	p.actual, p.ref.ID = found, found.ID
	d.claimed[found.ID] = true
	return true
}

// mayBeGone reports whether a group that the source does not have has gone from
// it: the source was read whole, or is no longer configured.
func (d *Differ) mayBeGone(name string) bool {
	whole, configured := d.sources[name]
	return whole || !configured
}

func (p *pair) renames() bool {
	return p.desired != nil && p.actual.ID != 0 && p.actual.Name != p.ref.Name
}

// clashHold holds one of several source groups that want one name. They are not
// compared: which of them the Box group of that name would be is not known.
func (d *Differ) clashHold(ref GroupRef, wanted *source.Group) Hold {
	wanting := d.wanting[source.FoldName(ref.Name)]
	oneSource := !slices.ContainsFunc(wanting, func(g *source.Group) bool { return g.Key.Source != ref.Key.Source })
	origin := func(g *source.Group) string {
		if oneSource {
			return g.Origin
		}
		return "source " + g.Key.Source + ", " + g.Origin
	}
	var others []string
	for _, g := range wanting {
		if g.Key != ref.Key {
			place := origin(g)
			if g.Box.ID != 0 {
				place = fmt.Sprintf("%s, Box group %d by %s", place, g.Box.ID, g.Box.Origin)
			}
			others = append(others, fmt.Sprintf("%s (%s)", strconv.Quote(g.NameInSource()), place))
		}
	}
	return Hold{
		Rule: RuleNameClash, Group: ref,
		Reason:  fmt.Sprintf("the same name is wanted for %s; this one is from %s", strings.Join(others, ", "), origin(wanted)),
		Release: releaseClash(wanting),
	}
}

// notOurs says whose the group of the wanted name is. Of another group of our sources
// the plan may change it.
func (d *Differ) notOurs(ref GroupRef, taken target.Group) {
	instance, key, ours := source.ParseIdentifier(taken.Identifier)
	whose, alone := "", "; it is left alone"
	switch {
	case taken.AllUsers:
		whose = "is Box's group of all users"
	case taken.Identifier == "":
		whose = "carries no identifier, so it may be managed by hand"
	case ours && instance == d.opts.Instance:
		whose = fmt.Sprintf("belongs to group %s of source %s", strconv.Quote(key.ID), strconv.Quote(key.Source))
		if d.known[source.FoldIdentifier(taken.Identifier)] {
			alone = ""
		}
	case ours:
		d.foreign[instance]++
		whose = fmt.Sprintf("belongs to another instance of rollcall: it carries the identifier %s", strconv.Quote(taken.Identifier))
	default:
		whose = fmt.Sprintf("carries the identifier %s", strconv.Quote(taken.Identifier))
	}
	d.finding(NotOurs, ref, "Box group %s (id %s) %s%s", strconv.Quote(taken.Name), taken.ID, whose, alone)
	if taken.Identifier == "" && !taken.AllUsers {
		d.findings[len(d.findings)-1].Release = "to take it over: groups.adopt: by_name in the configuration, then plan -o FILE and apply FILE"
	}
}

// findOrphans finds the groups that carry the identifier of a current source
// which was read whole and no longer has them, and that no other source group
// takes over.
func (d *Differ) findOrphans(groups []target.Group) {
	for _, g := range groups {
		instance, key, ok := source.ParseIdentifier(g.Identifier)
		if !ok || instance != d.opts.Instance || g.AllUsers {
			continue
		}
		if !d.sources[key.Source] {
			d.spare(&g, d.absent(key.Source))
			d.noteStray(&g, key.Source)
			continue
		}
		d.owned[key.Source]++
		if d.known[source.FoldIdentifier(g.Identifier)] || d.claimed[g.ID] {
			continue
		}
		d.gone[key.Source]++
		p := &pair{ref: GroupRef{Key: key, Identifier: g.Identifier, ID: g.ID, Name: g.Name}, actual: g}
		if !source.MatchAny(d.opts.Exclude, g.Name) && !d.wantedByName(p) {
			d.orphans = append(d.orphans, p)
		}
		if !d.orphanInScope(g.Name) {
			d.spare(&g, d.leftOut(g.Name))
			continue
		}
		if d.pausing.leaves(p.ref, p.ref.Name) {
			continue
		}
		p.rules = d.rulesOf(p)
		d.listed[g.ID] = p
		d.pairs = append(d.pairs, p)
		d.namedSo[source.FoldName(g.Name)]++
	}
	d.findStrays()
	d.chooseOrphans()
}

// actuals returns the Box groups of the pairs.
func actuals(pairs []*pair) []target.Group {
	var groups []target.Group
	for _, p := range pairs {
		groups = append(groups, p.actual)
	}
	return groups
}

// chooseOrphans marks the orphans that are to be emptied. A name must mean one
// group, and not one that the source wants under another key: that group has
// not gone.
func (d *Differ) chooseOrphans() {
	for _, name := range d.opts.Scope.EmptyOrphans {
		var named []*pair
		for _, p := range d.pairs {
			if p.desired == nil && source.FoldName(p.ref.Name) == source.FoldName(name) {
				named = append(named, p)
			}
		}
		switch {
		case !d.opts.removes() && len(named) != 1, len(named) == 1 && !d.removesFrom(named[0]):
			d.finding(UnusedOrphan, GroupRef{}, "--empty-orphan %s: removals are off, so it is not emptied", ShellQuote(name))
		case len(named) == 0 && d.pausing.named(name):
			d.finding(UnusedOrphan, GroupRef{}, "--empty-orphan %s: the group is paused, so it is not emptied", ShellQuote(name))
		case len(named) < 2 && d.names[source.FoldName(name)]:
			d.finding(UnusedOrphan, GroupRef{}, "--empty-orphan %s: a source has a group of that name, so it is not emptied", ShellQuote(name))
		case len(named) == 0 && d.spared[source.FoldName(name)] != "":
			d.finding(UnusedOrphan, GroupRef{}, "--empty-orphan %s: %s, so it is not emptied", ShellQuote(name), d.spared[source.FoldName(name)])
		case len(named) == 0:
			d.finding(UnusedOrphan, GroupRef{}, "--empty-orphan %s names no group that is ours and gone from its source", ShellQuote(name))
		case len(named) > 1:
			d.finding(UnusedOrphan, GroupRef{}, "--empty-orphan %s could mean %d groups (ids %s), so none is emptied; rename one of them in Box",
				ShellQuote(name), len(named), ids(actuals(named)))
		default:
			named[0].empty = true
		}
	}
}

// wantedByName reports whether a source has a group of the orphan's name.
func (d *Differ) wantedByName(p *pair) bool { return d.names[source.FoldName(p.ref.Name)] }

func (d *Differ) finding(kind FindingKind, ref GroupRef, format string, args ...any) {
	d.findings = append(d.findings, Finding{Kind: kind, Group: ref, Text: fmt.Sprintf(format, args...)})
}

func ids(groups []target.Group) string {
	texts := make([]string, len(groups))
	for i, g := range groups {
		texts[i] = g.ID.String()
	}
	return strings.Join(texts, ", ")
}
