package target

// Setting is something that Box knows of a group beside its name, its identifier
// and its members.
type Setting uint8

// The settings.
const (
	Description Setting = iota // what the group is for
	// Provenance is the system that the group comes from. Box then lets nobody
	// change the group's name or members in its web app, and once it is set it can
	// be changed but not cleared.
	Provenance
	Invitability // who may invite the group to collaborate
	Viewability  // who may see its members
	settingCount
)

// String returns Box's word for the setting.
func (s Setting) String() string {
	switch s {
	case Description:
		return "description"
	case Provenance:
		return "provenance"
	case Invitability:
		return "invitability_level"
	case Viewability:
		return "member_viewability_level"
	default:
		return "unknown"
	}
}

// Settings has the value of each [Setting]. In what is wanted or is to be written
// "" says nothing: such a setting is left as it is.
type Settings [settingCount]string

// MaxText is how many characters Box takes of a description and of a provenance.
const MaxText = 255

// Levels returns the levels that Box documents for [Invitability] and
// [Viewability], from the fewest people to the most. Others have been seen.
func Levels() []string {
	return []string{"admins_only", "admins_and_members", "all_managed_users"}
}
