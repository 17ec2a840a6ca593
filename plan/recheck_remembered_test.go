package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// A plan that knows somebody from earlier runs is applied by a run that does.
func TestRecheck_rememberedPeople(t *testing.T) {
	t.Parallel()
	const friday = married + "A: ann admin\n B: ann\n C: carl"
	memory := options(unlimited, reviewed, remembering(peopleKnown("ann=ann"), night(1)))
	s := box("A: ann\n B: bob\n C: carl, dora")
	saved := diff(t, keyed(friday), s, memory)
	planned := []string{"set_role A ann member to admin (role)", "add B ann as member (joined)", "remove B bob (unexplained)", "remove C dora (unexplained)"}
	assert.Equal(t, planned, changes(saved.Changes))
	made := []string{"set_role A ann member to admin: to be made", "add B ann as member: to be made", "remove B bob: to be made", "remove C dora: to be made"}

	forgotten := memory
	forgotten.Memory = nil
	second := append(box("", "ann.new").Users, s.Users...)
	for name, test := range map[string]struct {
		monday  string
		since   func(*target.Snapshot)
		opts    plan.Options
		alone   bool
		fates   []string
		logins  []string
		skipped map[int]string
	}{
		"as on Friday":        {monday: friday, opts: memory, fates: made, logins: []string{"ann.new@acme.example"}},
		"without the sources": {alone: true, opts: memory, fates: made},
		"without the memory": {
			monday: friday, opts: forgotten, logins: []string{"ann.new@acme.example"},
			skipped: map[int]string{0: "set_role A ann member to admin: skipped, source hr no longer lists them in the group", 1: "add B ann as member: skipped, source hr no longer lists them in the group"},
		},
		"a second account since": {
			monday: friday, opts: memory, since: func(s *target.Snapshot) { s.Users = second }, logins: []string{"ann.new@acme.example"},
			skipped: map[int]string{0: "set_role A ann member to admin: skipped, source hr no longer asks for the role admin", 1: "add B ann as member: skipped, source hr no longer lists them in the group"},
		},
		"somebody whom the plan removes is remembered as wanted": {
			monday: friday + ", eve", opts: options(unlimited, reviewed, remembering(peopleKnown("ann=ann, eve=dora"), night(3))), logins: []string{"ann.new@acme.example", "eve@acme.example"},
			skipped: map[int]string{3: "remove C dora: skipped, source hr lists them in the group"},
		},
		"nobody is looked up whom the plan does not concern": {
			monday: married + "hugo = hugo.new\n A: ann admin, hugo\n B: ann\n C: carl", fates: made,
			opts: options(unlimited, reviewed, remembering(peopleKnown("ann=ann, hugo=hugo"), night(3))), logins: []string{"ann.new@acme.example"},
		},
		"the login has another person since": {
			monday: "new = ann\n " + friday, opts: memory, logins: []string{"ann.new@acme.example"},
			skipped: map[int]string{
				0: "set_role A ann member to admin: skipped, source hr no longer lists them in the group",
				1: "add B ann as member: skipped, source hr no longer lists them in the group",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := cloned(s)
			if test.since != nil {
				test.since(&now)
			}
			var r *source.Roster
			if !test.alone {
				r = keyed(test.monday)
			}
			want := append([]string{}, made...)
			for i, text := range test.skipped {
				want[i] = text
			}
			c, asked := asking(t, saved, r, now, test.opts)
			assert.Equal(t, want, fates(saved, c))
			assert.Equal(t, test.logins, asked.logins, "what is looked up")
		})
	}
}

// Which of somebody's accounts is added does not depend on who is listed besides:
// the logins before the one that a listing shows are asked for, by apply too.
func TestRecheck_firstOfSeveralAccounts(t *testing.T) {
	t.Parallel()
	const wanted = "ann = ann.mail, ann.upn\n A: ann, bob\n B: ann"
	s := box("A: bob\n B: ann.upn", "ann.mail")
	p, asked := planAsking(t, keyed(wanted), s, options(unlimited, reviewed))
	assert.Equal(t, []string{"ann.mail@acme.example"}, asked.logins)
	require.Equal(t, []string{"add A ann.mail as member (joined)"}, changes(p.Changes))
	c, _ := asking(t, p, keyed(wanted), s, options(unlimited))
	assert.Equal(t, []string{"add A ann.mail as member: to be made"}, fates(p, c))

	s = box("A: bob\n B: ann.upn")
	p, _ = planAsking(t, keyed(wanted), s, options(unlimited, reviewed))
	require.Equal(t, "add A ann.upn as member (joined)", changes(p.Changes)[0])
	for _, login := range []string{"ann.mail@acme.example", "ann.upn@acme.example"} {
		s.Users = append(s.Users, target.User{ID: userID(login), Login: login})
	}
	c, _ = asking(t, p, keyed(wanted), s, options(unlimited))
	assert.Equal(t, "add A ann.upn as member: skipped, source hr no longer lists them in the group", fates(p, c)[0], "she has got an account of her first login since")
}

// Only whom nothing else tells is asked for.
func TestDiffer_Remembered(t *testing.T) {
	t.Parallel()
	const wanted = "ann = ann.new\n eve = eve.new\n dora = dora.new\n ext = ext\n bob = bob\n carl = ign.new\n mid = alias\n A: ann, eve, dora, ext, bob, carl\n B: zoe"
	s := box("A: eve, zed\n B: zoe", "ann", "bob", "ext.old", "carl")
	s.Users = append(s.Users, target.User{ID: 5, Login: "ext@acme.example", Standing: target.Standing{External: true}})
	p, asked := planAsking(t, keyed(wanted), s, options(unlimited, remembering(peopleKnown("ann=ann, eve=eve, dora=gone, ext=ext.old, bob=bob, carl=carl, mid=mid"), night(1)),
		func(o *plan.Options) { o.Ignore = mustGlobs("ign.new@*") }))
	assert.ElementsMatch(t, idsOf("ann", "gone"), asked.remembered)
	assert.Equal(t, []string{"add A ann as member (joined)", "add A bob as member (joined)", "remove A zed (unexplained)"}, changes(p.Changes))
	next := knownIn(p.Memory, "ann", "bob", "eve", "zoe", "mid", "carl", "ext.old")
	assert.Equal(t, map[string]string{"ann": "ann", "bob": "bob", "eve": "eve", "zoe": "zoe", "mid": "mid", "carl": "carl", "ext": "ext.old"}, next, "dora's account is gone")
}

// Whoever is to be made group admin by memory may be a co-admin, as anybody.
func TestDiffer_Unranked_remembered(t *testing.T) {
	t.Parallel()
	s := box("A: ann\n B:", "zoe")
	coAdmin("ann")(&s)
	p, asked := planAsking(t, keyed(married+"A: ann admin\n B: ann admin"), s, options(unlimited, remembering(peopleKnown("ann=ann"), night(1))))
	assert.Equal(t, idsOf("ann"), asked.ranked)
	assert.Equal(t, []string{"add B ann as member (joined)"}, changes(p.Changes))
	assert.Equal(t, []string{"co_admin ann@acme.example", "remembered_user ann.new@acme.example"}, findings(p.Findings))
}

// What is remembered of a source that was not read whole is kept, of people whom
// it does not show now.
func TestMemory_peopleOfAPartialSource(t *testing.T) {
	t.Parallel()
	m := peopleKnown("gone=gone")
	m.People["other/k-gone"] = 7
	p := diff(t, keyed("A (partial): ann"), box("A: ann"), options(remembering(m, night(1))))
	assert.Equal(t, map[string]string{"ann": "ann", "gone": "gone"}, knownIn(p.Memory, "ann", "gone"))
	p, _ = planAsking(t, keyed("A (partial): gone"), box("A: ann"), options(remembering(m, night(1))))
	assert.Empty(t, knownIn(p.Memory), "Box was asked, and has that user no more")
	cut := source.NewBuilder(source.Evidence{Name: "hr"})
	cut.Add(cut.Group("A", "A", ""), cut.Person("k-ann", "", source.NewLogin(address("ann"))), source.Unstated, 0)
	p = diff(t, cut.Build(), box("A: ann"), options(remembering(m, night(1))))
	assert.Equal(t, map[string]string{"ann": "ann", "gone": "gone"}, knownIn(p.Memory, "ann", "gone"), "its list of groups was cut off")
	p = diff(t, keyed("A: ann"), box("A: ann"), options(remembering(m, night(1))))
	assert.Equal(t, map[string]string{"ann": "ann"}, knownIn(p.Memory, "ann", "gone"))
}
