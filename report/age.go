package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/plan"
)

// byNews returns the holds in the order in which they are to be read: those that
// are news first, then those that have been open longest, and last those that
// somebody has acknowledged.
func byNews(holds []plan.Hold) []*plan.Hold {
	out := make([]*plan.Hold, len(holds))
	for i := range holds {
		out[i] = &holds[i]
	}
	const news, open, acknowledged = 0, 1, 2
	rank := func(h *plan.Hold) int {
		switch {
		case h.Acknowledged != plan.Acknowledged{}:
			return acknowledged
		case h.News == plan.Open:
			return open
		default:
			return news
		}
	}
	slices.SortStableFunc(out, func(a, b *plan.Hold) int {
		if c := cmp.Compare(rank(a), rank(b)); c != 0 || rank(a) == news {
			return c
		}
		return a.Since.Compare(b.Since)
	})
	return out
}

// ageOf says behind the title of a hold what earlier runs know of it, or nothing
// where nothing is remembered.
func ageOf(h *plan.Hold) string {
	open := OpenSince(&h.Age)
	switch h.News {
	case plan.New:
		return " (new hold)"
	case plan.Grown:
		return fmt.Sprintf(" (grown from %s, %s)", plan.Count(h.From, "change"), open)
	case plan.Open:
		return " (" + open + ")"
	default:
		return ""
	}
}

// OpenSince says since when a hold is open.
func OpenSince(a *plan.Age) string {
	day := a.Since.Format(time.DateOnly)
	if a.Nights == 0 {
		return "open since " + day
	}
	return fmt.Sprintf("open for %s, since %s", plan.Count(a.Nights, "night"), day)
}

// agesOf counts the holds by their news, where there are so many that nobody reads
// them all, and says for how long the oldest is open.
func agesOf(holds []plan.Hold) string {
	if len(holds) < 2 || holds[0].News == plan.Unremembered {
		return ""
	}
	n, longest := map[plan.News]int{}, 0
	for i := range holds {
		n[holds[i].News]++
		longest = max(longest, holds[i].Nights)
	}
	var parts []string
	for _, news := range []plan.News{plan.New, plan.Grown, plan.Open} {
		if n[news] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[news], news))
		}
	}
	if longest > 0 {
		parts = append(parts, "the longest for "+plan.Count(longest, "night"))
	}
	return " (" + strings.Join(parts, ", ") + ")"
}
