package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// about is a roster of groups with ann in each: "Finance=Money" is described.
func about(groups ...string) *source.Roster {
	b := source.NewBuilder(source.Evidence{Name: "hr", Kind: "csv", Origin: "groups.csv", GroupsComplete: true})
	for _, text := range groups {
		name, description, _ := strings.Cut(text, "=")
		g := b.Group(name, name, "")
		b.Describe(g, description, 0)
		ann := source.NewLogin(address("ann"))
		b.Add(g, b.Person(ann.Key(), "", ann), source.Unstated, 0)
	}
	return b.Build()
}

// told gives the groups of a snapshot settings, in their order, and has Box tell
// them.
func told(s target.Snapshot, settings ...target.Settings) target.Snapshot {
	for i := range s.Groups {
		s.Groups[i].Told = true
		if i < len(settings) {
			s.Groups[i].Settings = settings[i]
		}
	}
	return s
}

func wanting(settings target.Settings) func(*plan.Options) {
	return func(o *plan.Options) { o.Settings = settings }
}

// settingsOf writes what changes do to settings: "update_group Finance description "a" to "b"".
func settingsOf(cs []plan.Change) []string {
	out := []string{}
	for _, c := range cs {
		for _, s := range c.Settings {
			out = append(out, fmt.Sprintf("%s %s %s %q to %q", c.Kind, c.Group.Name, s.Setting, s.Before, s.After))
		}
	}
	return out
}

func TestSettings(t *testing.T) {
	t.Parallel()
	limit := strings.Repeat("ä", target.MaxText)
	levels := target.Settings{target.Invitability: "admins_only", target.Viewability: "admins_and_members"}
	for name, test := range map[string]struct {
		roster   *source.Roster
		box      string
		settings []target.Settings
		untold   bool
		opts     []func(*plan.Options)
		want     []string
		findings []string
	}{
		"other":               {about("A=new"), "A: ann", []target.Settings{{"old"}}, false, nil, []string{`update_group A description "old" to "new"`}, nil},
		"none-yet":            {about("A=new"), "A: ann", nil, false, nil, []string{`update_group A description "" to "new"`}, nil},
		"same":                {about("A=new"), "A: ann", []target.Settings{{"new"}}, false, nil, []string{}, nil},
		"case-counts":         {about("A=New"), "A: ann", []target.Settings{{"new"}}, false, nil, []string{`update_group A description "new" to "New"`}, nil},
		"unstated":            {about("A"), "A: ann", []target.Settings{{"old"}}, false, nil, []string{}, nil},
		"box-was-not-asked":   {about("A=new"), "A: ann", nil, true, []func(*plan.Options){wanting(levels)}, []string{}, nil},
		"new-group":           {about("A=new", "B"), "B: ann", nil, false, nil, []string{`create_group A description "" to "new"`}, nil},
		"new-group-in-untold": {about("A=new"), "", nil, true, nil, []string{`create_group A description "" to "new"`}, nil},
		"not-ours":            {about("A=new"), "A [okta:1]: ann", nil, false, []func(*plan.Options){wanting(levels)}, []string{}, []string{"not_ours A"}},
		"nobodys":             {about("A=new"), "A []: ann", nil, false, []func(*plan.Options){wanting(levels)}, []string{}, []string{"not_ours A"}},
		"orphan":              {about("B"), "A: ann\n B: ann", []target.Settings{{"old"}, levels}, false, []func(*plan.Options){wanting(levels)}, []string{}, []string{"orphan A"}},
		"out-of-scope":        {about("A=new", "B=new"), "A: ann\n B: ann", nil, false, []func(*plan.Options){func(o *plan.Options) { o.Exclude = mustGlobs("A") }}, []string{`update_group B description "" to "new"`}, nil},
		"all-of-configuration": {about("A=new"), "A: ann", []target.Settings{{"old", "AD", "none", "admins_only"}}, false,
			[]func(*plan.Options){wanting(target.Settings{"", "HR", "admins_only", "all_managed_users"})}, []string{
				`update_group A description "old" to "new"`, `update_group A provenance "AD" to "HR"`,
				`update_group A invitability_level "none" to "admins_only"`, `update_group A member_viewability_level "admins_only" to "all_managed_users"`,
			}, nil},
		"some-of-configuration": {about("A"), "A: ann", []target.Settings{{"old", "AD", "admins_only", "admins_only"}}, false,
			[]func(*plan.Options){wanting(levels)}, []string{`update_group A member_viewability_level "admins_only" to "admins_and_members"`}, nil},
		"description-is-for-the-source": {about("A"), "A: ann", nil, false, []func(*plan.Options){wanting(target.Settings{"from nowhere"})}, []string{}, nil},
		"as-long-as-can-be":             {about("A=" + limit), "A: ann", nil, false, nil, []string{fmt.Sprintf(`update_group A description "" to %q`, limit)}, nil},
		"too-long": {about("A="+limit+"x", "B="+limit+"x"), "A: ann", []target.Settings{{"old"}}, false, []func(*plan.Options){wanting(levels)}, []string{
			`update_group A invitability_level "" to "admins_only"`, `update_group A member_viewability_level "" to "admins_and_members"`,
			`create_group B invitability_level "" to "admins_only"`, `create_group B member_viewability_level "" to "admins_and_members"`,
		}, []string{"description_too_long A", "description_too_long B"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := box(test.box, "ann")
			if !test.untold {
				s = told(s, test.settings...)
			}
			p := diff(t, test.roster, s, options(test.opts...))
			assert.Equal(t, test.want, settingsOf(p.Changes))
			assert.Empty(t, p.Holds)
			if test.findings == nil {
				test.findings = []string{}
			}
			assert.Equal(t, test.findings, findings(p.Findings))
			for _, c := range p.Changes {
				assert.Equal(t, c.Kind == plan.UpdateGroup, c.Kind != plan.CreateGroup && c.Settings != nil, c.ID)
			}
		})
	}
}

func TestSettings_oneChange(t *testing.T) {
	t.Parallel()
	p := diff(t, about("A=new"), told(box("A: ann"), target.Settings{"old", "AD"}), options(wanting(target.Settings{"", "HR"})))
	assert.Equal(t, []plan.Change{{
		ID: "update_group/101", Kind: plan.UpdateGroup, Cause: plan.Wanted,
		Group: plan.GroupRef{Key: source.GroupKey{Source: "hr", ID: "A"}, Identifier: "rollcall:main:hr:A", ID: 101, Name: "A"},
		Settings: []plan.SettingChange{
			{Setting: target.Description, Before: "old", After: "new"}, {Setting: target.Provenance, Before: "AD", After: "HR"},
		},
	}}, p.Changes)
	assert.Equal(t, target.Settings{"new", "HR"}, p.Changes[0].Wanted())
	assert.Equal(t, plan.Counts{Change: 1}, p.Counts())
	assert.Equal(t, 1, p.CallsToApply())
	assert.Equal(t, "source", p.Changes[0].Cause.String())

	p = diff(t, about("A="+strings.Repeat("x", 256)), told(box("A: ann")), options())
	require.Len(t, p.Findings, 1)
	assert.Equal(t, "the description has 256 characters, and Box takes 255; Box's is left as it is", p.Findings[0].Text)
}

// No number of descriptions is too many, and what blocks everything holds them too.
func TestSettings_limits(t *testing.T) {
	t.Parallel()
	var groups, lines []string
	for i := range 300 {
		groups = append(groups, fmt.Sprintf("G%d=new", i))
		lines = append(lines, fmt.Sprintf("G%d: ann", i))
	}
	s := told(box(strings.Join(lines, "\n")))
	p := diff(t, about(groups...), s, options(func(o *plan.Options) { o.Limits.GroupRenames, o.Limits.GroupCreations = plan.AtMost(0), plan.AtMost(0) }))
	assert.Len(t, p.Changes, 300)
	assert.Empty(t, p.Holds)

	p = diff(t, about(append(groups, "New=x")...), s, options(func(o *plan.Options) { o.Limits.GroupCreations, o.Limits.BlockAll = plan.AtMost(0), true }))
	assert.Empty(t, p.Changes)
	assert.Equal(t, []string{"group_creations 1", "on_limit 301"}, holds(p.Holds))
}

// A group that is taken over is described in the same plan, and not before.
func TestSettings_takeover(t *testing.T) {
	t.Parallel()
	for line, kind := range map[string]string{"A []: ann": "adopt_group", "A [rollcall:main:old:A]: ann": "rekey_group"} {
		s := told(box(line), target.Settings{"by hand"})
		adopting := func(o *plan.Options) { o.Adopt = true }
		p := diff(t, about("A=new"), s, options(adopting, func(o *plan.Options) { o.Reviewed = true }))
		require.Len(t, p.Changes, 2)
		assert.Equal(t, []string{kind + "/101"}, p.Changes[1].Needs)
		assert.Equal(t, []string{`update_group A description "by hand" to "new"`}, settingsOf(p.Changes))
		p = diff(t, about("A=new"), s, options(adopting))
		assert.Empty(t, p.Changes)
		assert.Equal(t, []string{"takeover A 2"}, holds(p.Holds))
	}
}

// A description is no list of people: one of a group that was not read whole is
// the source's word all the same.
func TestSettings_partial(t *testing.T) {
	t.Parallel()
	b := source.NewBuilder(source.Evidence{Name: "hr", GroupsComplete: true})
	g := b.Group("A", "A", "")
	b.Describe(g, "new", 1)
	b.Partial(g, "cut off")
	p := diff(t, b.Build(), told(box("A: ann")), options())
	assert.Equal(t, []string{`update_group A description "" to "new"`}, settingsOf(p.Changes))
	assert.Equal(t, []string{"partial A 1"}, holds(p.Holds))
}

// Whatever is stated on either side: what is planned makes Box as it is to be, and
// then nothing is due.
func TestProperty_settingsConverge(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"", "a", "b", strings.Repeat("x", 256)})
		wanted := target.Settings{"", text.Draw(t, "provenance"), text.Draw(t, "invite"), text.Draw(t, "see")}
		described := text.Draw(t, "wanted description")
		var have target.Settings
		for i := range have {
			have[i] = text.Draw(t, "box")
		}
		r := about("A=" + described)
		p, err := plan.Diff(r, told(box("A: ann"), have), options(wanting(wanted)))
		require.NoError(t, err)
		require.Empty(t, p.Holds)
		after := have
		for _, c := range p.Changes {
			require.Equal(t, plan.UpdateGroup, c.Kind)
			require.NotEmpty(t, c.Settings)
			for _, s := range c.Settings {
				require.Equal(t, have[s.Setting], s.Before)
				require.NotEqual(t, s.Before, s.After)
				after[s.Setting] = s.After
			}
		}
		if len(described) <= target.MaxText {
			wanted[target.Description] = described
		}
		for s, value := range wanted {
			if value == "" {
				value = have[s]
			}
			require.Equal(t, value, after[s])
		}
		p, err = plan.Diff(r, told(box("A: ann"), after), options(wanting(wanted)))
		require.NoError(t, err)
		require.Empty(t, p.Changes)
	})
}
