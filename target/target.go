// Package target is the vocabulary of the actual side: what the system whose
// groups are kept in step (Box) says is there, and what a write to it can
// answer.
//
// It is pure: values only, no network, no clock. The adapter in target/box
// fills these values from Box's REST API; package plan compares them with a
// roster; package sync hands them back to the adapter when it writes.
//
// Identifiers are numbers here, because Box's decimal strings cost four times
// the memory and a roster of five million memberships is a promise.
package target

import "strconv"

// GroupID identifies a group in Box. Zero means "not created yet".
type GroupID uint64

// UserID identifies a user in Box. Zero means "unknown".
type UserID uint64

// MembershipID identifies one user's place in one group. Box needs it to
// change or delete a membership; zero means "none".
type MembershipID uint64

// String returns the id as Box spells it.
func (id GroupID) String() string { return strconv.FormatUint(uint64(id), 10) }

// String returns the id as Box spells it.
func (id UserID) String() string { return strconv.FormatUint(uint64(id), 10) }

// String returns the id as Box spells it.
func (id MembershipID) String() string { return strconv.FormatUint(uint64(id), 10) }

// Role is what a user is in a group.
type Role uint8

// The roles. Box documents two; others have been seen (box-java-sdk#1171), and
// whoever has one is neither promoted nor demoted.
const (
	RoleMember Role = iota + 1 // an ordinary member
	RoleAdmin                  // a group admin
	RoleOther                  // a value that Box does not document
)

// String returns Box's word for the role.
func (r Role) String() string {
	switch r {
	case RoleMember:
		return "member"
	case RoleAdmin:
		return "admin"
	default:
		return "other"
	}
}

// Group is a group as Box lists it.
type Group struct {
	ID   GroupID
	Name string
	// Identifier is external_sync_identifier: the mark that says which
	// installation and which source group a Box group belongs to.
	Identifier string
	// AllUsers marks the built-in group of everybody, which is never touched.
	AllUsers bool
	// Settings are what Box says beside that. They are known only if Told: whoever
	// lists groups asks for them only where something is to be done about them.
	Settings Settings
	Told     bool
}

// User is a user as Box shows one.
type User struct {
	ID    UserID
	Login string // the primary e-mail address, as Box spells it
	Name  string
	// Standing is what was told of the account on the way; a plan does not keep it.
	Standing Standing
}

// Membership is one user's place in one group.
type Membership struct {
	ID   MembershipID
	User UserID
	Role Role
}

// Listing is all that Box showed of one group's memberships.
type Listing struct {
	Group       GroupID
	Memberships []Membership // each id once, in no particular order
	Users       []User       // at least those that Memberships mention
	// Hidden counts the rows that Box announced and did not show (rows that
	// the credentials may not see are dropped after paging), and those that it
	// showed without saying whose they are: somebody else is in the group.
	Hidden int
	// Truncated says that the group has more memberships than Box can list:
	// whoever is missing here may still be in the group.
	Truncated bool
}

// Snapshot is what Box says now: its groups and the memberships of those that
// were listed.
type Snapshot struct {
	Groups   []Group
	Listings []Listing
	Users    []User // users found by login, beyond those in Listings
	Aliases  []Alias
}

// Account is who the credentials are, and in which enterprise.
type Account struct {
	User         User
	EnterpriseID string
	Enterprise   string // its name
	ManagedUsers int    // how many managed users the credentials can see
}

// AdminPermissions are what a group admin may do besides managing the group
// (Box's configurable_permissions).
type AdminPermissions struct {
	RunReports     bool // can_run_reports
	InstantLogin   bool // can_instant_login
	CreateAccounts bool // can_create_accounts
	EditAccounts   bool // can_edit_accounts
}

// Place is one membership that is to be written.
type Place struct {
	Group      GroupID
	User       UserID
	Membership MembershipID // zero for one that does not exist yet
}
