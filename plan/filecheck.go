package plan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/rollcall-sync/rollcall/target"
)

// check reports what is wrong with a change on its own: an id that is not its
// own, or the lack of something that applying it takes.
func (c *Change) check() error {
	if c.Group.ID == 0 && c.Group.Identifier == "" {
		return fmt.Errorf("the change %q names no group: it has neither a group's id nor an identifier", c.ID)
	}
	if lack := c.lack(); lack != "" {
		return fmt.Errorf("the change %q needs %s, and has none", c.ID, lack)
	}
	if id := newChange(*c).ID; id != c.ID {
		return fmt.Errorf("the change has the id %q, and what it says gives %q", c.ID, id)
	}
	return nil
}

// lack names what the change cannot be applied without and does not have.
func (c *Change) lack() string {
	switch {
	case !slices.Contains(kinds(), c.Kind):
		return "a kind"
	case !slices.Contains(causes(), c.Cause):
		return "a cause"
	case c.Before > target.RoleOther || c.After > target.RoleOther:
		return "roles that there are"
	case !c.settingsFit():
		return "settings that such a change can have"
	}
	name := need{"a group's name", c.Group.Name != ""}
	group := need{"the group's id", c.Group.ID != 0}
	identifier := need{"an identifier", c.Group.Identifier != ""}
	user := need{"a user", c.User.ID != 0}
	membership := need{"a membership", c.Membership != 0}
	before := need{"a role before", c.Before != 0}
	after := need{"a role to give", c.After == target.RoleMember || c.After == target.RoleAdmin}
	switch c.Kind {
	case CreateGroup:
		return lacking(need{"a group that is not in Box yet", c.Group.ID == 0}, name)
	case AdoptGroup:
		return lacking(group, identifier)
	case RekeyGroup:
		return lacking(group, identifier, need{"the identifier before", c.BeforeIdentifier != ""})
	case RenameGroup:
		return lacking(group, name)
	case UpdateGroup:
		return lacking(group, need{"settings to change", len(c.Settings) > 0})
	case Add:
		return lacking(user, after, need{"the creation of its group", c.Group.ID != 0 || c.needsCreation()})
	case SetRole:
		return lacking(group, user, membership, before, after)
	default:
		return lacking(group, user, membership, before)
	}
}

// need is something that a change needs, and whether it has it.
type need struct {
	what string
	has  bool
}

func lacking(needs ...need) string {
	for _, n := range needs {
		if !n.has {
			return n.what
		}
	}
	return ""
}

// needsCreation reports whether the change waits for its group to be created.
func (c *Change) needsCreation() bool {
	return slices.Contains(c.Needs, newChange(Change{Kind: CreateGroup, Group: c.Group}).ID)
}

// inChanges as the hold of a place means one of the plan's own changes.
const inChanges = -1

// place is where a change stands in a plan: in a hold, or among the changes.
type place struct{ hold, index int32 }

func (p *Plan) at(at place) *Change {
	if at.hold == inChanges {
		return &p.Changes[at.index]
	}
	return &p.Holds[at.hold].Changes[at.index]
}

// checkIDs reports the first change, planned or held, that has the id of another,
// or that needs one which is not there. What a planned change needs is planned.
func (p *Plan) checkIDs() (place, error) {
	all := make([]place, 0, len(p.Changes))
	for i := range p.Changes {
		all = append(all, place{inChanges, int32(i)})
	}
	for h := range p.Holds {
		for i := range p.Holds[h].Changes {
			all = append(all, place{int32(h), int32(i)})
		}
	}
	byID := slices.Clone(all)
	slices.SortFunc(byID, func(a, b place) int {
		return cmp.Or(cmp.Compare(p.at(a).ID, p.at(b).ID), cmp.Compare(a.hold, b.hold), cmp.Compare(a.index, b.index))
	})
	for i := 1; i < len(byID); i++ {
		if id := p.at(byID[i]).ID; id == p.at(byID[i-1]).ID {
			return byID[i], fmt.Errorf("a second change has the id %q", id)
		}
	}
	for _, at := range all {
		for _, need := range p.at(at).Needs {
			i, found := slices.BinarySearchFunc(byID, need, func(b place, id string) int { return cmp.Compare(p.at(b).ID, id) })
			if !found || at.hold == inChanges && byID[i].hold != inChanges {
				return at, fmt.Errorf("the change %q needs %q, which is no change of the plan", p.at(at).ID, need)
			}
		}
	}
	return place{}, nil
}
