package plan

import (
	"slices"
	"time"

	"github.com/rollcall-sync/rollcall/target"
)

// Memory is what the runs of one installation remember of each other. It
// enters a plan as [Options.Memory] and leaves it as [Plan.Memory]; losing it
// costs comfort, never correctness. A nil memory is that of an installation
// that remembers nothing.
type Memory struct {
	// Updated is when the memory was last brought up to date, in UTC.
	Updated time.Time
	// Fingerprint is the one under which a run over all groups last came to its end;
	// empty where none has.
	Fingerprint Fingerprint
	// Agreed is the fingerprint under which somebody last applied a saved plan of
	// the whole run; empty where nobody has.
	Agreed Fingerprint
	// People are the Box users that people of the sources turned out to be, by
	// source and person key, with a slash between.
	People map[string]target.UserID
	// Groups are the Box groups that carried the identifiers of source groups when
	// they were last compared, by folded identifier.
	Groups map[string]target.GroupID
	// Holds and Absences say when what is held now was first held, by [Hold.ID],
	// and when somebody who is no longer listed was first missed, by the id of
	// the change that would remove them.
	Holds, Absences map[string]time.Time
	// HoldSizes are how many changes each of Holds counted for when it was last told
	// of as news, or fewer if it has been smaller since.
	HoldSizes map[string]int
	// Unknown are the logins, folded and sorted, that Box did not know.
	Unknown []string
	// UnknownCounted says that a run over all groups has filled Unknown, so that the
	// next one can be compared with it.
	UnknownCounted bool
	// Sources are the figures of each source, by its name: those of the last run that
	// did not lose more of them than limits.source_shrink.
	Sources map[string]SourceCounts
	// Made is what runs made in Box lately, the newest first.
	Made []Made
	// Owned counts the groups in Box that carried an identifier of ours.
	Owned int
	// Calls counts the requests made in the month of Updated.
	Calls int64
}

// SourceCounts are how much a source said.
type SourceCounts struct {
	Groups, Memberships int
}

// RememberedSource are the figures of a source that a plan was measured against.
type RememberedSource struct {
	Name string
	SourceCounts
}

// NewHolds counts the plan's holds that nobody has acknowledged and that are news
// to the memory: it does not know them, or they have grown. Where nothing is
// remembered all are news.
func (p *Plan) NewHolds(m *Memory) int {
	n := 0
	for i, s := range p.ages(m, time.Time{}) {
		if p.Holds[i].Acknowledged == (Acknowledged{}) && s.News != Open {
			n++
		}
	}
	return n
}

// Agrees reports whether whoever applies the plan has seen all that a run may do:
// a plan that the command line narrowed shows a part of it.
func (p *Plan) Agrees() bool {
	return len(p.Header.Scope.Groups) == 0 && !p.Header.Scope.SkipRemovals
}

// HoldsRun reports whether the plan holds what is due in the whole run, or on the word
// of a whole source: so much was not decided.
func (p *Plan) HoldsRun() bool {
	return slices.ContainsFunc(p.Holds, func(h Hold) bool { return h.Group == GroupRef{} })
}

// Agree notes that somebody has applied a plan that [Plan.Agrees] to all that a run
// may do under the fingerprint.
func (m *Memory) Agree(to Fingerprint) {
	m.Agreed = to
	review := Hold{Rule: RuleReview}
	delete(m.Holds, review.ID())
	delete(m.HoldSizes, review.ID())
}

// AddCalls counts n more calls to Box at a time: for the month, in UTC.
func (m *Memory) AddCalls(n int64, now time.Time) {
	now = now.UTC()
	if last := m.Updated.UTC(); now.Year() != last.Year() || now.Month() != last.Month() {
		m.Calls = 0
	}
	m.Calls += n
	m.Updated = now
}

// missedSince returns when the person whom the change removes was first missed.
func (m *Memory) missedSince(c *Change, now time.Time) time.Time {
	if since, ok := m.Absences[c.ID]; ok {
		return since
	}
	return now
}
