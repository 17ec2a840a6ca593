package csv

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
)

// boxIDs is what the rows of a file say of which Box groups its groups are.
type boxIDs struct {
	byGroup map[source.GroupIndex]boxID
	byID    map[uint64]source.GroupIndex
	last    error // what is wrong if nothing follows the row at hand, not even a line end
}

type boxID struct {
	id uint64
	at source.Position
}

func newBoxIDs() boxIDs {
	return boxIDs{byGroup: map[source.GroupIndex]boxID{}, byID: map[uint64]source.GroupIndex{}}
}

// bind takes in the id of a Box group that a row gives of its group. A fault is
// one of structure: which Box group is meant, nobody can know.
func (r *reader) bind(group source.GroupIndex, record []string) error {
	field := r.field(record, boxIDColumn)
	if field == "" {
		return nil
	}
	id, fault := parseBoxID(field)
	if fault != nil {
		return fault
	}
	here := r.position()
	if before, known := r.bound.byGroup[group]; known {
		if before.id != id {
			return fmt.Errorf("the group has the box_id %d here and %d in %s; a group has only one", id, before.id, before.at.From(here))
		}
		return nil
	}
	if other, taken := r.bound.byID[id]; taken {
		return fmt.Errorf("the box_id %d is that of another group in %s; a Box group is one group", id, r.bound.byGroup[other].at.From(here))
	}
	r.bound.byGroup[group], r.bound.byID[id] = boxID{id, here}, group
	r.builder.Bind(group, id, here.String())
	if r.at[boxIDColumn] == len(record)-1 {
		r.bound.last = r.positioned(r.at[boxIDColumn],
			errors.New("the last line has no line end, so that its box_id may be cut off, and would be another group's; end it with one"))
	}
	return nil
}

// rounded is how spreadsheets show the long numbers that they take ids for.
var rounded = regexp.MustCompile(`^[0-9]+([.,][0-9]+)?[eE]\+?[0-9]+$`)

// parseBoxID reads the id of a Box group.
func parseBoxID(s string) (uint64, error) {
	id, err := strconv.ParseUint(s, 10, 64)
	switch {
	case rounded.MatchString(s):
		return 0, roundedFault(s)
	case err != nil || id == 0 || strings.HasPrefix(s, "0"):
		return 0, fmt.Errorf("%q is no id of a Box group, which is a number", s)
	default:
		return id, nil
	}
}

func roundedFault(s string) error {
	return fmt.Errorf("%q is an id that a spreadsheet has rounded; format its column as text, and enter the ids anew", s)
}
