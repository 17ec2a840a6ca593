package source

// Explainer says why somebody is in a group, or is not, as one read of a source has
// it. What it says belongs to the roster that it came with.
type Explainer interface {
	// Explain returns one explanation for each person who has the login. Where nobody
	// has it, there is one without a person that says so. A group that the roster
	// does not have gives nothing.
	Explain(group GroupKey, login Login) []Explanation
}

// Explanation is why a person is in a group, or why not.
type Explanation struct {
	Person string // the key in the source; "": nobody has the login
	Name   string // the display name
	// Chain leads from the login to the group, each link by what the source says. It
	// may lead there although the person is no member: then Not says why. It is empty
	// if nothing leads there.
	Chain []Link
	Role  Role
	// RoleBy is what gives the role, or "" if nothing states one.
	RoleBy string
	// Not is why the person is no member; "" says that they are one.
	Not string
}

// Link is one step from a login to a group.
type Link struct {
	Name string // what it is: a login, or how the source calls an entry, such as a DN
	// By is what ties it to the next link, such as the attribute of that one which
	// names this; "" at the last.
	By string
}
