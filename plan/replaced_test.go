package plan_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/target"
)

// needs writes what the changes need beside their group: "remove A ann: add A zoe".
func needs(cs []plan.Change) []string {
	byID := map[string]plan.Change{}
	for _, c := range cs {
		byID[c.ID] = c
	}
	short := func(c plan.Change) string {
		return c.Kind.String() + " " + c.Group.Name + " " + strings.TrimSuffix(c.User.Login, "@acme.example")
	}
	out := []string{}
	for _, c := range cs {
		for _, id := range c.Needs {
			if n := byID[id]; n.User.ID != 0 {
				out = append(out, short(c)+": "+short(n))
			}
		}
	}
	return out
}

// DefGuard/defguard#3184: the grant that was to replace a group's last admin was
// refused after the admin had been demoted. So who goes waits for who comes.
func TestReplaced_needs(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		roster, box string
		known       []string
		edit        []func(*plan.Options)
		needs       []string
	}{
		"removed":  {roster: "A: bob, zoe admin", box: "A: bob, ann admin", known: []string{"zoe"}, needs: []string{"remove A ann: add A zoe"}},
		"demoted":  {roster: "A: bob admin, ann member", box: "A: bob, ann admin", needs: []string{"set_role A ann: set_role A bob"}},
		"two-go":   {roster: "A: bob admin, ann member", box: "A: bob, ann admin, carl admin", needs: []string{"set_role A ann: set_role A bob", "remove A carl: set_role A bob"}},
		"two-come": {roster: "A: bob admin, carl admin", box: "A: bob, carl, ann admin", needs: []string{"remove A ann: set_role A bob"}},
		"the-first-that-is-shown": {
			roster: "A: bob admin, zoe admin, yan admin", box: "A: bob, ann admin", known: []string{"zoe", "yan"}, needs: []string{"remove A ann: add A yan"},
		},
		"one-stays":                  {roster: "A: bob admin, carl, ann member", box: "A: bob, carl admin, ann admin", needs: nil},
		"nobody-goes":                {roster: "A: bob admin, ann", box: "A: bob, ann admin", needs: nil},
		"who-goes-is-no-admin":       {roster: "A: bob admin, ann", box: "A: bob, ann admin, carl", needs: nil},
		"beside-one-who-is-no-admin": {roster: "A: bob admin", box: "A: bob, ann admin, carl", needs: []string{"remove A ann: set_role A bob"}},
		"group-by-group":             {roster: "A: bob admin\n B: bob admin", box: "A: bob, ann admin\n B: bob, ann", needs: []string{"remove A ann: set_role A bob"}},
		"the-admin-may-go":           {roster: "A: bob admin", box: "A: bob, ann admin", edit: []func(*plan.Options){allowing(t, "last_admin:A=allow")}, needs: nil},
		"the-configuration-allows":   {roster: "A: bob admin", box: "A: bob, ann admin", edit: []func(*plan.Options){unlimited}, needs: nil},
		"a-grant-that-is-held-is-none": {
			roster: "A: bob admin, zoe admin", box: "A: bob, ann admin", known: []string{"zoe"},
			edit:  []func(*plan.Options){limits(func(l *plan.Limits) { l.AddsPerGroup = plan.AtMost(0) })},
			needs: []string{"remove A ann: set_role A bob"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := box(test.box, test.known...)
			p := diff(t, roster(test.roster), s, options(append([]func(*plan.Options){keeping}, test.edit...)...))
			assert.Equal(t, orEmpty(test.needs), needs(p.Changes))
			got, err := plan.Read(bytes.NewReader(written(t, p)))
			require.NoError(t, err)
			assert.Equal(t, orEmpty(test.needs), needs(got.Changes), "a plan file has it")
			c := recheck(t, p, roster(test.roster), s, options(append([]func(*plan.Options){keeping}, test.edit...)...))
			assert.Equal(t, orEmpty(test.needs), needs(c.Plan.Changes), "apply decides the same")
		})
	}
}

// In a group that is taken over, the takeover is needed as well.
func TestReplaced_takeover(t *testing.T) {
	t.Parallel()
	p := diff(t, roster("A: bob admin"), box("A []: bob, ann admin"), options(keeping, adopting, reviewed))
	require.Equal(t, []string{"adopt_group A (source)", "set_role A bob member to admin (role)", "remove A ann (unexplained)"}, changes(p.Changes))
	assert.Equal(t, []string{p.Changes[0].ID}, p.Changes[1].Needs)
	assert.Equal(t, []string{p.Changes[0].ID, p.Changes[1].ID}, p.Changes[2].Needs)
}

// What apply needs is decided of how things are now.
func TestReplaced_recheck(t *testing.T) {
	t.Parallel()
	const wanted, have = "A: ann member, bob admin, carl admin, dora", "A: ann admin, bob, carl, dora"
	const fromBob, fromCarl = "set_role A ann: set_role A bob", "set_role A ann: set_role A carl"
	r, s := roster(wanted), box(have)
	saved := diff(t, r, s, options(keeping))
	require.Equal(t, []string{fromBob}, needs(saved.Changes))
	for name, test := range map[string]struct {
		since   func(*target.Snapshot)
		today   func(*plan.Options)
		needs   []string
		demoted bool
		refused string
	}{
		"as-planned":                  {func(*target.Snapshot) {}, keeping, []string{fromBob}, true, ""},
		"met-already":                 {given("A", "bob", "admin"), keeping, nil, true, ""},
		"another-grant-is-left":       {left("A", "bob"), keeping, []string{fromCarl}, true, ""},
		"no-grant-is-left":            {edits(left("A", "bob"), left("A", "carl")), keeping, nil, false, "held by last_admin: "},
		"somebody-else-is-admin":      {edits(left("A", "bob"), left("A", "carl"), given("A", "dora", "admin")), keeping, nil, true, ""},
		"grants-are-too-many-today":   {func(*target.Snapshot) {}, limits(func(l *plan.Limits) { l.AdminGrants = plan.AtMost(1) }), nil, false, "held by last_admin: "},
		"the-identifier-is-not-ours":  {marked("A", "okta:7"), keeping, nil, false, `the group carries the identifier "okta:7" now`},
		"the-rule-is-off-since-today": {func(*target.Snapshot) {}, unlimited, []string{fromBob}, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := box(have)
			test.since(&now)
			c := recheck(t, saved, r, now, options(keeping, test.today))
			requireAccounted(t, saved, c)
			assert.Equal(t, orEmpty(test.needs), needs(c.Plan.Changes))
			assert.Equal(t, test.demoted, strings.Contains(strings.Join(changes(c.Plan.Changes), "\n"), "ann admin to member"))
			assert.Contains(t, strings.Join(fates(saved, c), "\n"), test.refused)
		})
	}
	require.Equal(t, []string{fromBob}, needs(saved.Changes), "the saved plan is left alone")
}
