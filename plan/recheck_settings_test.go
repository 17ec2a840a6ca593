package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// What becomes of settings that a saved plan is to change, with the sources read
// and without.
func TestRecheck_settings(t *testing.T) {
	t.Parallel()
	hr := wanting(target.Settings{"", "HR"})
	settled := func(s target.Settings) func(*target.Snapshot) {
		return func(snapshot *target.Snapshot) { snapshot.Groups[0].Settings = s }
	}
	for name, test := range map[string]struct {
		edit, today func(*plan.Options)
		monday      *source.Roster
		since       func(*target.Snapshot)
		want, alone string
	}{
		"as-it-was":             {},
		"described-by-hand":     {since: settled(target.Settings{"by hand"}), want: `skipped, the description is "by hand" now`},
		"cleared-by-hand":       {since: settled(target.Settings{}), want: `skipped, the description is "" now`},
		"described-as-wanted":   {since: settled(target.Settings{"new"}), want: "already, the group has these settings already"},
		"another-setting":       {since: settled(target.Settings{"old", "", "admins_only"})},
		"one-is-there":          {edit: hr, since: settled(target.Settings{"old", "HR"})},
		"the-other-is-there":    {edit: hr, since: settled(target.Settings{"new", ""})},
		"both-are-there":        {edit: hr, since: settled(target.Settings{"new", "HR"}), want: "already, the group has these settings already"},
		"one-there-one-drifted": {edit: hr, since: settled(target.Settings{"new", "AD"}), want: `skipped, the provenance is "AD" now`},
		"one-drifted":           {edit: hr, since: settled(target.Settings{"by hand", ""}), want: `skipped, the description is "by hand" now`},
		"box-was-not-asked":     {since: func(s *target.Snapshot) { s.Groups[0].Told = false }, want: "skipped, Box was not asked for the group's settings"},
		"gone":                  {since: func(s *target.Snapshot) { s.Groups[0].ID = 999 }, want: "skipped, the group is gone from Box"},
		"not-ours-any-more":     {since: func(s *target.Snapshot) { s.Groups[0].Identifier = "okta:1" }, want: `skipped, the group carries the identifier "okta:1" now`},
		"all-users":             {since: func(s *target.Snapshot) { s.Groups[0].AllUsers = true }, want: "skipped, it is Box's group of all users, which is never touched"},
		"renamed-in-box":        {since: func(s *target.Snapshot) { s.Groups[0].Name = "B" }},
		"source-says-other":     {monday: about("A=other"), want: "skipped, source hr no longer asks for that description", alone: "to be made"},
		"source-says-nothing":   {monday: about("A"), want: "skipped, source hr no longer asks for that description", alone: "to be made"},
		"source-says-what-box-has": {
			monday: about("A=old"), want: "skipped, source hr no longer asks for that description", alone: "to be made",
		},
		"source-has-it-no-more": {monday: about("B=new"), want: "skipped, source hr no longer has the group", alone: "to be made"},
		"one-is-there-and-the-source-says-other": {
			edit: hr, monday: about("A=other"), since: settled(target.Settings{"new", ""}),
			want: "skipped, source hr no longer asks for that description", alone: "to be made",
		},
		"one-there-and-not-asked-for": {edit: hr, monday: about("A"), since: settled(target.Settings{"new", ""})},
		"configuration-asks-for-more": {today: hr},
		"configuration-asks-for-less": {
			edit: hr, today: wanting(target.Settings{}), want: "skipped, source hr no longer asks for that provenance", alone: "to be made",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			friday := options(reviewed)
			if test.edit != nil {
				test.edit(&friday)
			}
			saved := diff(t, about("A=new"), told(box("A: ann"), target.Settings{"old"}), friday)
			s := told(box("A: ann"), target.Settings{"old"})
			if test.since != nil {
				test.since(&s)
				s.Listings[0].Group = s.Groups[0].ID
			}
			today := friday
			if test.today != nil {
				test.today(&today)
			}
			monday := about("A=new")
			if test.monday != nil {
				monday = test.monday
			}
			fate := func(text string) []string {
				if text == "" {
					text = "to be made"
				}
				return []string{"update_group A: " + text}
			}
			c := recheck(t, saved, monday, s, today)
			assert.Equal(t, fate(test.want), fates(saved, c), "with the sources")
			if test.alone == "" {
				test.alone = test.want
			}
			c = recheck(t, saved, nil, s, today)
			assert.Equal(t, fate(test.alone), fates(saved, c), "without the sources")
		})
	}
}

// A group is created with what was agreed to, or not at all; what the source has
// begun to say since is for the next plan.
func TestRecheck_settingsOfANewGroup(t *testing.T) {
	t.Parallel()
	empty := told(box("B: ann"))
	for name, test := range map[string]struct {
		friday, monday, want string
	}{
		"as-it-was":           {"A=new", "A=new", "to be made"},
		"source-says-other":   {"A=new", "A=other", "skipped, source hr no longer asks for that description"},
		"source-says-nothing": {"A=new", "A", "skipped, source hr no longer asks for that description"},
		"source-says-more":    {"A", "A=new", "to be made"},
		"under-another-name":  {"A=new", "a=other", "skipped, source hr no longer gives the group that name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			saved := diff(t, about(test.friday, "B"), empty, options(reviewed))
			c := recheck(t, saved, about(test.monday, "B"), empty, options(reviewed))
			got := fates(saved, c)
			assert.Len(t, got, 2)
			assert.Equal(t, "create_group A: "+test.want, got[0])
		})
	}
	saved := diff(t, about("A=new", "B"), empty, options(reviewed))
	made := told(box("B: ann\n A: "), target.Settings{}, target.Settings{"by hand"})
	c := recheck(t, saved, about("A=new", "B"), made, options(reviewed))
	assert.Equal(t, []string{
		`create_group A: already, the group exists already, with the name "A"`, "add A ann as member: to be made",
	}, fates(saved, c), "however it is described")
}

// In a group that is taken over, the description is changed with the takeover or
// not at all.
func TestRecheck_settingsOfATakenOverGroup(t *testing.T) {
	t.Parallel()
	adopting := options(reviewed, func(o *plan.Options) { o.Adopt = true })
	friday := told(box("A []: ann"), target.Settings{"old"})
	saved := diff(t, about("A=new"), friday, adopting)
	c := recheck(t, saved, about("A=new"), friday, adopting)
	assert.Equal(t, []string{"adopt_group A: to be made", "update_group A: to be made"}, fates(saved, c))
	other := told(box("A [okta:1]: ann"), target.Settings{"old"})
	c = recheck(t, saved, about("A=new"), other, adopting)
	assert.Equal(t, []string{
		`adopt_group A: skipped, the group carries the identifier "okta:1" now`, `update_group A: skipped, needs "adopt_group A", which is not made`,
	}, fates(saved, c))
}
