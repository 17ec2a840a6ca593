package plan

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// OpenHold is a hold that the last run had, as far as it is remembered: changes and
// reasons are not.
type OpenHold struct {
	Rule Rule
	// Identifier is that of the group concerned, and Source the source where a whole
	// one is. Both are empty where the whole run is.
	Identifier, Source string
	Age
}

// OpenHolds returns the holds that are remembered, those that have been open for
// longest first, with their age at a time.
func (m *Memory) OpenHolds(now time.Time) []OpenHold {
	var out []OpenHold
	for _, id := range slices.Sorted(maps.Keys(m.Holds)) {
		rule, about, _ := strings.Cut(id, "/")
		h := OpenHold{Rule: Rule(rule), Identifier: about, Age: m.age(id, 0, 0, now)}
		if name, ok := strings.CutPrefix(about, "/"); ok {
			h.Identifier, h.Source = "", name
		}
		out = append(out, h)
	}
	slices.SortStableFunc(out, func(a, b OpenHold) int { return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Rule, b.Rule)) })
	return out
}
