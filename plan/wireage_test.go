package plan_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
)

// An age that the file would read back as another is not written.
func TestWrite_ages(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		edit func(*plan.Age)
		want string
	}{
		"as-it-is":         {func(*plan.Age) {}, ""},
		"nothing":          {func(a *plan.Age) { *a = plan.Age{} }, ""},
		"parts-of-seconds": {func(a *plan.Age) { a.Since = night(9).Add(time.Millisecond) }, "since: 2026-01-09 02:00:00.001 +0000 UTC is not a time in UTC and in whole seconds"},
		"elsewhere": {
			func(a *plan.Age) { a.Since = night(9).In(time.FixedZone("CET", 3600)) },
			`since: "2026-01-09T03:00:00+01:00" is not a time in UTC and in whole seconds, such as 2026-11-23T04:00:00Z`,
		},
		"fewer-nights-than-none":  {func(a *plan.Age) { a.Nights = -1 }, "nights -1 and grown_from 1: neither is less than 0"},
		"fewer-changes-than-none": {func(a *plan.Age) { a.From = -7 }, "nights 3 and grown_from -7: neither is less than 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := goldenPlan()
			test.edit(&p.Holds[1].Age)
			err := plan.Write(&bytes.Buffer{}, p)
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			assert.EqualError(t, err, test.want)
		})
	}
}
