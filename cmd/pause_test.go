package cmd

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/state"
)

func TestPauseEnd(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 18, 0, 0, 0, time.UTC)
	const (
		none = "is no such time"
		over = "is over already: it is 2026-11-20T18:00:00Z"
		long = "is more than a year away"
	)
	for text, want := range map[string]string{
		"2026-11-20":                "2026-11-21T00:00:00Z",
		"2026-11-19":                over,
		"2026-11-20T18:00:01Z":      "2026-11-20T18:00:01Z",
		"2026-11-20T18:00:00Z":      over,
		"2026-11-20T18:30:00+01:00": over,
		"2026-11-20T18:30:00-01:00": "2026-11-20T19:30:00Z",
		"24h":                       "2026-11-21T18:00:00Z",
		"7d":                        "2026-11-27T18:00:00Z",
		"1h30m":                     "2026-11-20T19:30:00Z",
		"1s":                        "2026-11-20T18:00:01Z",
		"999ms":                     over,
		"0s":                        over,
		"2027-11-20":                "2027-11-21T00:00:00Z",
		"366d":                      "2027-11-21T18:00:00Z",
		"367d":                      "2027-11-22T18:00:00Z",
		"367d1s":                    none,
		"368d":                      long,
		"2027-11-22":                long,
		"9999-12-31":                long,
		"65535d":                    long,
		"65536d":                    none,
		"2562047h":                  long,
		"-1h":                       none,
		"7":                         none,
		"":                          none,
		"2026-12":                   none,
		"2026-11-31":                none,
		"tomorrow":                  none,
	} {
		end, err := pauseEnd(text, now)
		if strings.HasPrefix(want, "is ") {
			assert.ErrorContains(t, err, want, text)
			continue
		}
		require.NoError(t, err, text)
		assert.Equal(t, want, end.Format(time.RFC3339), text)
	}
}

// What is to be put into the configuration means there what was asked for here.
func TestPauseOptions_yaml(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune(`aZ '":#*?\-&{}!%@|>,~é部`))).Filter(func(s string) bool { return strings.TrimSpace(s) != "" })
		o := &pauseOptions{pause: plan.Pause{
			Until:  time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "until"), 0).UTC(),
			Reason: strings.TrimSpace(text.Draw(t, "reason")),
		}}
		group, err := source.ParsePattern(strings.TrimRight(text.Draw(t, "group"), `\`) + "x")
		if err != nil {
			t.Skip()
		}
		o.pause.Group = group
		c, err := parseConfig("x.yaml", []byte("version: 1\npause:\n"+strings.Join(o.yaml(), "\n")+"\n"))
		require.NoError(t, err)
		require.Len(t, c.pauses(), 1)
		got := c.pauses()[0]
		assert.Equal(t, group.String(), got.Group.String())
		assert.Equal(t, o.pause.Reason, got.Reason)
		assert.True(t, o.pause.Until.Equal(got.Until), "%s is not %s", got.Until, o.pause.Until)
	})
}

// Whoever pauses while somebody else does not come to an end gives up, and it is worth
// another try.
func TestPauseOptions_changeWaitsNotForEver(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	open := func() *state.Dir {
		d, err := state.Open(root, "main", "900001")
		require.NoError(t, err)
		return d
	}
	synctest.Test(t, func(t *testing.T) {
		o, begun := &pauseOptions{pause: plan.Pause{Group: everyGroup()}}, time.Now()
		require.NoError(t, open().ChangePauses(t.Context(), func(all []plan.Pause) ([]plan.Pause, error) {
			_, err := o.change(t.Context(), open(), func([]plan.Pause, int) ([]plan.Pause, error) {
				return nil, errors.New("it was not its turn")
			})
			assert.EqualError(t, err, "lock "+root+"/main-900001/pauses.lock: somebody else has been at it for 10s; nothing was changed")
			assert.Equal(t, exitUnreadable, codeOf(err))
			assert.Equal(t, "try again", hintOf(err))
			return all, nil
		}))
		assert.Equal(t, pausePatience, time.Since(begun))
	})
}

// Two patterns are one if they are spelt alike, in whatever case.
func TestPauseOptions_isSame(t *testing.T) {
	t.Parallel()
	o := &pauseOptions{pause: plan.Pause{Group: everyGroup()}}
	for text, want := range map[string]bool{"*": true, "**": false, "": false} {
		p, err := source.ParsePattern(text)
		require.NoError(t, err)
		assert.Equal(t, want, o.isSame(plan.Pause{Group: p}), text)
	}
	o.pause.Group, _ = source.ParsePattern("Ärzte*")
	for text, want := range map[string]bool{"ärZTE*": true, "Ärzte": false, " Ärzte*": false} {
		p, err := source.ParsePattern(text)
		require.NoError(t, err)
		assert.Equal(t, want, o.isSame(plan.Pause{Group: p}), text)
	}
}
