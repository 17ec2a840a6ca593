package state_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/state"
	"github.com/rollcall-sync/rollcall/target"
)

// Whatever is begun and ended, by however many processes of which each dies in
// the middle of a line, is read as it happened.
func TestReadRun_Property(t *testing.T) {
	t.Parallel()
	p := newPlan(t, 5)
	rapid.Check(t, func(t *rapid.T) {
		f := &fakeFile{data: state.StartLine("x", info(), p)}
		r, err := state.NewTestRun(journalName, f, p)
		require.NoError(t, err)
		want := facts{ID: "x", Info: info(), Results: make([]plan.Result, 5), Created: map[string]target.GroupID{}}
		begun, ended, pending := [5]bool{}, [5]bool{}, [5]bool{}
		place := rapid.IntRange(0, 4)
		t.Repeat(map[string]func(*rapid.T){
			"begin": func(t *rapid.T) {
				i := place.Draw(t, "place")
				err := r.Begin(p.Changes[i].ID)
				if begun[i] || ended[i] {
					require.Error(t, err)
					return
				}
				require.NoError(t, err)
				begun[i], pending[i] = true, true
			},
			"end": func(t *rapid.T) {
				i := place.Draw(t, "place")
				result := plan.Result{
					Outcome: plan.Outcome(rapid.IntRange(0, int(plan.Failed)).Draw(t, "outcome")),
					Detail:  rapid.String().Draw(t, "detail"),
				}
				group := target.GroupID(rapid.Uint64Range(0, 2).Draw(t, "group"))
				err := r.End(p.Changes[i].ID, result, group)
				if ended[i] {
					require.Error(t, err)
					return
				}
				require.NoError(t, err)
				ended[i], pending[i], want.Results[i] = true, false, result
				delete(want.Created, p.Changes[i].ID)
				if group != 0 {
					want.Created[p.Changes[i].ID] = group
				}
			},
			"die": func(t *rapid.T) {
				require.NoError(t, r.Close())
				tail := rapid.SampledFrom([]string{"", "{", `{"end":{"change":"`, "\x00", "}\n"}).Draw(t, "tail")
				f.data = append(f.data, tail...)
				rec, err := state.Replay(p, f.data)
				require.NoError(t, err)
				f.data = f.data[:rec.Whole()]
				r, err = state.ResumeTest(journalName, f, rec)
				require.NoError(t, err)
				begun, ended = [5]bool{}, [5]bool{}
			},
			"": func(t *rapid.T) {
				want.Pending = nil
				for i := range pending {
					if pending[i] {
						want.Pending = append(want.Pending, i)
					}
				}
				rec, err := state.Replay(p, f.data)
				require.NoError(t, err)
				require.Equal(t, want, factsOf(rec))
			},
		})
		want.Finished, want.Finish = true, state.Finish{Ended: started(), Stopped: rapid.String().Draw(t, "stopped"), Calls: rapid.Int64().Draw(t, "calls")}
		require.NoError(t, r.Finish(want.Finish))
		rec, err := state.Replay(p, f.data)
		require.NoError(t, err)
		require.Equal(t, want, factsOf(rec))
	})
}

// FuzzReadJournal: no journal is read in a way that does not add up, and no
// part of a line changes what the lines before it say.
func FuzzReadJournal(f *testing.F) {
	d, p := openDir(f), newPlan(f, 4)
	_, journal := settledRun(f, d, p)
	f.Add([]byte(journal))
	for i := range len(journal) {
		if journal[i] == '\n' {
			f.Add([]byte(journal[:i]))
			f.Add([]byte(journal[:i+1] + "{}\n"))
		}
	}
	f.Add([]byte("\x00\n\n"))
	f.Fuzz(func(t *testing.T, journal []byte) {
		rec, err := state.Replay(p, journal)
		if err != nil {
			require.Contains(t, err.Error(), "journal.jsonl:")
			return
		}
		require.Len(t, rec.Results, len(p.Changes))
		require.Equal(t, len(p.Changes), plan.TallyOf(rec.Results).Total())
		require.True(t, slices.IsSorted(rec.Pending))
		for change, group := range rec.Created {
			require.NotZero(t, group)
			require.True(t, slices.ContainsFunc(p.Changes, func(c plan.Change) bool { return c.ID == change }))
		}
		if whole := journal[:rec.Whole()]; len(whole) < len(journal) {
			again, err := state.Replay(p, whole)
			require.NoError(t, err)
			require.Equal(t, factsOf(rec), factsOf(again))
		}
	})
}
