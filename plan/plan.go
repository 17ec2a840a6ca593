// Package plan decides. It compares a roster (who should be where) with what
// Box says (who is where) and makes a [Plan]: the changes that are due, the
// changes that are due and deliberately held, and the findings that a reviewer
// must know.
//
// The package is pure: no context, no network, no clock, no log. Same input,
// same plan, to the byte.
//
// # How a plan is made
//
// Reading and deciding alternate, so that Box is asked for no more than is
// needed. [Match] pairs source groups with Box groups and says which groups to
// list ([Differ.ToList]). [Differ.Listed] takes those listings one at a time, in
// any order, and keeps only what differs. [Differ.Unresolved] says which logins
// nobody has seen yet; [Differ.Resolve] takes the users found. [Differ.Finish]
// names the causes, applies the limits and returns the plan. [Diff] does all of
// it for a snapshot in memory.
//
// # What it never does
//
// It never plans a removal or a demotion from a group that the source did not
// give whole, nor of a membership that Box did not show; it never adds and
// removes the same user in the same group; it never touches a group that does
// not carry this installation's identifier.
package plan

import (
	"maps"
	"slices"
	"time"

	"github.com/rollcall-sync/rollcall/source"
)

// Plan is what one run would do, and why, and what it would not do.
type Plan struct {
	Header   Header
	Groups   []GroupSummary // the groups compared, ordered by name
	Changes  []Change       // ordered by group, kind and login
	Holds    []Hold
	Findings []Finding
	// Memory is what the next run is to remember; nil where nothing is. It is no
	// part of a saved plan.
	Memory *Memory
}

// Header says what a plan rests on.
type Header struct {
	Tool string // the program's version
	// Created and Expires bound the time in which a saved plan may be applied.
	// They are in UTC and in whole seconds.
	Created, Expires time.Time
	Instance         string
	EnterpriseID     string
	Enterprise       string
	Account          string // the login that Box was read as
	// Fingerprint is of the configuration, as far as it decides what a plan says.
	Fingerprint Fingerprint
	Scope       Scope
	Sources     []source.Evidence
	Remembered  []RememberedSource // what limits.source_shrink was measured against, where runs are remembered
	Compared    Compared
	Limits      Limits
	GroupLimits []PolicyLimits // those of some groups, the first that says one binding
	Allowed     []Allowance    // what was allowed beyond the limits, this once
	// Paused are the pauses that were in force when the plan was made or, in the
	// report of a saved plan, when it was applied.
	Paused []Paused
	// Notices are what whoever looks at the plan should know first, in the report of a
	// saved plan as of when it was applied.
	Notices []Notice
	Kept    Kept
	// AllowAll is what --allow takes to let through everything that limits hold, what
	// is allowed already included. It is empty where none holds, and where every hold
	// by one says as much of itself.
	AllowAll []string
	// Blocked says that a limit over the whole run held a kind of change.
	Blocked bool
	Calls   Calls
	// ChangeRef and ApprovedBy are what whoever applied the plan said of it: the
	// change's number elsewhere, and who agreed.
	ChangeRef, ApprovedBy string
}

// Scope is how the command line narrowed or widened the run. It is part of what
// a plan means: a saved plan is applied with the scope it was made with.
type Scope struct {
	// Groups choose source groups by name, beside the configuration; empty: all.
	Groups []source.Pattern
	// SkipRemovals leaves out removals and demotions.
	SkipRemovals bool
	// EmptyOrphans names orphans, as Box spells them, whose members are removed.
	EmptyOrphans []string
}

// Fingerprint is the configuration's digest in parts, so that a mismatch can be
// told by the name of the part that changed. It is ordered by name.
type Fingerprint []FingerprintPart

// FingerprintPart is the digest of one part of the configuration.
type FingerprintPart struct {
	Name   string // a top-level key, such as "groups"
	Digest string // sha256:…
}

// Changed returns the names of the parts in which two fingerprints differ,
// sorted.
func (f Fingerprint) Changed(other Fingerprint) []string {
	digests := map[string][2]string{}
	for _, p := range f {
		digests[p.Name] = [2]string{p.Digest, ""}
	}
	for _, p := range other {
		digests[p.Name] = [2]string{digests[p.Name][0], p.Digest}
	}
	var changed []string
	for _, name := range slices.Sorted(maps.Keys(digests)) {
		if d := digests[name]; d[0] != d[1] {
			changed = append(changed, name)
		}
	}
	return changed
}

// Compared counts what the limits on the whole run are measured against.
type Compared struct {
	Groups      int // groups compared that are in Box
	Memberships int // their memberships
	// Logins are those wanted in the groups, of people whom no policy leaves alone,
	// and NewUnknown those of them that Box does not know and that were not unknown
	// at the last run: none where no last run is remembered.
	Logins, NewUnknown int
}

// Kept counts the changes that were left out of the plan on purpose, by the
// setting that did it. They are neither changes nor holds.
type Kept struct {
	Protected int // removals and demotions of members.protect, of a policy's protect and of ourselves
	Additive  int // removals and demotions under remove: false, of members or of a policy
	Roles     int // role changes under members.manage_roles: false
	Ignored   int // memberships under members.ignore
	Domains   int // memberships outside members.domains
}

// Calls is what a plan costs.
type Calls struct {
	Made          int64
	RatePerMinute int // 0: no limit
	Lookup        string
}

// GroupSummary is what was compared for one group.
type GroupSummary struct {
	Group GroupRef
	// NameInSource is its name in the source, where that is another one. Policies
	// and pauses may mean the group by it, also where the sources are not read again.
	NameInSource string
	Current      int // memberships in Box
}

// Counts are the figures of a plan's last line.
type Counts struct {
	Add, Change, Remove, Held, Findings int
}

// Counts counts the plan. Change is role changes and changes to groups; held
// changes count under Held alone.
func (p *Plan) Counts() Counts {
	c := Counts{Findings: len(p.Findings)}
	for i := range p.Changes {
		switch p.Changes[i].Kind {
		case Add:
			c.Add++
		case Remove:
			c.Remove++
		default:
			c.Change++
		}
	}
	for i := range p.Holds {
		c.Held += p.Holds[i].Size()
	}
	return c
}

// CallsToApply returns how many calls applying the plan takes when nothing
// goes wrong: one for each change, and one more for each takeover, which reads
// the group before it writes.
func (p *Plan) CallsToApply() int {
	calls := len(p.Changes)
	for i := range p.Changes {
		if p.Changes[i].TakesOver() {
			calls++
		}
	}
	return calls
}
