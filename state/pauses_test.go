package state_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/state"
)

func glob(t testing.TB, text string) source.Pattern {
	t.Helper()
	p, err := source.ParsePattern(text)
	require.NoError(t, err)
	return p
}

func pauses(t testing.TB) []plan.Pause {
	t.Helper()
	return []plan.Pause{
		{Group: glob(t, `R&D "[EU]"\*`), Until: started().Add(time.Hour), Reason: "<audit>", Set: started()},
		{Group: glob(t, "*"), Until: time.Date(2026, 12, 1, 1, 0, 0, 0, time.FixedZone("", 3600)), Reason: "größer", Set: started()},
	}
}

const pausesFile = `{
 "version": 1,
 "pauses": [
  {
   "group": "R&D \"[EU]\"\\*",
   "until": "2026-11-23T11:36:24Z",
   "reason": "<audit>",
   "set": "2026-11-23T10:36:24Z"
  },
  {
   "group": "*",
   "until": "2026-12-01T00:00:00Z",
   "reason": "größer",
   "set": "2026-11-23T10:36:24Z"
  }
 ]
}
`

// to replaces whatever pauses there are.
func to(all ...plan.Pause) func([]plan.Pause) ([]plan.Pause, error) {
	return func([]plan.Pause) ([]plan.Pause, error) { return all, nil }
}

// shown is what pauses say, without what their patterns are made of.
func shown(all []plan.Pause) []string {
	out := []string{}
	for _, p := range all {
		out = append(out, fmt.Sprint(p.Group, " ", p.Until, " ", p.Reason, " ", p.Set))
	}
	return out
}

func TestDir_Pauses(t *testing.T) {
	t.Parallel()
	d := openDir(t)
	path := filepath.Join(d.Path(), "pauses.json")
	got, err := d.Pauses()
	require.NoError(t, err)
	assert.Empty(t, got)

	require.NoError(t, d.ChangePauses(t.Context(), to(pauses(t)...)))
	assert.Equal(t, pausesFile, readFile(t, path))
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode())
	got, err = d.Pauses()
	require.NoError(t, err)
	want := pauses(t)
	want[1].Until = want[1].Until.UTC()
	assert.Equal(t, shown(want), shown(got))
	assert.True(t, got[0].Group.Match(`r&d "e"*`))

	require.NoError(t, d.ChangePauses(t.Context(), func(all []plan.Pause) ([]plan.Pause, error) {
		assert.Equal(t, shown(want), shown(all))
		return nil, nil
	}))
	assert.Equal(t, "{\n \"version\": 1,\n \"pauses\": []\n}\n", readFile(t, path))
	got, err = d.Pauses()
	require.NoError(t, err)
	assert.Empty(t, got)
	assert.Equal(t, []string{"pauses.json", "pauses.lock", "runs"}, names(t, d.Path()))
}

// What a run saves of what it remembers does not touch the pauses, and needs none of
// the locks that setting one does.
func TestDir_ChangePauses_besideARun(t *testing.T) {
	t.Parallel()
	d := openDir(t)
	require.NoError(t, d.Lock(holder()))
	require.NoError(t, again(t, d).ChangePauses(t.Context(), func([]plan.Pause) ([]plan.Pause, error) {
		require.NoError(t, d.SaveMemory(memory()))
		return pauses(t), nil
	}))
	require.NoError(t, d.SaveMemory(&plan.Memory{}))
	require.NoError(t, d.Unlock())
	got, err := d.Pauses()
	require.NoError(t, err)
	assert.Len(t, got, 2)
}

// Whatever fails, the pauses stay as they were.
func TestDir_ChangePauses_fails(t *testing.T) {
	t.Parallel()
	d := openDir(t)
	require.NoError(t, d.ChangePauses(t.Context(), to(pauses(t)...)))
	bare := func(edit func(*plan.Pause)) func([]plan.Pause) ([]plan.Pause, error) {
		p := pauses(t)[0]
		edit(&p)
		return to(p)
	}
	for name, c := range map[string]struct {
		change func([]plan.Pause) ([]plan.Pause, error)
		want   string
	}{
		"error":     {func([]plan.Pause) ([]plan.Pause, error) { return nil, errors.New("not today") }, "not today"},
		"twice":     {to(pauses(t)[0], pauses(t)[0]), `pauses[1]: "R&D \"[EU]\"\\*" is paused twice`},
		"no_group":  {bare(func(p *plan.Pause) { p.Group = source.Pattern{} }), "pauses[0]: it names no group; all are *"},
		"no_end":    {bare(func(p *plan.Pause) { p.Until = time.Time{} }), "pauses[0]: it does not say until when it is, or when it was set"},
		"not_set":   {bare(func(p *plan.Pause) { p.Set = time.Time{} }), "pauses[0]: it does not say until when it is, or when it was set"},
		"no_reason": {bare(func(p *plan.Pause) { p.Reason = " " }), "pauses[0]: it has no reason"},
		"not_utf8":  {bare(func(p *plan.Pause) { p.Reason = "a\xffb" }), "it is not as rollcall pause writes it: a key is missing, stands there twice, or is spelt in another way"},
	} {
		err := d.ChangePauses(t.Context(), c.change)
		if name != "error" {
			c.want = "write " + filepath.Join(d.Path(), "pauses.json") + ": " + c.want
		}
		require.EqualError(t, err, c.want, name)
	}
	require.Error(t, d.ChangePauses(t.Context(), bare(func(p *plan.Pause) { p.Until = p.Until.AddDate(9000, 0, 0) })))
	assert.Equal(t, pausesFile, readFile(t, filepath.Join(d.Path(), "pauses.json")))
	require.NoError(t, d.ChangePauses(t.Context(), to()), "the lock was kept")
}

// Nobody's pause is lost where several are set at once.
func TestDir_ChangePauses_atOnce(t *testing.T) {
	t.Parallel()
	d := openDir(t)
	const many = 12
	var group sync.WaitGroup
	errs := make([]error, many)
	for i := range many {
		mine := plan.Pause{Group: glob(t, fmt.Sprintf("group %d", i)), Until: started(), Reason: "mine", Set: started()}
		own := again(t, d)
		group.Go(func() {
			errs[i] = own.ChangePauses(t.Context(), func(all []plan.Pause) ([]plan.Pause, error) { return append(all, mine), nil })
		})
	}
	group.Wait()
	require.NoError(t, errors.Join(errs...))
	got, err := d.Pauses()
	require.NoError(t, err)
	assert.Len(t, got, many)
}

// Who waits for somebody who does not end stops waiting when they are told to.
func TestDir_ChangePauses_waits(t *testing.T) {
	t.Parallel()
	d := openDir(t)
	path := filepath.Join(d.Path(), "pauses.lock")
	require.NoError(t, d.ChangePauses(t.Context(), func([]plan.Pause) ([]plan.Pause, error) {
		ctx, cancel := context.WithCancelCause(t.Context())
		waited := make(chan error)
		go func() { waited <- again(t, d).ChangePauses(ctx, to(pauses(t)...)) }()
		cancel(errors.New("no patience"))
		assert.EqualError(t, <-waited, "lock "+path+": no patience")
		return nil, nil
	}))
	got, err := d.Pauses()
	require.NoError(t, err)
	assert.Empty(t, got)
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.Mkdir(path, 0o700))
	assert.EqualError(t, d.ChangePauses(t.Context(), to()),
		"lock "+path+": is a directory: a directory stands where a file is needed; move it away")
}

// A file that cannot be read is no file without pauses, and nothing is put in its
// place.
func TestDir_Pauses_refused(t *testing.T) {
	t.Parallel()
	d := openDir(t)
	path := filepath.Join(d.Path(), "pauses.json")
	const another = "it is not as rollcall pause writes it: a key is missing, stands there twice, or is spelt in another way"
	edited := func(old, new string) string {
		t.Helper()
		require.Contains(t, pausesFile, old)
		return strings.Replace(pausesFile, old, new, 1)
	}
	for name, c := range map[string]struct{ text, want string }{
		"empty":         {"", "it is cut off or damaged"},
		"torn":          {pausesFile[:100], "it is cut off or damaged"},
		"later":         {`{"version": 2, "groups": []}`, "its version is 2 and this program knows version 1"},
		"no_version":    {`{"pauses": []}`, "its version is 0 and this program knows version 1"},
		"null":          {`null`, "its version is 0 and this program knows version 1"},
		"no_pauses":     {`{"version": 1}`, another},
		"null_pauses":   {`{"version": 1, "pauses": null}`, another},
		"null_pause":    {`{"version": 1, "pauses": [null]}`, another},
		"unknown_field": {edited(`"reason"`, `"raison"`), `unknown field "raison"`},
		"other_case":    {edited(`"pauses"`, `"Pauses"`), another},
		"twice":         {edited(`"version": 1,`, `"version": 1, "pauses": [],`), another},
		"key_twice":     {edited(`"group": "*",`, `"group": "*", "group": "*",`), another},
		"key_missing":   {edited(`   "reason": "größer",`+"\n", ""), another},
		"trailing":      {pausesFile + "{}", "it is cut off or damaged"},
		"wrong_type":    {edited(`"*"`, `7`), "pauses.group cannot be a number"},
		"no_time":       {edited(`"2026-12-01T00:00:00Z"`, `"tomorrow"`), "it is cut off or damaged"},
		"no_pattern":    {edited(`"*"`, `"[a"`), `pauses[1]: pattern "[a": the [ has no ]; a bracket is written \[`},
		"no_group":      {edited(`"*"`, `""`), "pauses[1]: it names no group; all are *"},
		"no_reason":     {edited(`größer`, ` `), "pauses[1]: it has no reason"},
		"no_end":        {edited(`2026-12-01T00:00:00Z`, `0001-01-01T00:00:00Z`), "pauses[1]: it does not say until when it is, or when it was set"},
		"group_twice":   {edited(`"*"`, `"r&d \"[eu]\"\\*"`), `pauses[1]: "r&d \"[eu]\"\\*" is paused twice`},
	} {
		writeFile(t, path, c.text)
		want := "read " + path + ": " + c.want + ": it says which groups are to be left alone, so nothing is done without it; " +
			"repair it, or remove it and set the pauses anew with rollcall pause"
		_, err := d.Pauses()
		require.EqualError(t, err, want, name)
		require.EqualError(t, d.ChangePauses(t.Context(), to()), want, name)
		assert.Equal(t, c.text, readFile(t, path), name)
	}
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.Mkdir(path, 0o700))
	_, err := d.Pauses()
	assert.EqualError(t, err, "read "+path+": is a directory: a directory stands where a file is needed; move it away")
}

// Somebody may mend the file by hand, as far as its meaning stays clear.
func TestDir_Pauses_byHand(t *testing.T) {
	t.Parallel()
	d := openDir(t)
	writeFile(t, filepath.Join(d.Path(), "pauses.json"),
		`{"version":1, "pauses":[{"group":"Fin*", "until":"2026-12-01T01:00:00+01:00", "reason":"a","set":"2026-11-23T10:36:24Z"}]}`)
	got, err := d.Pauses()
	require.NoError(t, err)
	assert.Equal(t, []string{"Fin* 2026-12-01 00:00:00 +0000 UTC a 2026-11-23 10:36:24 +0000 UTC"}, shown(got))
}

func TestDir_Pauses_property(t *testing.T) {
	t.Parallel()
	d := openDir(t)
	at := rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "s"), 0).UTC()
	})
	rapid.Check(t, func(rt *rapid.T) {
		var want []plan.Pause
		for i := range rapid.IntRange(0, 4).Draw(rt, "pauses") {
			p := plan.Pause{Until: at.Draw(rt, "until"), Reason: "because " + rapid.String().Draw(rt, "reason"), Set: at.Draw(rt, "set")}
			p.Group = glob(t, fmt.Sprint(i, rapid.StringOf(rapid.SampledFrom([]rune("aZ*?.<&\"é部\u2028"))).Draw(rt, "group")))
			want = append(want, p)
		}
		require.NoError(t, d.ChangePauses(t.Context(), to(want...)))
		got, err := d.Pauses()
		require.NoError(t, err)
		assert.Equal(t, shown(want), shown(got))
	})
}

// FuzzPauses: what can be read is read back as the same after it was written, and
// leaves no two readings: without its blanks the file is what is written.
func FuzzPauses(f *testing.F) {
	f.Add([]byte(pausesFile))
	f.Add([]byte(`{"version": 1, "pauses": []}`))
	f.Add([]byte(`{"version": 1, "pauses": [], "pauses": null}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		all, err := state.DecodePauses(file)
		if err != nil {
			return
		}
		written, err := state.EncodePauses(all)
		require.NoError(t, err)
		back, err := state.DecodePauses(written)
		require.NoError(t, err)
		assert.Equal(t, shown(all), shown(back))
		for _, p := range all {
			assert.True(t, p.Group.String() != "" && !p.Until.IsZero() && !p.Set.IsZero() && p.Reason != "")
		}
	})
}

// Who asks is told of a run under way, and not of one that has ended or died; and does
// not get in its way.
func TestDir_UnderWay(t *testing.T) {
	t.Parallel()
	d := openDir(t)
	other := again(t, d)
	_, busy := other.UnderWay()
	assert.False(t, busy, "there is no lock")

	require.NoError(t, d.Lock(holder()))
	h, busy := other.UnderWay()
	assert.True(t, busy)
	assert.Equal(t, holder().String(), h.String())
	path := filepath.Join(d.Path(), "lock")
	note := readFile(t, path)
	require.NoError(t, d.Unlock())
	_, busy = other.UnderWay()
	assert.False(t, busy, "it has ended")

	writeFile(t, path, note)
	_, busy = other.UnderWay()
	assert.False(t, busy, "it died")
	require.NoError(t, d.Lock(holder()), "the lock was kept by who asked")
	require.NoError(t, d.Unlock())
}
