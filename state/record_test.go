package state_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/state"
	"github.com/rollcall-sync/rollcall/target"
)

// settledRun is a run that died and was settled by another process: its journal
// has lines of every kind.
func settledRun(t testing.TB, d *state.Dir, p *plan.Plan) (path, journal string) {
	t.Helper()
	r := newRun(t, d, p)
	require.NoError(t, r.Begin(p.Changes[0].ID))
	require.NoError(t, r.End(p.Changes[0].ID, plan.Result{Outcome: plan.Applied}, 501))
	require.NoError(t, r.Begin(p.Changes[1].ID))
	require.NoError(t, r.Begin(p.Changes[2].ID))
	require.NoError(t, r.Close())
	r, err := d.Resume(read(t, r.Path()))
	require.NoError(t, err)
	require.NoError(t, r.End(p.Changes[2].ID, plan.Result{Outcome: plan.Already, Detail: "größer"}, 0))
	require.NoError(t, r.End(p.Changes[1].ID, plan.Result{Outcome: plan.Applied}, 0))
	require.NoError(t, r.Finish(state.Finish{Ended: started(), Calls: 3}))
	return r.Path(), readFile(t, filepath.Join(r.Path(), "journal.jsonl"))
}

// Wherever a journal is cut off, it says what its whole lines say.
func TestReadRun_CutAnywhere(t *testing.T) {
	t.Parallel()
	d, p := openDir(t), newPlan(t, 4)
	path, journal := settledRun(t, d, p)
	name := filepath.Join(path, "journal.jsonl")
	want := facts{ID: filepath.Base(path), Info: state.Info{Started: started()}, Results: make([]plan.Result, 4)}
	for cut := range len(journal) + 1 {
		if cut > 0 && journal[cut-1] == '\n' {
			writeFile(t, name, journal[:cut])
			want = factsOf(read(t, path))
		}
		writeFile(t, name, journal[:cut])
		rec, err := state.ReadRun(path)
		require.NoError(t, err, "cut at %d", cut)
		if len(want.Created) == 0 {
			assert.Empty(t, rec.Created)
			rec.Created = want.Created
		}
		require.Equal(t, want, factsOf(rec), "cut at %d", cut)
	}
	assert.Equal(t, facts{
		ID: filepath.Base(path), Info: info(), Finished: true, Finish: state.Finish{Ended: started(), Calls: 3},
		Results: []plan.Result{{Outcome: plan.Applied}, {Outcome: plan.Applied}, {Outcome: plan.Already, Detail: "größer"}, {}},
		Created: map[string]target.GroupID{p.Changes[0].ID: 501},
	}, want)
}

// And wherever it is cut off, the run can be settled.
func TestDir_Resume_CutAnywhere(t *testing.T) {
	t.Parallel()
	d, p := openDir(t), newPlan(t, 4)
	path, journal := settledRun(t, d, p)
	name := filepath.Join(path, "journal.jsonl")
	start := 0
	for cut := range len(journal) {
		if cut > 0 && journal[cut-1] == '\n' {
			start = cut
		}
		// A cut inside a line is like the next one.
		if cut > start+1 && journal[cut] != '\n' {
			continue
		}
		writeFile(t, name, journal[:cut])
		rec := read(t, path)
		want := factsOf(rec)
		r, err := d.Resume(rec)
		require.NoError(t, err, "cut at %d", cut)
		for _, i := range rec.Pending {
			want.Results[i] = plan.Result{Outcome: plan.Skipped, Detail: "looked up"}
			require.NoError(t, r.End(p.Changes[i].ID, want.Results[i], 0))
		}
		want.Pending, want.Finished, want.Finish = nil, true, state.Finish{Ended: started(), Stopped: "died", Calls: 9}
		require.NoError(t, r.Finish(want.Finish))
		require.Equal(t, want, factsOf(read(t, path)), "cut at %d", cut)
		left, err := d.Unfinished()
		require.NoError(t, err)
		require.Empty(t, left)
	}
}

// A machine that goes down may leave anything where a line was being written.
func TestReadRun_TornLastLine(t *testing.T) {
	t.Parallel()
	d, p := openDir(t), newPlan(t, 2)
	r := newRun(t, d, p)
	require.NoError(t, r.Begin(p.Changes[1].ID))
	require.NoError(t, r.Close())
	name := filepath.Join(r.Path(), "journal.jsonl")
	whole, want := readFile(t, name), factsOf(read(t, r.Path()))
	for _, tail := range []string{
		"\n", "{\n", "{", "\x00\x00\x00", "\x00\n", `{"end":{"change":"` + p.Changes[1].ID + `","at":"2026-11-23T10:36:24Z","outcome":"applied"}}`,
		strings.Repeat("x", 1<<17),
	} {
		writeFile(t, name, whole+tail)
		assert.Equal(t, want, factsOf(read(t, r.Path())), "%.40q", tail)
	}
}

func TestReadRun_Refused(t *testing.T) {
	t.Parallel()
	d, p := openDir(t), newPlan(t, 3)
	r := newRun(t, d, p)
	require.NoError(t, r.Begin(p.Changes[0].ID))
	require.NoError(t, r.Close())
	name := filepath.Join(r.Path(), "journal.jsonl")
	whole := readFile(t, name)
	start, begin, _ := strings.Cut(whole, "\n")
	start += "\n"
	a := p.Changes[0].ID
	end := `{"end":{"change":"` + a + `","at":"2026-11-23T10:36:24Z","outcome":"applied"}}` + "\n"
	finish := `{"finish":{"ended":"2026-11-23T10:36:24Z","calls":3}}` + "\n"
	resume := `{"resume":{"at":"2026-11-23T10:36:24Z"}}` + "\n"
	for title, c := range map[string]struct{ journal, want string }{
		"torn_before_the_last": {start + "{\n" + begin, ":2: the line is no JSON, and more lines follow"},
		"empty_line":           {start + "\n" + begin, ":2: the line is no JSON, and more lines follow"},
		"unknown_field":        {start + strings.Replace(begin, `"at"`, `"by"`, 1), `:2: unknown field "by"`},
		"unknown_kind":         {start + `{"pause":{}}` + "\n", `:2: unknown field "pause"`},
		"nothing":              {start + "{}\n", ":2: expected one of start, begin, end, resume and finish"},
		"null":                 {start + "null\n", ":2: expected one of start, begin, end, resume and finish"},
		"two":                  {start + begin[:len(begin)-2] + "," + end[1:], ":2: expected one of start, begin, end, resume and finish"},
		"two_values":           {start + begin[:len(begin)-1] + end + end, ":2: the line is no JSON, and more lines follow"},
		"no_start":             {begin, ":1: expected the run's start in the first line, and only there"},
		"two_starts":           {start + start, ":2: expected the run's start in the first line, and only there"},
		"later_format":         {strings.Replace(start, `"format":1`, `"format":2`, 1), ":1: the journal's format is 2 and this program knows format 1"},
		"another_plan": {
			strings.Replace(start, p.Digest(), "sha256:00", 1),
			":1: the journal belongs to the plan sha256:00, and the one beside it is " + p.Digest(),
		},
		"another_count": {
			strings.Replace(start, `"changes":3`, `"changes":4`, 1),
			":1: the journal belongs to a plan of 4 changes, and the one beside it has 3",
		},
		"unknown_change":    {start + strings.Replace(begin, a, "add/1/2", 1), `:2: the plan has no change "add/1/2"`},
		"end_of_unknown":    {start + strings.Replace(end, a, "add/1/2", 1), `:2: the plan has no change "add/1/2"`},
		"begun_twice":       {start + begin + begin, `:3: the change "` + a + `" is begun a second time`},
		"begun_after_end":   {start + end + begin, `:3: the change "` + a + `" is begun after its end`},
		"ended_twice":       {start + begin + end + end, `:4: the change "` + a + `" is ended a second time`},
		"ended_again_twice": {start + begin + end + resume + end + end, `:6: the change "` + a + `" is ended a second time`},
		"unknown_outcome":   {start + strings.Replace(end, "applied", "done", 1), `:2: unknown outcome "done"`},
		"behind_finish":     {start + finish + begin, ":3: the run is over, and its journal goes on"},
		"two_finishes":      {start + finish + finish, ":3: the run is over, and its journal goes on"},
	} {
		writeFile(t, name, c.journal)
		rec, err := state.ReadRun(r.Path())
		assert.Nil(t, rec, title)
		assert.EqualError(t, err, name+c.want, title)
	}
	// The last word is that of whoever looked last.
	writeFile(t, name, start+begin+end+resume+strings.Replace(end, "applied", "skipped", 1)+resume+begin)
	rec := read(t, r.Path())
	assert.Equal(t, plan.Skipped, rec.Results[0].Outcome)
	assert.Equal(t, []int{0}, rec.Pending)
}

// A group that a later look did not find is none that was created.
func TestReadRun_CreatedNoMore(t *testing.T) {
	t.Parallel()
	d, p := openDir(t), newPlan(t, 1)
	r := newRun(t, d, p)
	require.NoError(t, r.End(p.Changes[0].ID, plan.Result{Outcome: plan.Applied}, 501))
	require.NoError(t, r.Close())
	r, err := d.Resume(read(t, r.Path()))
	require.NoError(t, err)
	require.NoError(t, r.End(p.Changes[0].ID, plan.Result{Outcome: plan.Skipped}, 0))
	require.NoError(t, r.Close())
	assert.Empty(t, read(t, r.Path()).Created)
}

func TestReadRun_Plan(t *testing.T) {
	t.Parallel()
	d, p := openDir(t), newPlan(t, 3)
	r := newRun(t, d, p)
	name := filepath.Join(r.Path(), "plan.jsonl")
	whole := readFile(t, name)
	writeFile(t, name, strings.Replace(whole, "p1@acme", "p9@acme", 1))
	_, err := state.ReadRun(r.Path())
	require.ErrorContains(t, err, name+":")
	require.NoError(t, os.Remove(name))
	_, err = state.ReadRun(r.Path())
	require.EqualError(t, err, "read "+name+": no such file or directory")
	_, err = state.ReadRun(filepath.Join(r.Path(), "no"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

// A run keeps its id where it is copied to, for whoever looks at it there.
func TestReadRun_Copied(t *testing.T) {
	t.Parallel()
	d, p := openDir(t), newPlan(t, 1)
	r := newRun(t, d, p)
	copied := filepath.Join(t.TempDir(), "for-the-ticket")
	require.NoError(t, os.CopyFS(copied, os.DirFS(r.Path())))
	rec := read(t, copied)
	assert.Equal(t, copied, rec.Path)
	assert.Equal(t, facts{ID: r.ID(), Info: info(), Results: []plan.Result{{}}, Created: rec.Created}, factsOf(rec))
	assert.Empty(t, rec.Created)
}

// Where a run died before the first line of its journal was on the disk,
// nothing was begun, and the next run can say so.
func TestReadRun_NothingBegun(t *testing.T) {
	t.Parallel()
	d, p := openDir(t), newPlan(t, 2)
	r := newRun(t, d, p)
	require.NoError(t, r.Close())
	name := filepath.Join(r.Path(), "journal.jsonl")
	start := readFile(t, name)
	for title, prepare := range map[string]func(){
		"missing": func() { require.NoError(t, os.Remove(name)) },
		"empty":   func() { writeFile(t, name, "") },
		"torn":    func() { writeFile(t, name, start[:20]) },
	} {
		prepare()
		want := facts{ID: r.ID(), Info: state.Info{Started: started()}, Results: make([]plan.Result, 2)}
		records, err := d.Unfinished()
		require.NoError(t, err, title)
		require.Len(t, records, 1, title)
		got := factsOf(records[0])
		assert.Empty(t, got.Created)
		got.Created = nil
		assert.Equal(t, want, got, title)

		resumed, err := d.Resume(records[0])
		require.NoError(t, err, title)
		require.NoError(t, resumed.Finish(state.Finish{Ended: started().Add(time.Hour)}), title)
		rec := read(t, r.Path())
		assert.True(t, rec.Finished, title)
		assert.Equal(t, started(), rec.Info.Started, title)
	}
}
