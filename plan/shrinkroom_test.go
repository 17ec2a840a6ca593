package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/plan"
)

func TestHeadroom_sources(t *testing.T) {
	t.Parallel()
	now := size{groups: 6, memberships: 90}
	for name, test := range map[string]struct {
		memory *plan.Memory
		limit  plan.Limit
		allow  []string
		want   []string
	}{
		"less than it was":     {hadBefore(8, 100), plan.Percent(30), nil, []string{"hr lost groups 2/3 of 8", "hr lost memberships 10/30 of 100"}},
		"too little":           {hadBefore(8, 200), plan.Percent(30), nil, []string{"hr lost groups 2/3 of 8", "hr lost memberships 110/60 of 200 held"}},
		"of both":              {hadBefore(20, 200), plan.AtMost(9), nil, []string{"hr lost groups 14/9 of 20 held", "hr lost memberships 110/9 of 200 held"}},
		"too little of one":    {hadBefore(15, 200), plan.AtMost(9), nil, []string{"hr lost groups 9/9 of 15", "hr lost memberships 110/9 of 200 held"}},
		"as it was":            {hadBefore(6, 90), plan.Percent(5), nil, []string{"hr lost groups 0/3 of 6", "hr lost memberships 0/10 of 90"}},
		"more than it was":     {hadBefore(5, 80), plan.AtMost(1), nil, []string{"hr lost groups 0/1 of 5", "hr lost memberships 0/1 of 80"}},
		"what was allowed":     {hadBefore(8, 200), plan.Percent(30), []string{"source_shrink:hr=110"}, []string{"hr lost groups 2/110 of 8", "hr lost memberships 110/110 of 200"}},
		"no limit":             {hadBefore(8, 100), plan.Limit{}, nil, []string{"hr lost groups 2 of 8", "hr lost memberships 10 of 100"}},
		"a source that is new": {&plan.Memory{}, plan.Percent(30), nil, []string{}},
		"no memory":            {nil, plan.Percent(30), nil, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := diff(t, now.roster(), zoes(1), options(shrinkingBy(test.limit), remembering(test.memory, night(1)), allowing(t, test.allow...)))
			h := p.Headroom()
			got := rooms(h.Sources)
			for i := range h.Sources {
				got[i] = h.Sources[i].Source + " " + got[i]
				assert.Equal(t, plan.RuleSourceShrink, h.Sources[i].Rule)
			}
			assert.Equal(t, test.want, got)
			assert.Equal(t, h, read(t, written(t, p)).Headroom(), "the file says as much")
		})
	}
}
