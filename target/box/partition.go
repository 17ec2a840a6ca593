package box

import (
	"context"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// groupsPerQuery bounds a census: it asks for at most one beginning of names for
// so many groups.
const groupsPerQuery = 10

// census collects the groups of an enterprise that has more than one list can
// show. What is beyond it is asked for by the beginnings of the names
// (filter_term): a beginning that fits more groups than Box lists is made longer
// by a character, and so on.
//
// No list tells which characters there are. Those that follow in the names seen
// so far are tried first, then every character of any name, then those that
// keyboards have, until as many groups are accounted for as Box says there are.
// What is not is counted, never left out in silence: groups that begin with a
// character that nobody has seen, groups that Box's index does not know yet, and
// groups whose whole name is the beginning of more names than Box lists.
//
// Box is taken to disregard case, which its documentation does not say. If it
// does not, groups are not accounted for.
type census struct {
	list   func(ctx context.Context, begin string, offset int) (boxapi.Page[boxapi.Group], error)
	left   int // beginnings that may still be asked for
	groups []boxapi.Group
	seen   map[boxapi.ID]bool
	names  []string       // folded, of groups
	hidden map[string]int // by beginning: rows that its list announced and did not show
	lost   map[string]int // by beginning: groups that no longer one has shown
}

// newCensus begins with the groups that the list has shown.
func newCensus(
	list func(ctx context.Context, begin string, offset int) (boxapi.Page[boxapi.Group], error), shown []boxapi.Group, total int,
) *census {
	c := &census{
		list: list, left: total / groupsPerQuery,
		seen: map[boxapi.ID]bool{}, hidden: map[string]int{}, lost: map[string]int{},
	}
	c.add(shown)
	return c
}

func (c *census) add(groups []boxapi.Group) {
	for _, g := range groups {
		if !c.seen[g.ID] {
			c.seen[g.ID] = true
			c.groups = append(c.groups, g)
			c.names = append(c.names, strings.ToLower(g.Name))
		}
	}
}

// short returns how many of the total groups with that beginning are not
// accounted for, those that are lost counted in.
func (c *census) short(begin string, total int) int {
	for _, name := range c.names {
		if strings.HasPrefix(name, begin) {
			total--
		}
	}
	return max(0, total-below(c.hidden, begin))
}

// below sums what is known of a beginning and of longer ones.
func below(counts map[string]int, begin string) int {
	sum := 0
	for longer, n := range counts {
		if strings.HasPrefix(longer, begin) {
			sum += n
		}
	}
	return sum
}

// split looks for the groups with that beginning by longer ones, until the total
// is accounted for or nothing is left to try. rest reads what the list of the
// beginning itself can show.
func (c *census) split(ctx context.Context, begin string, total int, rest func() error) error {
	tried := map[rune]bool{}
	for n, characters := range []func(begin string) []rune{c.following, c.following, c.anywhere, typed} {
		if n == 1 && c.short(begin, total) > 0 {
			if err := rest(); err != nil {
				return err
			}
		}
		for _, r := range characters(begin) {
			if c.short(begin, total) <= below(c.lost, begin) {
				return nil
			}
			if tried[r] || c.left <= 0 {
				continue
			}
			tried[r] = true
			if err := c.take(ctx, begin+string(r)); err != nil {
				return err
			}
		}
	}
	c.lost[begin] = max(0, c.short(begin, total)-below(c.lost, begin))
	return nil
}

// take asks for the groups with that beginning, and splits it if it fits more
// than Box lists.
func (c *census) take(ctx context.Context, begin string) error {
	c.left--
	page := func(ctx context.Context, offset int) (boxapi.Page[boxapi.Group], error) {
		return c.list(ctx, begin, offset)
	}
	first, err := page(ctx, 0)
	if err != nil {
		return err
	}
	c.add(first.Entries)
	if c.short(begin, first.TotalCount) == 0 {
		return nil
	}
	if first.TotalCount > boxapi.OffsetCeiling {
		if slices.ContainsFunc(first.Entries, func(g boxapi.Group) bool { return !strings.HasPrefix(strings.ToLower(g.Name), begin) }) {
			return nil // Box takes it for something else than a beginning: a longer one would fit as many
		}
		return c.split(ctx, begin, first.TotalCount, func() error {
			c.left -= boxapi.OffsetCeiling / boxapi.MaxLimit
			found, err := readFrom(ctx, page, groupID, first)
			c.add(found.entries)
			return err
		})
	}
	found, err := readFrom(ctx, page, groupID, first)
	if err != nil {
		return err
	}
	c.add(found.entries)
	// A row that another list has shown is not hidden.
	c.hidden[begin] = min(max(0, found.total-len(found.entries)), c.short(begin, found.total))
	return nil
}

// following returns the characters that follow the beginning in the names seen,
// the most frequent first.
func (c *census) following(begin string) []rune {
	times := map[rune]int{}
	for _, name := range c.names {
		if rest, ok := strings.CutPrefix(name, begin); ok && rest != "" {
			times[[]rune(rest)[0]]++
		}
	}
	return byFrequency(times)
}

// anywhere returns the characters of all names seen, the most frequent first.
func (c *census) anywhere(string) []rune {
	times := map[rune]int{}
	for _, name := range c.names {
		for _, r := range name {
			times[r]++
		}
	}
	return byFrequency(times)
}

func byFrequency(times map[rune]int) []rune {
	return slices.SortedFunc(maps.Keys(times), func(a, b rune) int {
		if n := times[b] - times[a]; n != 0 {
			return n
		}
		return int(a - b)
	})
}

// typed returns the characters that every keyboard has, letters and digits first.
func typed(string) []rune {
	runes := []rune("abcdefghijklmnopqrstuvwxyz0123456789")
	for r := ' '; r < unicode.MaxASCII; r++ {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			runes = append(runes, r)
		}
	}
	return runes
}

func groupID(g boxapi.Group) boxapi.ID { return g.ID }
