package plan_test

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
)

func TestNotices(t *testing.T) {
	t.Parallel()
	const (
		nothing = "Box has no group of the instance main yet"
		full    = "no full run is remembered that came to its end, and Box has 1 group of the instance main; if there was one, run.state_dir was lost or is another one, and what rollcall pause had set before is over; look at all of it before it is applied"
	)
	empty := &plan.Memory{}
	planned := &plan.Memory{Updated: night(1)}
	ended := &plan.Memory{Updated: night(1), Fingerprint: fingerprint("a", "b", "c")}
	first := func(text string) []plan.Notice { return []plan.Notice{{Kind: plan.FirstContact, Text: text}} }
	changed := func(parts string) []plan.Notice {
		return []plan.Notice{{Kind: plan.ChangedScope, Text: "what the configuration says under " + parts + "; look first at who is removed, and at the orphans"}}
	}
	for name, c := range map[string]struct {
		box    string
		memory *plan.Memory
		edit   func(*plan.Options)
		want   []plan.Notice
	}{
		"nothing-anywhere": {box: "Z []:", want: first(nothing + "; run.state_dir is not set, so that nothing is remembered from run to run")},
		"nothing-in-box": {
			box: "Z []:", memory: empty, want: first(nothing + ", and there is no run to compare the sources with; look at all of it before it is applied"),
		},
		"nothing-in-box-and-planned": {
			box: "Z []:", memory: planned, want: first(nothing + ", and there is no run to compare the sources with; look at all of it before it is applied"),
		},
		"nothing-in-box-and-narrowed": {
			box: "Z []:", memory: planned, edit: narrowed("F"), want: first(nothing + ", and there is no run to compare the sources with; look at all of it before it is applied"),
		},
		"nothing-remembered-ever": {box: "F: ann"},
		"nothing-remembered": {box: "F: ann\n G: ann", memory: empty, want: first("nothing is remembered of earlier runs, and Box has 2 groups of the instance main; " +
			"if there were runs, run.state_dir was lost or is another one, and with it what rollcall pause had set; the sources are compared with no earlier run")},
		"nothing-remembered-and-narrowed": {box: "F: ann", memory: empty, edit: narrowed("F"), want: first("nothing is remembered of earlier runs, and Box has 1 group of the instance main; " +
			"if there were runs, run.state_dir was lost or is another one, and with it what rollcall pause had set; the sources are compared with no earlier run")},
		"no-run-has-ended":                 {box: "F: ann", memory: planned, want: first(full)},
		"no-run-has-ended-and-narrowed":    {box: "F: ann", memory: planned, edit: narrowed("F")},
		"no-run-has-ended-and-additive":    {box: "F: ann", memory: planned, edit: additive},
		"a-run-has-ended":                  {box: "F: ann", memory: ended},
		"a-run-has-ended-and-box-is-empty": {box: "Z []:", memory: ended},
		"changed": {
			box: "F: ann", memory: ended, edit: func(o *plan.Options) { o.Fingerprint = fingerprint("a", "x", "y") }, want: changed("members and sources"),
		},
		"changed-and-narrowed": {
			box: "F: ann", memory: ended, edit: func(o *plan.Options) { narrowed("F")(o); o.Fingerprint = fingerprint("x", "b", "c") }, want: changed("groups"),
		},
		"another-instance": {box: "F [rollcall:test:hr:F]: ann", want: first("Box has no group of the instance main, and 1 group that the sources want belongs to the instance test; " +
			"if instance was changed in the configuration, change it back; to take the groups over, name them in groups.map_file")},
		"other-instances": {box: "F [rollcall:test:hr:F]: ann\n G [rollcall:old:hr:G]: ann\n H [rollcall:test:hr:H]: ann", memory: empty,
			want: first("Box has no group of the instance main, and 2 groups that the sources want belong to the instance old or test; " +
				"if instance was changed in the configuration, change it back; to take the groups over, name them in groups.map_file")},
		"another-instance-beside-us": {box: "F: ann\n G [rollcall:old:hr:G]: ann", memory: ended},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.edit == nil {
				c.edit = func(*plan.Options) {}
			}
			o := options(func(o *plan.Options) { o.Fingerprint, o.Memory, o.Now = fingerprint("a", "b", "c"), c.memory, night(2) }, c.edit)
			p := diff(t, roster("F: ann\n G: ann"), box(c.box, "ann"), o)
			assert.Equal(t, c.want, p.Header.Notices)

			// What is applied is told of what is so then.
			s := box(c.box, "ann")
			saved := *p
			saved.Header.Notices = []plan.Notice{{Kind: plan.FirstContact, Text: "long ago"}}
			r := plan.NewRecheck(&saved, roster("F: ann\n G: ann"), s.Groups, o)
			for _, l := range s.Listings {
				r.Listed(l)
			}
			now, err := r.Finish()
			require.NoError(t, err)
			assert.Equal(t, c.want, now.Plan.Header.Notices)
		})
	}
}

// A plan that was only made changes nothing in what is told.
func TestNotices_ofTheNextRun(t *testing.T) {
	t.Parallel()
	memory := &plan.Memory{Updated: night(1), Fingerprint: fingerprint("a", "b", "c")}
	for i := range 3 {
		o := options(remembering(memory, night(2+i)), func(o *plan.Options) { o.Fingerprint = fingerprint("a", "b", "x") })
		p := diff(t, roster("F: ann"), box("F: ann"), o)
		require.Len(t, p.Header.Notices, 1)
		assert.Equal(t, plan.ChangedScope, p.Header.Notices[0].Kind)
		memory = p.Memory
	}
	assert.Equal(t, night(4), memory.Updated.Truncate(time.Hour))
}

func TestPlan_HoldsRun(t *testing.T) {
	t.Parallel()
	of := func(h plan.Hold) *plan.Plan {
		return &plan.Plan{Holds: []plan.Hold{{Rule: plan.RulePartial, Group: ref(1, "F")}, h}}
	}
	assert.True(t, of(plan.Hold{Rule: plan.RuleRemovals}).HoldsRun())
	assert.True(t, of(plan.Hold{Rule: plan.RuleSourceShrink, Source: "hr"}).HoldsRun())
	assert.False(t, of(plan.Hold{Rule: plan.RuleEmptyGroup, Group: ref(2, "G")}).HoldsRun())
}

// What would not be read back is not written.
func TestNotices_unknownKind(t *testing.T) {
	t.Parallel()
	p := goldenPlan()
	p.Header.Notices[1].Kind = "storm"
	require.EqualError(t, plan.Write(io.Discard, p), `notices: unknown kind of notice "storm"; it can be first_contact, changed_scope`)
}
