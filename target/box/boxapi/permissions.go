package boxapi

import "encoding/json"

// Permissions are what a group admin may do besides managing the group.
type Permissions struct {
	CanRunReports     bool `json:"can_run_reports"`
	CanInstantLogin   bool `json:"can_instant_login"`
	CanCreateAccounts bool `json:"can_create_accounts"`
	CanEditAccounts   bool `json:"can_edit_accounts"`
}

// PermissionSetting is what a [MembershipRequest] says about the permissions of
// an admin; Box ignores it for a member. There are three things to say:
//
//   - the zero value leaves configurable_permissions out. A membership keeps
//     what it has; a new admin may be given everything;
//   - [PermissionsNone] sends null, which takes all away;
//   - [ExactPermissions] grants a set and nothing else.
type PermissionSetting uint8

// PermissionsNone takes all permissions away.
const PermissionsNone PermissionSetting = 1

// The bits of an exact setting; exactly is what tells it from the other two.
const (
	runReports PermissionSetting = 1 << (iota + 1)
	instantLogin
	createAccounts
	editAccounts
	exactly
)

// ExactPermissions grants p and nothing else. All four keys are sent, because
// Box switches on what an object leaves out.
func ExactPermissions(p Permissions) PermissionSetting {
	s := exactly
	for bit, on := range map[PermissionSetting]bool{
		runReports:     p.CanRunReports,
		instantLogin:   p.CanInstantLogin,
		createAccounts: p.CanCreateAccounts,
		editAccounts:   p.CanEditAccounts,
	} {
		if on {
			s |= bit
		}
	}
	return s
}

// Exact returns the permissions of an exact setting, and false for the other two.
func (s PermissionSetting) Exact() (Permissions, bool) {
	return Permissions{
		CanRunReports:     s&runReports != 0,
		CanInstantLogin:   s&instantLogin != 0,
		CanCreateAccounts: s&createAccounts != 0,
		CanEditAccounts:   s&editAccounts != 0,
	}, s&exactly != 0
}

// MarshalJSON writes an exact setting as an object and everything else as null;
// the zero value is left out by the tag omitzero.
func (s PermissionSetting) MarshalJSON() ([]byte, error) {
	p, ok := s.Exact()
	if !ok {
		return []byte("null"), nil
	}
	return json.Marshal(p)
}
