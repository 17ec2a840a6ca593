package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/target"
)

// everybody is a Box of which the first group is the built-in one of all users.
func everybody(text string) target.Snapshot {
	s := told(box(text, "ann", "bob"))
	s.Groups[0].AllUsers = true
	return s
}

// Box's group of all users is never touched, on whatever way a plan may come to it.
func TestAllUsers(t *testing.T) {
	t.Parallel()
	settled := wanting(target.Settings{"", "HR", "admins_only", "admins_only"})
	for name, test := range map[string]struct {
		roster, box    string
		want, findings []string
		held           []string
		edit           func(*plan.Options)
	}{
		"create-under-its-name":  {roster: "All: ann", box: "All []: bob", findings: []string{"not_ours All"}},
		"create-in-another-case": {roster: "ALL : ann", box: "All []: bob", findings: []string{"not_ours ALL"}},
		"adopt":                  {roster: "All: ann", box: "All []: bob", edit: adopting, findings: []string{"not_ours All"}},
		"adopt-a-namesake":       {roster: "All: ann", box: "All []: bob\n all []: bob", edit: adopting, findings: []string{"not_ours All"}},
		"rekey":                  {roster: "All: ann", box: "All [rollcall:main:old:All]: bob", edit: adopting, findings: []string{"not_ours All"}},
		"it-carries-our-key":     {roster: "All: ann", box: "All: bob", findings: []string{"not_ours All"}},
		"it-and-another-carry-it": {
			roster: "All: ann", box: "Everybody [rollcall:main:hr:All]: bob\n All: bob", findings: []string{}, held: []string{"duplicate_identifier All 0"},
		},
		"rename-to-its-name": {
			roster: "All: ann", box: "All []: bob\n Old [rollcall:main:hr:All]: ann", findings: []string{}, held: []string{"name_taken All 1"},
			want: []string{"update_group All (source)"},
		},
		"it-is-called-otherwise": {roster: "All: ann", box: "Everybody [rollcall:main:hr:All]: bob", findings: []string{"not_ours All"}},
		"orphan":                 {roster: "A: ann", box: "All: bob\n A: ann", findings: []string{}, want: []string{"update_group A (source)"}},
		"empty-orphan": {
			roster: "A: ann", box: "All: bob\n A: ann", edit: emptying("All"), findings: []string{"unused_orphan"}, want: []string{"update_group A (source)"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opts := options(settled, unlimited)
			if test.edit != nil {
				test.edit(&opts)
			}
			s := everybody(test.box)
			p := diff(t, roster(test.roster), s, opts)
			assert.Equal(t, orEmpty(test.want), changes(p.Changes))
			assert.Equal(t, orEmpty(test.held), holds(p.Holds))
			assert.Equal(t, test.findings, findings(p.Findings))
			for _, c := range p.Changes {
				assert.NotEqual(t, s.Groups[0].ID, c.Group.ID)
			}
			for _, h := range p.Holds {
				for _, c := range h.Changes {
					assert.NotEqual(t, s.Groups[0].ID, c.Group.ID)
				}
			}
			d := plan.Match(roster(test.roster), s.Groups, opts)
			assert.NotContains(t, d.ToList(), s.Groups[0].ID, "its members are not even asked for")
		})
	}
}

// A saved plan does nothing to a group that has turned out to be the one of all
// users, nor takes its name.
func TestAllUsers_savedPlan(t *testing.T) {
	t.Parallel()
	const skip = ": skipped, it is Box's group of all users, which is never touched"
	opts := options(adopting, unlimited, wanting(target.Settings{"", "HR"}), emptying("Old"))
	friday := told(box("A: ann, carl\n B [rollcall:main:hr:Bee]: ann\n C []: ann\n Old: dora\n D [rollcall:main:gone:D]: ann", "bob"))
	r := roster("A: ann admin, bob\n Bee: ann\n C: ann\n D: ann\n New: ann")
	saved := diff(t, r, friday, opts)
	assert.Equal(t, []string{
		"update_group A (source)", "add A bob as member (joined)", "set_role A ann member to admin (role)", "remove A carl (unexplained)",
		"rename_group Bee from B (source)", "update_group Bee (source)", "adopt_group C (source)", "update_group C (source)",
		"rekey_group D (source)", "update_group D (source)", "create_group New (source)", "add New ann as member (joined)", "remove Old dora (asked)",
	}, changes(saved.Changes))
	for i := range friday.Groups {
		friday.Groups[i].AllUsers = true
	}
	friday.Groups = append(friday.Groups, target.Group{ID: 999, Name: "NEW", AllUsers: true})
	c := recheck(t, saved, nil, friday, opts)
	assert.Equal(t, []string{
		"update_group A" + skip, "add A bob as member" + skip, "set_role A ann member to admin" + skip, "remove A carl" + skip,
		"rename_group Bee from B" + skip, "update_group Bee" + skip, "adopt_group C" + skip,
		`update_group C: skipped, needs "adopt_group C", which is not made`, "rekey_group D" + skip,
		`update_group D: skipped, needs "rekey_group D", which is not made`,
		"create_group New: skipped, Box group 999 has that name now",
		`add New ann as member: skipped, needs "create_group New", which is not made`, "remove Old dora" + skip,
	}, fates(saved, c))
}
