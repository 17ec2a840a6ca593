package sync_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/rollcall-sync/rollcall/plan"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target"
)

// memoryBox is Box in memory: it keeps state, and answers as package box
// promises to. The hooks are for faults.
type memoryBox struct {
	account target.Account
	// onRead is asked before each method that reads answers, by its name.
	onRead func(ctx context.Context, method string) error
	// onWrite is asked before the nth write takes effect, from 1, while other
	// writes go on. A write whose hook returns an error changes nothing.
	onWrite func(ctx context.Context, n int, w write) error
	// unlisted are groups that Members forgets.
	unlisted     map[target.GroupID]bool
	hiddenGroups int                     // announced by Groups and not shown
	hidden       map[target.GroupID]int  // memberships announced by Members and not shown
	truncated    map[target.GroupID]bool // groups of which Members does not show all

	mu      sync.Mutex
	groups  map[target.GroupID]target.Group
	members map[target.GroupID]map[target.UserID]target.Membership
	users   map[target.UserID]target.User
	aliases []target.Alias
	// standings are told by Users only, as Box does.
	standings map[target.UserID]target.Standing
	nextID    uint64
	calls     int64
	reads     []string         // methods, in the order in which they were called
	lookups   [][]string       // what Users was asked for
	listed    []target.GroupID // what Members was asked for
	ranked    []target.UserID  // whom Users was asked about by id
	doubted   []target.UserID  // whom Aliases was asked about
	events    []event
	begun     int
	active    int
	peak      int // the most writes that were ever under way together
}

var (
	_ groupsync.Reader = (*memoryBox)(nil)
	_ groupsync.Writer = (*memoryBox)(nil)
)

// write is what a method that writes was asked.
type write struct {
	kind  plan.Kind
	group target.GroupID
	user  target.UserID
	name  string
	role  target.Role
}

// event is the beginning or the end of a write, or what a journal was told.
type event struct {
	write
	ended   bool
	journal string
}

func (b *memoryBox) Calls() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.calls
}

func (b *memoryBox) read(ctx context.Context, method string) error {
	b.mu.Lock()
	b.calls++
	b.reads = append(b.reads, method)
	b.mu.Unlock()
	if b.onRead == nil {
		return nil
	}
	return b.onRead(ctx, method)
}

func (b *memoryBox) Account(ctx context.Context) (target.Account, error) {
	if err := b.read(ctx, "Account"); err != nil {
		return target.Account{}, err
	}
	return b.account, nil
}

func (b *memoryBox) Groups(ctx context.Context) (groups []target.Group, hidden int, err error) {
	if err := b.read(ctx, "Groups"); err != nil {
		return nil, 0, err
	}
	return b.snapshot().Groups, b.hiddenGroups, nil
}

func (b *memoryBox) Members(ctx context.Context, groups []target.GroupID, each func(target.Listing) error) error {
	if err := b.read(ctx, "Members"); err != nil {
		return err
	}
	b.listed = append(b.listed, groups...)
	for _, l := range b.snapshot().Listings {
		l.Hidden, l.Truncated = b.hidden[l.Group], b.truncated[l.Group]
		if slices.Contains(groups, l.Group) && !b.unlisted[l.Group] {
			if err := each(l); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *memoryBox) Users(ctx context.Context, logins []string, ids []target.UserID) ([]target.User, string, error) {
	if err := b.read(ctx, "Users"); err != nil {
		return nil, "", err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lookups = append(b.lookups, logins)
	var found []target.User
	for _, u := range b.users {
		if slices.ContainsFunc(logins, func(l string) bool { return strings.EqualFold(l, u.Login) }) || slices.Contains(ids, u.ID) {
			u.Standing = b.standings[u.ID]
			found = append(found, u)
		}
	}
	b.ranked = append(b.ranked, ids...)
	return found, fmt.Sprintf("asked for %d", len(logins)), nil
}

func (b *memoryBox) Aliases(ctx context.Context, users []target.UserID) ([]target.Alias, string, error) {
	if err := b.read(ctx, "Aliases"); err != nil {
		return nil, "", err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.doubted = append(b.doubted, users...)
	found := slices.DeleteFunc(slices.Clone(b.aliases), func(a target.Alias) bool { return !slices.Contains(users, a.User) })
	return found, fmt.Sprintf("read the aliases of %d", len(users)), nil
}

// snapshot is all that is there, in order of id.
func (b *memoryBox) snapshot() target.Snapshot {
	b.mu.Lock()
	defer b.mu.Unlock()
	var s target.Snapshot
	for _, id := range slices.Sorted(maps.Keys(b.groups)) {
		s.Groups = append(s.Groups, b.groups[id])
		l := target.Listing{Group: id}
		for _, user := range slices.Sorted(maps.Keys(b.members[id])) {
			l.Memberships = append(l.Memberships, b.members[id][user])
			l.Users = append(l.Users, b.users[user])
		}
		s.Listings = append(s.Listings, l)
	}
	for _, id := range slices.Sorted(maps.Keys(b.users)) {
		s.Users = append(s.Users, b.users[id])
	}
	return s
}

// write notes the beginning and the end of a write, and between them lets the
// hook have its say and then the effect happen.
func (b *memoryBox) write(ctx context.Context, w write, effect func() (target.Answer, error)) (target.Answer, error) {
	b.mu.Lock()
	b.calls++
	b.begun++
	n := b.begun
	b.active++
	b.peak = max(b.peak, b.active)
	b.events = append(b.events, event{write: w})
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.active--
		b.events = append(b.events, event{write: w, ended: true})
	}()
	if b.onWrite != nil {
		if err := b.onWrite(ctx, n, w); err != nil {
			return target.Answer{}, err
		}
	}
	if ctx.Err() != nil {
		return target.Answer{}, context.Cause(ctx)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return effect()
}

func applied(group target.GroupID) (target.Answer, error) {
	return target.Answer{State: target.Applied, Group: group}, nil
}

func already(group target.GroupID, found string) (target.Answer, error) {
	return target.Answer{State: target.Already, Group: group, Found: found}, nil
}

func skipped(group target.GroupID, found string) (target.Answer, error) {
	return target.Answer{State: target.Skipped, Group: group, Found: found}, nil
}

func (b *memoryBox) CreateGroup(ctx context.Context, name, identifier string, settings target.Settings) (target.Answer, error) {
	return b.write(ctx, write{kind: plan.CreateGroup, name: name}, func() (target.Answer, error) {
		for _, g := range b.groups {
			switch {
			case g.Name != name:
			case g.Identifier == identifier:
				return already(g.ID, "it exists already")
			default:
				return target.Answer{}, fmt.Errorf("the name %q is taken", name)
			}
		}
		id := b.addGroup(name, identifier)
		b.describe(id, settings[target.Description])
		return applied(id)
	})
}

func (b *memoryBox) TakeOver(ctx context.Context, group target.GroupID, before, identifier string) (target.Answer, error) {
	return b.write(ctx, write{kind: plan.AdoptGroup, group: group, name: identifier}, func() (target.Answer, error) {
		g, ok := b.groups[group]
		switch {
		case !ok:
			return skipped(group, "the group is gone")
		case g.Identifier == identifier:
			return already(group, "the group carries the identifier already")
		case g.Identifier != before:
			return skipped(group, "the group carries another identifier now")
		}
		g.Identifier = identifier
		b.groups[group] = g
		return applied(group)
	})
}

func (b *memoryBox) RenameGroup(ctx context.Context, group target.GroupID, name string) (target.Answer, error) {
	return b.write(ctx, write{kind: plan.RenameGroup, group: group, name: name}, func() (target.Answer, error) {
		g, ok := b.groups[group]
		switch {
		case !ok:
			return skipped(group, "the group is gone")
		case g.Name == name:
			return already(group, "it has that name")
		}
		g.Name = name
		b.groups[group] = g
		return applied(group)
	})
}

func (b *memoryBox) UpdateGroup(ctx context.Context, group target.GroupID, settings target.Settings) (target.Answer, error) {
	return b.write(ctx, write{kind: plan.UpdateGroup, group: group, name: settings[target.Description]}, func() (target.Answer, error) {
		g, ok := b.groups[group]
		switch {
		case !ok:
			return skipped(group, "the group is gone")
		case g.Settings == settings:
			return already(group, "it has them")
		}
		b.describe(group, settings[target.Description])
		return applied(group)
	})
}

// describe gives a group a description, unless that is "".
func (b *memoryBox) describe(id target.GroupID, about string) {
	g := b.groups[id]
	g.Settings[target.Description] = cmp.Or(about, g.Settings[target.Description])
	b.groups[id] = g
}

func (b *memoryBox) Add(ctx context.Context, place target.Place, role target.Role) (target.Answer, error) {
	w := write{kind: plan.Add, group: place.Group, user: place.User, role: role}
	return b.write(ctx, w, func() (target.Answer, error) {
		members, ok := b.members[place.Group]
		if !ok {
			return target.Answer{}, fmt.Errorf("there is no group %s", place.Group)
		}
		if m, there := members[place.User]; there && (role == target.RoleMember || m.Role == role) {
			return already(place.Group, "is in the group already")
		}
		b.addMember(place.Group, place.User, role)
		return applied(place.Group)
	})
}

func (b *memoryBox) SetRole(ctx context.Context, place target.Place, role target.Role) (target.Answer, error) {
	w := write{kind: plan.SetRole, group: place.Group, user: place.User, role: role}
	return b.write(ctx, w, func() (target.Answer, error) {
		m, there := b.members[place.Group][place.User]
		switch {
		case !there || m.ID != place.Membership:
			return skipped(place.Group, "is no longer in the group")
		case m.Role == role:
			return already(place.Group, "has the role already")
		}
		m.Role = role
		b.members[place.Group][place.User] = m
		return applied(place.Group)
	})
}

func (b *memoryBox) Remove(ctx context.Context, place target.Place) (target.Answer, error) {
	w := write{kind: plan.Remove, group: place.Group, user: place.User}
	return b.write(ctx, w, func() (target.Answer, error) {
		m, there := b.members[place.Group][place.User]
		switch {
		case !there:
			return already(place.Group, "is no longer in the group")
		case m.ID != place.Membership:
			return skipped(place.Group, "was removed and added again")
		}
		delete(b.members[place.Group], place.User)
		return applied(place.Group)
	})
}

func (b *memoryBox) addGroup(name, identifier string) target.GroupID {
	b.nextID++
	id := target.GroupID(b.nextID)
	b.groups[id] = target.Group{ID: id, Name: name, Identifier: identifier, Told: true}
	b.members[id] = map[target.UserID]target.Membership{}
	return id
}

// addMember puts a user into a group, or changes the role of one who is in it.
func (b *memoryBox) addMember(group target.GroupID, user target.UserID, role target.Role) {
	m, there := b.members[group][user]
	if !there {
		b.nextID++
		m = target.Membership{ID: target.MembershipID(b.nextID), User: user}
	}
	m.Role = role
	b.members[group][user] = m
}
