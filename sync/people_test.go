package sync_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target"
)

// give says what Box tells of somebody's account.
func (b *memoryBox) give(who string, standing target.Standing) {
	if b.standings == nil {
		b.standings = map[target.UserID]target.Standing{}
	}
	b.standings[b.user(who).ID] = standing
}

func (b *memoryBox) alias(who, email string) {
	b.aliases = append(b.aliases, target.Alias{User: b.user(who).ID, Email: address(email), Confirmed: true})
}

// renamed is a Box in which bob, who is wanted as an admin of Finance, is known by
// his old address, and carl is a co-admin.
func renamed() (b *memoryBox, wanted string) {
	b = newBox("Finance: ann, bob.old, gone\nLegal: bob.old, carl", "dora")
	b.alias("bob.old", "Bob@acme.example")
	b.give("bob.old", target.Standing{Role: target.EnterpriseUser})
	b.give("carl", target.Standing{Role: target.EnterpriseCoAdmin})
	b.give("ann", target.Standing{Role: target.EnterpriseUser})
	b.give("dora", target.Standing{Role: target.EnterpriseUser, Status: target.Inactive})
	return b, "Finance: ann admin, bob admin, dora admin\nLegal: BOB, carl admin"
}

// What listings leave open is asked in as few questions as may be, and the header
// says which.
func TestPlan_asksAboutPeople(t *testing.T) {
	t.Parallel()
	b, wanted := renamed()
	p := planned(t, b, wanted)
	assert.Equal(t, []string{"Account", "Groups", "Members", "Users", "Aliases", "Users"}, b.reads)
	assert.Equal(t, [][]string{{"bob@acme.example", "dora@acme.example"}, nil}, b.lookups)
	assert.Equal(t, []target.UserID{b.user("ann").ID, b.user("carl").ID, b.user("bob.old").ID}, b.ranked,
		"bob.old only when he turned out to be bob; dora came with her login")
	assert.ElementsMatch(t, []target.UserID{b.user("bob.old").ID, b.user("gone").ID}, b.doubted)
	assert.Equal(t, plan.Calls{Made: 6, Lookup: "asked for 2; read the aliases of 2; asked for 0"}, p.Header.Calls)

	var made, found []string
	for _, c := range p.Changes {
		made = append(made, c.Kind.String()+" "+c.Group.Name+" "+c.User.Login+" "+c.After.String())
	}
	for _, f := range p.Findings {
		found = append(found, string(f.Kind)+" "+f.Login.String())
	}
	assert.Equal(t, []string{
		"add Finance dora@acme.example admin", "set_role Finance ann@acme.example admin",
		"set_role Finance bob.old@acme.example admin", "remove Finance gone@acme.example other",
	}, made)
	assert.Equal(t, []string{"co_admin carl@acme.example", "email_alias bob@acme.example", "inactive_user dora@acme.example"}, found)
}

// After that there is nothing to do, and nothing to ask: nobody is to go.
func TestApply_ofPeopleConverges(t *testing.T) {
	t.Parallel()
	b, wanted := renamed()
	first := planned(t, b, wanted)
	left := recheck(t, saved(t, first), b, wanted)
	require.Equal(t, first.Changes, left.Plan.Changes, "Monday is as Friday was")
	done := groupsync.Apply(t.Context(), left.Plan, b, groupsync.ApplyOptions{Concurrency: 2})
	require.Equal(t, plan.Tally{Applied: 4}, plan.TallyOf(done.Results))

	b.reads, b.doubted, b.ranked = nil, nil, nil
	second := planned(t, b, wanted)
	assert.Empty(t, second.Changes)
	assert.Empty(t, second.Holds)
	assert.Equal(t, []target.UserID{b.user("bob.old").ID}, b.doubted, "whom the source still calls otherwise")
	assert.Equal(t, []target.UserID{b.user("carl").ID}, b.ranked)
}

// Whoever turns out to be wanted as admin under an alias may be a co-admin too.
func TestPlan_hearsTheLastAnswer(t *testing.T) {
	t.Parallel()
	b, wanted := renamed()
	b.give("bob.old", target.Standing{Role: target.EnterpriseCoAdmin})
	p := planned(t, b, wanted)
	for _, c := range p.Changes {
		assert.NotEqual(t, "bob.old@acme.example", c.User.Login)
	}
	assert.Len(t, p.Findings, 4)
}

// A question that is not answered ends the run: nobody is removed for want of an
// answer.
func TestPlan_questionsThatFail(t *testing.T) {
	t.Parallel()
	for name, reads := range map[string][]string{
		"logins":  {"Account", "Groups", "Members", "Users"},
		"aliases": {"Account", "Groups", "Members", "Users", "Aliases"},
		"roles":   {"Account", "Groups", "Members", "Users", "Aliases", "Users"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, wanted := renamed()
			p := saved(t, planned(t, b, wanted))
			broken := errors.New("503 from Box")
			failing := func() {
				b.reads = nil
				b.onRead = func(context.Context, string) error {
					if len(b.reads) == len(reads) {
						return broken
					}
					return nil
				}
			}
			failing()
			_, err := makePlan(t.Context(), []groupsync.Source{saying("hr", wanted)}, b, options())
			require.ErrorIs(t, err, broken)
			assert.Equal(t, reads, b.reads)

			if name == "roles" {
				return // a saved plan has asked for them with the logins
			}
			failing()
			in := groupsync.Inputs{Roster: roster("hr", wanted), Account: b.account}
			b.reads = []string{"Account"}
			left, err := groupsync.Recheck(t.Context(), p, in, b, options())
			require.Nil(t, left)
			require.ErrorIs(t, err, broken)
			assert.Equal(t, reads, b.reads)
		})
	}
}

// Nothing is asked about somebody of whom Box has said what it says.
func TestPlan_asksOnceForARoleThatBoxDoesNotTell(t *testing.T) {
	t.Parallel()
	b, wanted := renamed()
	b.standings = nil
	p := planned(t, b, wanted)
	assert.ElementsMatch(t, []target.UserID{b.user("ann").ID, b.user("carl").ID, b.user("bob.old").ID}, b.ranked)
	assert.Len(t, p.Changes, 5, "whoever may be a co-admin is granted what is wanted, and Box decides")
}

// Whoever is wanted is somebody whom the saved plan leaves alone, so that one whose
// aliases Box does not tell goes as planned; nobody is asked about twice.
func TestRecheck_asksAboutOthersWhereAliasesAreUntold(t *testing.T) {
	t.Parallel()
	const wanted = "Finance: ann, new"
	b := newBox("Finance: ann, old, mid", "")
	b.alias("mid", "new@acme.example")
	b.aliases = append(b.aliases, target.Alias{User: b.user("old").ID, Untold: true})
	p := saved(t, planned(t, b, wanted))
	require.Len(t, p.Changes, 1)
	b.reads, b.doubted = nil, nil

	left := recheck(t, p, b, wanted)

	assert.Equal(t, p.Changes, left.Plan.Changes)
	assert.Equal(t, []target.UserID{b.user("old").ID, b.user("mid").ID}, b.doubted)
	assert.Equal(t, []string{"Account", "Groups", "Members", "Users", "Aliases", "Aliases"}, b.reads)

	b.reads, b.aliases = nil, b.aliases[:1]
	recheck(t, p, b, wanted)
	assert.Equal(t, []string{"Account", "Groups", "Members", "Users", "Aliases"}, b.reads, "told that there are none")
}

// What a dead run had begun is looked up without a question about people.
func TestSettle_asksNothingAboutPeople(t *testing.T) {
	t.Parallel()
	b, wanted := renamed()
	p := planned(t, b, wanted)
	b.reads = nil
	_, err := groupsync.Settle(t.Context(), p, []int{0, 1, 2, 3}, b)
	require.NoError(t, err)
	assert.Equal(t, []string{"Groups", "Members"}, b.reads)
}
