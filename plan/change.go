package plan

import (
	"cmp"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// Kind is what a change does.
type Kind uint8

// The kinds of change, in the order in which a group's changes are shown.
const (
	CreateGroup Kind = iota + 1
	AdoptGroup       // give our identifier to a group that has none, or somebody else's
	RekeyGroup       // give a group of ours, whose key has gone, another key
	RenameGroup
	UpdateGroup // change what a group has beside its name and its members
	Add
	SetRole
	Remove
)

// String returns the kind's word in plans and reports.
func (k Kind) String() string {
	switch k {
	case CreateGroup:
		return "create_group"
	case AdoptGroup:
		return "adopt_group"
	case RekeyGroup:
		return "rekey_group"
	case RenameGroup:
		return "rename_group"
	case UpdateGroup:
		return "update_group"
	case Add:
		return "add"
	case SetRole:
		return "set_role"
	case Remove:
		return "remove"
	default:
		return "unknown"
	}
}

// Cause is why a change is due, for people. What decides by it is about absences
// that nothing explains: whoever has [Left] waits for nobody.
type Cause uint8

// The causes.
const (
	Joined      Cause = iota + 1 // listed now, and was not in the group
	Moved                        // the plan also adds them elsewhere, or removes them elsewhere
	Unexplained                  // no longer listed, and nothing says why
	RoleChanged                  // the source states another role
	Asked                        // somebody asked for it on the command line
	Wanted                       // the source or the configuration has the group so
	Left                         // positively known to have left: disabled or expired in the source
)

// String returns the cause's word in plans and reports.
func (c Cause) String() string {
	switch c {
	case Joined:
		return "joined"
	case Moved:
		return "moved"
	case Unexplained:
		return "unexplained"
	case RoleChanged:
		return "role"
	case Asked:
		return "asked"
	case Wanted:
		return "source"
	case Left:
		return "left"
	default:
		return "unknown"
	}
}

// GroupRef names a group on both sides.
type GroupRef struct {
	Key        source.GroupKey
	Identifier string         // external_sync_identifier, as it is to be
	ID         target.GroupID // zero: the plan creates it
	Name       string         // the name it is to have
}

// Change is one intended write. It is data: everything that applying it needs
// is in it.
type Change struct {
	// ID is stable: the same change has the same id in the next plan.
	ID    string
	Kind  Kind
	Group GroupRef
	// User and Membership are set for changes to memberships; Membership only
	// where there is one already.
	User       target.User
	Membership target.MembershipID
	// Before and After are the roles of SetRole, the role given by Add, and the
	// role taken by Remove.
	Before, After target.Role
	// BeforeName is the present name of the group that RenameGroup renames, and
	// BeforeIdentifier the present identifier of the one that is taken over.
	BeforeName, BeforeIdentifier string
	// Settings are what UpdateGroup changes and what CreateGroup gives the group,
	// each setting once, in their order.
	Settings []SettingChange
	Cause    Cause
	// Needs are the ids of changes that must be made first.
	Needs []string
}

// TakesOver reports whether the change makes a group ours, or another source
// group's: what only somebody who has seen the plan may decide.
func (c *Change) TakesOver() bool { return c.Kind == AdoptGroup || c.Kind == RekeyGroup }

// Demotes reports whether the change takes admin rights from somebody who
// stays in the group.
func (c *Change) Demotes() bool { return c.Kind == SetRole && c.Before == target.RoleAdmin }

// Takes reports whether the change takes something away: what the limits on
// removals count.
func (c *Change) Takes() bool { return c.Kind == Remove || c.Demotes() }

// Grants reports whether the change makes somebody a group admin.
func (c *Change) Grants() bool {
	return (c.Kind == Add || c.Kind == SetRole) && c.After == target.RoleAdmin
}

// newChange fills in the id. A group is named by its Box id or, as long as it
// has none, by its identifier.
func newChange(c Change) Change {
	group := c.Group.Identifier
	if c.Group.ID != 0 {
		group = c.Group.ID.String()
	}
	c.ID = c.Kind.String() + "/" + group
	if c.User.ID != 0 {
		c.ID += "/" + c.User.ID.String()
	}
	return c
}

// compareChanges orders changes as they are shown.
func compareChanges(a, b Change) int {
	return cmp.Or(
		compareGroups(a.Group, b.Group),
		cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(strings.ToLower(a.User.Login), strings.ToLower(b.User.Login)),
		cmp.Compare(a.User.ID, b.User.ID),
	)
}

func compareGroups(a, b GroupRef) int {
	return cmp.Or(
		cmp.Compare(source.FoldName(a.Name), source.FoldName(b.Name)),
		cmp.Compare(a.Name, b.Name),
		cmp.Compare(a.Identifier, b.Identifier),
		cmp.Compare(a.ID, b.ID),
	)
}
