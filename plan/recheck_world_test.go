package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// drift is a plan made on Friday and what is found on Monday.
type drift struct {
	roster string   // Friday's
	box    string   // Friday's
	known  []string // logins that Box knows besides
	edit   func(*plan.Options)
	// monday is the roster of Monday; empty: as on Friday. since changes Box.
	monday string
	since  func(*target.Snapshot)
	today  func(*plan.Options) // changes the options; nil: as on Friday
	want   verdict             // with the sources read
	alone  *verdict            // without them; nil: the same
}

// verdict is the fate of every change, in the order of the plan, and what is held.
type verdict struct{ fates, holds []string }

func runDrifts(t *testing.T, tests map[string]drift) {
	t.Helper()
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			friday := options(reviewed)
			if test.edit != nil {
				test.edit(&friday)
			}
			saved := diff(t, roster(test.roster), box(test.box, test.known...), friday)
			today, s := friday, box(test.box, test.known...)
			if test.today != nil {
				test.today(&today)
			}
			if test.since != nil {
				test.since(&s)
			}
			monday := test.roster
			if test.monday != "" {
				monday = test.monday
			}
			alone := test.alone
			if alone == nil {
				alone = &test.want
			}
			check := func(name string, r *source.Roster, want verdict) {
				c := recheck(t, saved, r, s, today)
				assert.Equal(t, orEmpty(want.fates), fates(saved, c), name)
				assert.Equal(t, orEmpty(want.holds), holds(c.Plan.Holds), name)
			}
			check("with the sources", roster(monday), test.want)
			check("without the sources", nil, *alone)
		})
	}
}

// recheck compares a saved plan with a snapshot and with the roster, which may be
// nil, and holds what comes of it to what is true of every one.
func recheck(t testing.TB, saved *plan.Plan, r *source.Roster, s target.Snapshot, opts plan.Options) *plan.Confirmed {
	t.Helper()
	re := plan.NewRecheck(saved, r, s.Groups, opts)
	for _, id := range re.ToList() {
		i := slices.IndexFunc(s.Listings, func(l target.Listing) bool { return l.Group == id })
		require.GreaterOrEqual(t, i, 0, "group %s is to be listed, and is not in Box", id)
		re.Listed(s.Listings[i])
	}
	c, err := re.Finish()
	require.NoError(t, err)
	requireAccounted(t, saved, c)
	return c
}

// requireAccounted requires that every change of the plan has one fate: it is left
// to be made, or held, or true already, or skipped for a reason that is said.
func requireAccounted(t require.TestingT, saved *plan.Plan, c *plan.Confirmed) {
	require.Len(t, c.Results, len(saved.Changes))
	header := saved.Header
	header.Blocked = slices.ContainsFunc(c.Plan.Holds, func(h plan.Hold) bool { return h.Group == plan.GroupRef{} })
	now := &c.Plan.Header // what is today's
	header.Paused, header.Notices, header.AllowAll = now.Paused, now.Notices, now.AllowAll
	require.Equal(t, header, c.Plan.Header)
	var toMake []string
	for i, result := range c.Results {
		switch result.Outcome {
		case plan.NotAttempted:
			require.Empty(t, result.Detail)
			toMake = append(toMake, saved.Changes[i].ID)
		case plan.Already, plan.Skipped:
			require.NotEmpty(t, result.Detail, saved.Changes[i].ID)
		default:
			require.Fail(t, "nothing was made yet", "%s %s", saved.Changes[i].ID, result.Outcome)
		}
	}
	var left []string
	for _, change := range c.Plan.Changes {
		left = append(left, change.ID)
	}
	require.Equal(t, toMake, left, "what is left to be made, in the order of the plan")
	for _, h := range c.Plan.Holds {
		require.NotEmpty(t, h.Release)
		last := -1
		for _, held := range h.Changes {
			i := slices.IndexFunc(saved.Changes, func(c plan.Change) bool { return c.ID == held.ID })
			require.GreaterOrEqual(t, i, 0, "%s is held and not in the plan", held.ID)
			require.Greater(t, i, last, "what is held comes in the order of the plan")
			last = i
			require.Equal(t, plan.Result{Outcome: plan.Skipped, Detail: "held by " + string(h.Rule) + ": " + h.Reason}, c.Results[i])
		}
	}
}

// fates writes what became of each change: "add Finance ann as member: skipped, …".
func fates(saved *plan.Plan, c *plan.Confirmed) []string {
	out := changes(saved.Changes)
	for i, result := range c.Results {
		text, _, _ := strings.Cut(out[i], " (")
		out[i] = text + ": to be made"
		if result.Outcome != plan.NotAttempted {
			out[i] = text + ": " + result.Outcome.String() + ", " + result.Detail
		}
	}
	return out
}

// edits changes a snapshot in several ways.
func edits(fs ...func(*target.Snapshot)) func(*target.Snapshot) {
	return func(s *target.Snapshot) {
		for _, f := range fs {
			f(s)
		}
	}
}

func onGroup(name string, f func(*target.Group)) func(*target.Snapshot) {
	return func(s *target.Snapshot) {
		i := slices.IndexFunc(s.Groups, func(g target.Group) bool { return g.Name == name })
		f(&s.Groups[i])
	}
}

func renamed(from, to string) func(*target.Snapshot) {
	return onGroup(from, func(g *target.Group) { g.Name = to })
}

func marked(name, identifier string) func(*target.Snapshot) {
	return onGroup(name, func(g *target.Group) { g.Identifier = identifier })
}

func onListing(name string, f func(*target.Listing)) func(*target.Snapshot) {
	return func(s *target.Snapshot) {
		i := slices.IndexFunc(s.Groups, func(g target.Group) bool { return g.Name == name })
		i = slices.IndexFunc(s.Listings, func(l target.Listing) bool { return l.Group == s.Groups[i].ID })
		f(&s.Listings[i])
	}
}

// joined adds somebody by hand: "ann", "ann admin".
func joined(group, who string) func(*target.Snapshot) {
	login, word, _ := strings.Cut(who, " ")
	u := target.User{ID: userID(address(login)), Login: address(login)}
	return onListing(group, func(l *target.Listing) {
		id := target.MembershipID(1_000_000*uint64(l.Group)) + target.MembershipID(len(l.Memberships))
		l.Users = append(l.Users, u)
		l.Memberships = append(l.Memberships, target.Membership{ID: id, User: u.ID, Role: boxRole(word)})
	})
}

func left(group, who string) func(*target.Snapshot) {
	return onListing(group, func(l *target.Listing) {
		l.Memberships = slices.DeleteFunc(l.Memberships, func(m target.Membership) bool { return m.User == userID(address(who)) })
	})
}

func given(group, who, role string) func(*target.Snapshot) {
	return onListing(group, func(l *target.Listing) {
		i := slices.IndexFunc(l.Memberships, func(m target.Membership) bool { return m.User == userID(address(who)) })
		l.Memberships[i].Role = boxRole(role)
	})
}

// gone deletes a group.
func gone(name string) func(*target.Snapshot) {
	return func(s *target.Snapshot) {
		s.Groups = slices.DeleteFunc(s.Groups, func(g target.Group) bool { return g.Name == name })
	}
}

// made makes a group by hand: its people as [box] takes them.
func made(id target.GroupID, name, identifier, members string) func(*target.Snapshot) {
	return func(s *target.Snapshot) {
		s.Groups = append(s.Groups, target.Group{ID: id, Name: name, Identifier: identifier})
		s.Listings = append(s.Listings, target.Listing{Group: id})
		for _, who := range entries(members) {
			joined(name, who)(s)
		}
	}
}

// called gives a user another login, or none, wherever a listing shows them.
func called(who, login string) func(*target.Snapshot) {
	if login != "" {
		login = address(login)
	}
	return func(s *target.Snapshot) {
		for _, l := range s.Listings {
			for i := range l.Users {
				if l.Users[i].ID == userID(address(who)) {
					l.Users[i].Login = login
				}
			}
		}
	}
}

// limits changes the limits of the options.
func limits(set func(*plan.Limits)) func(*plan.Options) {
	return func(o *plan.Options) { set(&o.Limits) }
}
