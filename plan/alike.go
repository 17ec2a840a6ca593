package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
)

// alikeHold holds one of several source groups whose ids differ in case alone, and
// which have different names in Box. One identifier is of one Box group: which of
// them that would be is not known, as with groups that want one name.
func (d *Differ) alikeHold(ref GroupRef, one *source.Group) Hold {
	alike := d.alike[source.FoldIdentifier(ref.Identifier)]
	var others, all []string
	for _, g := range alike {
		all = append(all, inSource(g))
		if g.Key != ref.Key {
			others = append(others, fmt.Sprintf("%s (%s)", strconv.Quote(g.NameInSource()), g.Origin))
		}
	}
	slices.Sort(all)
	return Hold{
		Rule: RuleNameClash, Group: ref,
		Reason: fmt.Sprintf("its name in the source is but for case that of %s, and a Box group can be only one of them; this one is from %s",
			strings.Join(others, ", "), one.Origin),
		Release: "make these one group in the source, or give all but one of them another name there: " + strings.Join(all, ", "),
	}
}
