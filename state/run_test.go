package state_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/state"
	"github.com/rollcall-sync/rollcall/target"
)

// steady takes from a journal what differs from run to run.
func steady(p *plan.Plan, journal string) string {
	journal = regexp.MustCompile(`"at":"[^"]*"`).ReplaceAllString(journal, `"at":"…"`)
	return strings.ReplaceAll(journal, p.Digest(), "sha256:…")
}

const wholeJournal = `{"start":{"format":1,"id":"20261123T103624Z","command":"sync","host":"host-a","pid":4711,"started":"2026-11-23T10:36:24Z","change_ref":"CHG-1","approved_by":"zoe","digest":"sha256:…","changes":4}}
{"begin":{"change":"create_group/rollcall:main:hr:New","at":"…"}}
{"end":{"change":"create_group/rollcall:main:hr:New","at":"…","outcome":"applied","group":501}}
{"begin":{"change":"add/rollcall:main:hr:New/1001","at":"…"}}
{"begin":{"change":"add/rollcall:main:hr:New/1002","at":"…"}}
{"end":{"change":"add/rollcall:main:hr:New/1002","at":"…","outcome":"failed","detail":"<no> & never"}}
{"end":{"change":"add/rollcall:main:hr:New/1001","at":"…","outcome":"already","detail":"a member"}}
{"end":{"change":"add/rollcall:main:hr:New/1003","at":"…","outcome":"skipped","detail":"not asked of Box"}}
{"finish":{"ended":"2026-11-23T10:40:00Z","stopped":"too many changes failed","calls":17}}
`

// A run from its first line to its last, as it is on the disk and as it is read.
func TestRun(t *testing.T) {
	t.Parallel()
	d, p := openDir(t), newPlan(t, 4)
	r := newRun(t, d, p)
	assert.Equal(t, "20261123T103624Z", r.ID())
	assert.Equal(t, filepath.Join(d.Path(), "runs", r.ID()), r.Path())
	assert.Equal(t, []string{"journal.jsonl", "plan.jsonl"}, names(t, r.Path()))
	assert.Equal(t, []string{r.ID()}, names(t, filepath.Dir(r.Path())))

	group, a, b, c := p.Changes[0].ID, p.Changes[1].ID, p.Changes[2].ID, p.Changes[3].ID
	require.NoError(t, r.Begin(group))
	require.NoError(t, r.End(group, plan.Result{Outcome: plan.Applied}, 501))
	require.NoError(t, r.Begin(a))
	require.NoError(t, r.Begin(b))
	require.NoError(t, r.End(b, plan.Result{Outcome: plan.Failed, Detail: "<no> & never"}, 0))
	require.NoError(t, r.End(a, plan.Result{Outcome: plan.Already, Detail: "a member"}, 0))
	require.NoError(t, r.End(c, plan.Result{Outcome: plan.Skipped, Detail: "not asked of Box"}, 0))
	ended := state.Finish{Ended: started().Add(216 * time.Second), Stopped: "too many changes failed", Calls: 17}
	require.NoError(t, r.Finish(ended))

	assert.Equal(t, wholeJournal, steady(p, readFile(t, filepath.Join(r.Path(), "journal.jsonl"))))
	rec := read(t, r.Path())
	assert.Equal(t, facts{
		ID: r.ID(), Info: info(), Finished: true, Finish: ended,
		Results: []plan.Result{
			{Outcome: plan.Applied},
			{Outcome: plan.Already, Detail: "a member"},
			{Outcome: plan.Failed, Detail: "<no> & never"},
			{Outcome: plan.Skipped, Detail: "not asked of Box"},
		},
		Created: map[string]target.GroupID{group: 501},
	}, factsOf(rec))
	assert.Equal(t, r.Path(), rec.Path)
	assert.Equal(t, p.Digest(), rec.Plan.Digest())
	assert.Equal(t, p.Changes, rec.Plan.Changes)
}

func TestRun_Modes(t *testing.T) {
	t.Parallel()
	d := openDir(t)
	r := newRun(t, d, newPlan(t, 1))
	for _, dir := range []string{filepath.Dir(d.Path()), d.Path(), filepath.Dir(r.Path()), r.Path()} {
		info, err := os.Stat(dir)
		require.NoError(t, err)
		assert.Equal(t, os.ModeDir|0o700, info.Mode(), dir)
	}
	for _, name := range names(t, r.Path()) {
		info, err := os.Stat(filepath.Join(r.Path(), name))
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode(), name)
	}
}

// What a journal could not be read back with is refused before it is written.
func TestRun_Refused(t *testing.T) {
	t.Parallel()
	d, p := openDir(t), newPlan(t, 3)
	r := newRun(t, d, p)
	a, b := p.Changes[1].ID, p.Changes[2].ID
	journal := filepath.Join(r.Path(), "journal.jsonl")
	require.NoError(t, r.Begin(a))
	require.NoError(t, r.End(b, plan.Result{Outcome: plan.Skipped}, 0))
	before := readFile(t, journal)
	assert.EqualError(t, r.Begin("add/1/2"), "journal "+journal+`: the plan has no change "add/1/2"`)
	assert.EqualError(t, r.Begin(a), "journal "+journal+`: the change "`+a+`" is begun a second time`)
	assert.EqualError(t, r.Begin(b), "journal "+journal+`: the change "`+b+`" is begun after its end`)
	assert.EqualError(t, r.End("add/1/2", plan.Result{}, 0), "journal "+journal+`: the plan has no change "add/1/2"`)
	assert.EqualError(t, r.End(b, plan.Result{}, 0), "journal "+journal+`: the change "`+b+`" is ended a second time`)
	assert.Equal(t, before, readFile(t, journal))

	require.NoError(t, r.End(a, plan.Result{Outcome: plan.Applied}, 0), "a mistake does not end the run")
	require.NoError(t, r.Finish(state.Finish{}))
	after := readFile(t, journal)
	require.Error(t, r.Begin(p.Changes[0].ID))
	require.Error(t, r.End(p.Changes[0].ID, plan.Result{}, 0))
	require.Error(t, r.Finish(state.Finish{}))
	require.NoError(t, r.Close())
	assert.Equal(t, after, readFile(t, journal), "nothing follows the last line")
}

// A change that was begun and never sent is ended as not attempted, which is
// something else than not ended.
func TestRun_NotAttempted(t *testing.T) {
	t.Parallel()
	d, p := openDir(t), newPlan(t, 2)
	r := newRun(t, d, p)
	require.NoError(t, r.Begin(p.Changes[0].ID))
	require.NoError(t, r.Begin(p.Changes[1].ID))
	require.NoError(t, r.End(p.Changes[1].ID, plan.Result{Detail: "interrupted before it was sent"}, 0))
	rec := read(t, r.Path())
	assert.Equal(t, []int{0}, rec.Pending)
	assert.Equal(t, []plan.Result{{}, {Detail: "interrupted before it was sent"}}, rec.Results)
	assert.False(t, rec.Finished)
}

func TestDir_NewRun_SameSecond(t *testing.T) {
	t.Parallel()
	d, p := openDir(t), newPlan(t, 1)
	var ids []string
	for range 11 {
		r := newRun(t, d, p)
		ids = append(ids, r.ID())
		assert.Equal(t, r.ID(), read(t, r.Path()).ID)
		assert.Contains(t, readFile(t, filepath.Join(r.Path(), "journal.jsonl")), `"id":"`+r.ID()+`"`)
	}
	assert.Equal(t, "20261123T103624Z", ids[0])
	assert.Equal(t, []string{"20261123T103624Z-2", "20261123T103624Z-3"}, ids[1:3])
	got, err := d.Unfinished()
	require.NoError(t, err)
	var order []string
	for _, r := range got {
		order = append(order, r.ID)
	}
	assert.Equal(t, ids, order, "-10 is younger than -2")
}

// A run that cannot be made leaves nothing.
func TestDir_NewRun_Fails(t *testing.T) {
	t.Parallel()
	d, p := openDir(t), newPlan(t, 2)
	runs := filepath.Join(d.Path(), "runs")
	twice := *p
	twice.Changes = append(twice.Changes[:2:2], twice.Changes[1])
	_, err := d.NewRun(&twice, info())
	require.EqualError(t, err, "the plan's 3 changes have 2 ids: a journal cannot tell them apart")
	bad := *p
	bad.Changes = append([]plan.Change{}, p.Changes...)
	bad.Changes[1].Kind = 99
	_, err = d.NewRun(&bad, info())
	require.ErrorContains(t, err, "make the run "+filepath.Join(runs, "20261123T103624Z")+": write ")
	assert.Empty(t, names(t, runs))
}

// What a run that died while it was made has left is not taken for a run, and
// does not stand in the way of the next.
func TestDir_NewRun_LeftOver(t *testing.T) {
	t.Parallel()
	d, p := openDir(t), newPlan(t, 1)
	require.NoError(t, os.Mkdir(filepath.Join(d.Path(), "runs", ".20261123T103624Z"), 0o700))
	r := newRun(t, d, p)
	assert.Equal(t, "20261123T103624Z-2", r.ID())
	got, err := d.Unfinished()
	require.NoError(t, err)
	assert.Len(t, got, 1)
}
