package plan

import (
	"math/bits"

	"github.com/rollcall-sync/rollcall/target"
)

// sorts are sorts of changes. A change is of one, and a limit counts those of some.
type sorts uint16

const (
	removesMember sorts = 1 << iota
	removesAdmin
	demotesAdmin
	addsMember
	addsAdmin
	promotes
	createsGroup
	takesGroup
	renamesGroup
	noLimit // what no limit counts
)

// What the limits count, as the methods of [Change] do.
const (
	takingAdmins = removesAdmin | demotesAdmin
	taking       = removesMember | takingAdmins
	adding       = addsMember | addsAdmin
	granting     = addsAdmin | promotes
	makingOurs   = createsGroup | takesGroup
	anySort      = noLimit<<1 - 1
)

// sort returns what sort of change it is.
func (c *Change) sort() sorts {
	switch {
	case c.Kind == Remove && c.Before == target.RoleAdmin:
		return removesAdmin
	case c.Kind == Remove:
		return removesMember
	case c.Demotes():
		return demotesAdmin
	case c.Kind == Add && c.Grants():
		return addsAdmin
	case c.Kind == Add:
		return addsMember
	case c.Grants():
		return promotes
	case c.Kind == CreateGroup:
		return createsGroup
	case c.TakesOver():
		return takesGroup
	case c.Kind == RenameGroup:
		return renamesGroup
	default:
		return noLimit
	}
}

// has reports whether the change is of one of the sorts.
func (s sorts) has(c *Change) bool { return c.sort()&s != 0 }

// sortsOf returns the sorts of the changes.
func sortsOf(changes []Change) sorts {
	var s sorts
	for i := range changes {
		s |= changes[i].sort()
	}
	return s
}

// tally counts changes by sort.
type tally [10]int

func (t *tally) add(changes []Change, times int) {
	for i := range changes {
		t[bits.TrailingZeros16(uint16(changes[i].sort()))] += times
	}
}

// count returns how many changes there are of the sorts.
func (t *tally) count(s sorts) int {
	n := 0
	for i := range t {
		if s&(1<<i) != 0 {
			n += t[i]
		}
	}
	return n
}

// take leaves no changes of the sorts.
func (t *tally) take(s sorts) {
	for i := range t {
		if s&(1<<i) != 0 {
			t[i] = 0
		}
	}
}
