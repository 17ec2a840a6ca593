package emulator

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The first ids that are given out, and the service account's.
const (
	firstGroup      = 10001
	serviceID       = 20000
	firstUser       = 20001
	firstMembership = 30001
	firstAlias      = 40001

	firstCollaboration = 50001
)

// Kind is what sort of account a user is.
type Kind string

// The kinds of user.
const (
	Managed  Kind = "managed"  // belongs to the enterprise
	App      Kind = "app"      // belongs to an application; Box lists it as managed
	External Kind = "external" // belongs to somebody else; cannot be in a group
	Service  Kind = "service"  // the account that the credentials are; in no list of managed users
)

// The roles in a group.
const (
	roleMember = "member"
	roleAdmin  = "admin"
)

// The types of group.
const (
	managedGroup  = "managed_group"
	allUsersGroup = "all_users_group"
)

type user struct {
	id                  uint64
	login, name         string
	foldedLogin, folded string // login and name in lower case
	status, role        string
	kind                Kind
	created, modified   stamp
	aliases             []alias       // by id
	memberships         []*membership // by id
}

// alias is one more address of a user.
type alias struct {
	id    uint64
	email string
}

// administers says whether the user has rights over the whole enterprise. Box
// treats the service account like a co-admin.
func (u *user) administers() bool { return u.role != "user" }

func (u *user) in(g *group) *membership {
	for _, m := range u.memberships {
		if m.group == g {
			return m
		}
	}
	return nil
}

type group struct {
	id                uint64
	name, kind        string
	settings          settings
	byApp             bool // made over the API
	created, modified stamp
	memberships       []*membership // by id
	collaborations    []collaboration
}

// settings of a group are empty where they were never given.
type settings struct {
	provenance, identifier, description string
	invitability, viewability           string
}

type membership struct {
	id                uint64
	user              *user
	group             *group
	role              string
	permissions       permissions // none for a member
	created, modified stamp
}

// pair is a user and a group that an information barrier keeps apart.
type pair struct {
	user  *user
	group *group
}

// store is everything that this Box knows. Slices are sorted by id.
type store struct {
	users     []*user
	groups    []*group
	userByID  map[uint64]*user
	byLogin   map[string]*user // by folded login
	byAlias   map[string]*user // by folded address, which is nobody's login
	groupByID map[uint64]*group
	byName    map[string]*group
	members   map[uint64]*membership
	barred    map[pair]bool // kept in no file

	nextUser, nextGroup, nextMembership uint64
	nextAlias, nextCollaboration        uint64

	revision uint64 // grows with every change

	follower *lag // is told of every change; nil: nobody is
}

func emptyStore() *store {
	return &store{
		userByID:       map[uint64]*user{},
		byLogin:        map[string]*user{},
		byAlias:        map[string]*user{},
		groupByID:      map[uint64]*group{},
		byName:         map[string]*group{},
		members:        map[uint64]*membership{},
		barred:         map[pair]bool{},
		nextUser:       firstUser,
		nextGroup:      firstGroup,
		nextMembership: firstMembership,
		nextAlias:      firstAlias,

		nextCollaboration: firstCollaboration,
	}
}

// newStore holds a service account and nothing else.
func newStore(at stamp) *store {
	b := emptyStore()
	b.insertUser(&user{
		id: serviceID, login: "AutomationUser_900000_emulator@boxdevedition.com", name: "rollcall emulator",
		status: "active", role: "coadmin", kind: Service, created: at, modified: at,
	})
	return b
}

// user and the like give nil for an id that is unknown or no number.
func (b *store) user(id string) *user {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return nil
	}
	return b.userByID[n]
}

func (b *store) group(id string) *group {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return nil
	}
	return b.groupByID[n]
}

func (b *store) membership(id string) *membership {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return nil
	}
	return b.members[n]
}

func (b *store) insertUser(u *user) {
	u.foldedLogin, u.folded = fold(u.login), fold(u.name)
	b.users = insert(b.users, u, u.id, (*user).key)
	b.userByID[u.id], b.byLogin[u.foldedLogin] = u, u
	b.nextUser = max(b.nextUser, u.id+1)
	b.revision++
	b.userChanged(u)
}

func (b *store) insertGroup(g *group) {
	b.groups = insert(b.groups, g, g.id, (*group).key)
	b.groupByID[g.id], b.byName[g.name] = g, g
	b.nextGroup = max(b.nextGroup, g.id+1)
	b.revision++
	b.groupChanged(g)
}

func (b *store) insertMembership(m *membership) {
	m.user.memberships = insert(m.user.memberships, m, m.id, (*membership).key)
	m.group.memberships = insert(m.group.memberships, m, m.id, (*membership).key)
	b.members[m.id] = m
	b.nextMembership = max(b.nextMembership, m.id+1)
	b.revision++
	b.membershipChanged(m)
}

// addMembership puts u into g, as admin only if Box lets u be one.
func (b *store) addMembership(g *group, u *user, role string, p permissions, at stamp) *membership {
	m := &membership{id: b.nextMembership, user: u, group: g, created: at, modified: at}
	m.set(role, p)
	b.insertMembership(m)
	return m
}

// set gives m a role. Who is admin or co-admin of the enterprise cannot be a
// group admin and stays a member; the service account can be one.
func (m *membership) set(role string, p permissions) {
	if role == roleAdmin && m.user.administers() && m.user.kind != Service {
		role = roleMember
	}
	if role == roleMember {
		p = 0
	}
	m.role, m.permissions = role, p
}

func (b *store) removeMembership(m *membership) {
	m.user.memberships = remove(m.user.memberships, m.id, (*membership).key)
	m.group.memberships = remove(m.group.memberships, m.id, (*membership).key)
	delete(b.members, m.id)
	b.revision++
	b.tell(func(seen *store) { seen.removeMembership(seen.members[m.id]) })
}

func (b *store) removeGroup(g *group) {
	for _, m := range slices.Backward(slices.Clone(g.memberships)) { // from the end, so that nothing moves
		b.removeMembership(m)
	}
	b.groups = remove(b.groups, g.id, (*group).key)
	delete(b.groupByID, g.id)
	delete(b.byName, g.name)
	b.revision++
	b.tell(func(seen *store) { seen.removeGroup(seen.groupByID[g.id]) })
}

func (b *store) removeUser(u *user) {
	for _, m := range slices.Backward(slices.Clone(u.memberships)) {
		b.removeMembership(m)
	}
	b.users = remove(b.users, u.id, (*user).key)
	delete(b.userByID, u.id)
	delete(b.byLogin, u.foldedLogin)
	for _, a := range u.aliases {
		delete(b.byAlias, fold(a.email))
	}
	b.revision++
	b.tell(func(seen *store) { seen.removeUser(seen.userByID[u.id]) })
}

func (b *store) rename(g *group, name string) {
	delete(b.byName, g.name)
	g.name = name
	b.byName[name] = g
	b.groupChanged(g)
}

func (u *user) key() uint64       { return u.id }
func (g *group) key() uint64      { return g.id }
func (m *membership) key() uint64 { return m.id }

func insert[T any](rows []T, row T, id uint64, key func(T) uint64) []T {
	i := after(rows, id-1, key)
	return slices.Insert(rows, i, row)
}

func remove[T any](rows []T, id uint64, key func(T) uint64) []T {
	i := after(rows, id-1, key)
	return slices.Delete(rows, i, i+1)
}

// after is the index of the first row whose id is greater than id.
func after[T any](rows []T, id uint64, key func(T) uint64) int {
	i, _ := slices.BinarySearchFunc(rows, id+1, func(r T, id uint64) int { return cmp.Compare(key(r), id) })
	return i
}

func fold(s string) string { return strings.ToLower(s) }

func decimal(id uint64) string { return strconv.FormatUint(id, 10) }

func checkRole(role string) error {
	if role != roleMember && role != roleAdmin {
		return fmt.Errorf("role %q is neither member nor admin", role)
	}
	return nil
}
