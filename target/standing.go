package target

// Standing is what Box tells of an account beyond who it is. The zero value of
// each field says that Box was not asked, or did not say.
type Standing struct {
	Status Status
	Role   EnterpriseRole
	// App marks the account of an app: an app user, or a service account.
	App bool
	// External marks a user of another enterprise, or of none. Only managed users
	// can be in a group.
	External bool
}

// With returns the standing with what a later answer tells.
func (s Standing) With(later Standing) Standing {
	if later.Status != 0 {
		s.Status = later.Status
	}
	if later.Role != 0 {
		s.Role = later.Role
	}
	s.App = s.App || later.App
	s.External = s.External || later.External
	return s
}

// Status is whether an account can be used.
type Status uint8

// The statuses.
const (
	Active   Status = iota + 1 // restricted accounts included, which can log in
	Inactive                   // cannot log in; whether a member is a matter of its own
)

// EnterpriseRole is what a user is in the enterprise, whatever groups they are in.
type EnterpriseRole uint8

// The roles in the enterprise.
const (
	EnterpriseUser    EnterpriseRole = iota + 1 // nobody special
	EnterpriseCoAdmin                           // a co-admin
	EnterpriseAdmin                             // the main admin
)

// Administers reports whether Box makes no group admin of users with this role:
// they manage every group already.
func (r EnterpriseRole) Administers() bool { return r == EnterpriseCoAdmin || r == EnterpriseAdmin }

// String returns the role for people, with its article.
func (r EnterpriseRole) String() string {
	switch r {
	case EnterpriseUser:
		return "a user"
	case EnterpriseCoAdmin:
		return "a co-admin"
	case EnterpriseAdmin:
		return "the main admin"
	default:
		return "somebody"
	}
}

// Alias is an e-mail address that leads to a user and is not their login.
type Alias struct {
	User  UserID
	Email string // as Box spells it
	// Confirmed says that the address was shown to be the user's.
	Confirmed bool
	// Untold says that Box does not tell the user's aliases. There is no address
	// then.
	Untold bool
}
