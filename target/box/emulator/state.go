package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// stateVersion is the version of the state file that is written and read.
const stateVersion = 1

// The state file as JSON. Its types are apart from the store's, so that the
// store can change and old files stay readable.
type (
	stateFile struct {
		Version     int               `json:"version"`
		Enterprise  string            `json:"enterprise_id"`
		Next        stateNext         `json:"next"`
		Users       []stateUser       `json:"users"`
		Groups      []stateGroup      `json:"groups"`
		Memberships []stateMembership `json:"memberships"`
	}
	stateNext struct {
		User       uint64 `json:"user"`
		Group      uint64 `json:"group"`
		Membership uint64 `json:"membership"`
	}
	stateUser struct {
		ID       uint64    `json:"id"`
		Login    string    `json:"login"`
		Name     string    `json:"name"`
		Status   string    `json:"status"`
		Role     string    `json:"role"`
		Kind     Kind      `json:"kind"`
		Created  time.Time `json:"created_at"`
		Modified time.Time `json:"modified_at"`
	}
	stateGroup struct {
		ID           uint64    `json:"id"`
		Name         string    `json:"name"`
		Type         string    `json:"group_type"`
		Identifier   string    `json:"external_sync_identifier,omitempty"`
		Provenance   string    `json:"provenance,omitempty"`
		Description  string    `json:"description,omitempty"`
		Invitability string    `json:"invitability_level"`
		Viewability  string    `json:"member_viewability_level"`
		Created      time.Time `json:"created_at"`
		Modified     time.Time `json:"modified_at"`
	}
	stateMembership struct {
		ID          uint64          `json:"id"`
		Group       uint64          `json:"group"`
		User        uint64          `json:"user"`
		Role        string          `json:"role"`
		Permissions map[string]bool `json:"configurable_permissions,omitempty"`
		Created     time.Time       `json:"created_at"`
		Modified    time.Time       `json:"modified_at"`
	}
)

// Changed says whether anything has changed since the state was last loaded,
// seeded or saved.
func (s *Server) Changed() bool {
	s.carryOut(time.Now())
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.box.revision != s.saved
}

// SaveState writes what this Box knows to a file of mode 0600, whole or not at
// all. Tokens, faults, counts and the journal are not kept.
func (s *Server) SaveState(path string) error {
	s.carryOut(time.Now())
	s.mu.RLock()
	box, revision := s.box, s.box.revision
	state := s.box.file(s.opts.EnterpriseID)
	s.mu.RUnlock()

	b, err := json.MarshalIndent(state, "", "\t")
	if err != nil {
		return fmt.Errorf("save emulator state: %w", err)
	}
	if err := writeWhole(path, append(b, '\n')); err != nil {
		return fmt.Errorf("save emulator state: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.box == box { // else another state was loaded meanwhile
		s.saved = revision
	}
	return nil
}

// LoadState replaces what this Box knows with what a file says, or changes
// nothing and says why. The file must be of this version and enterprise and
// must fit together; a file that is not there gives [os.ErrNotExist].
func (s *Server) LoadState(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("load emulator state: %w", err)
	}
	box, err := readState(b, s.opts.EnterpriseID)
	if err != nil {
		return fmt.Errorf("load emulator state %s: %w", path, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replace(box)
	return nil
}

func (b *store) file(enterprise string) stateFile {
	f := stateFile{
		Version: stateVersion, Enterprise: enterprise,
		Next: stateNext{User: b.nextUser, Group: b.nextGroup, Membership: b.nextMembership},
	}
	for _, u := range b.users {
		f.Users = append(f.Users, stateUser{
			ID: u.id, Login: u.login, Name: u.name, Status: u.status, Role: u.role, Kind: u.kind,
			Created: u.created.time(), Modified: u.modified.time(),
		})
	}
	for _, g := range b.groups {
		f.Groups = append(f.Groups, stateGroup{
			ID: g.id, Name: g.name, Type: g.kind, Identifier: g.settings.identifier,
			Provenance: g.settings.provenance, Description: g.settings.description,
			Invitability: g.settings.invitability, Viewability: g.settings.viewability,
			Created: g.created.time(), Modified: g.modified.time(),
		})
		for _, m := range g.memberships {
			sm := stateMembership{
				ID: m.id, Group: g.id, User: m.user.id, Role: m.role,
				Created: m.created.time(), Modified: m.modified.time(),
			}
			if m.role == roleAdmin {
				sm.Permissions = m.permissions.object()
			}
			f.Memberships = append(f.Memberships, sm)
		}
	}
	return f
}

func readState(b []byte, enterprise string) (*store, error) {
	var version struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(b, &version); err != nil {
		return nil, err
	}
	if version.Version != stateVersion {
		return nil, fmt.Errorf("version %d is not known; this program reads version %d", version.Version, stateVersion)
	}
	var f stateFile
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, err
	}
	if f.Enterprise != enterprise {
		return nil, fmt.Errorf("it belongs to enterprise %q, this is %q", f.Enterprise, enterprise)
	}
	return f.store()
}

func (f stateFile) store() (*store, error) {
	b := emptyStore()
	for _, u := range f.Users {
		if err := b.admitUser(&user{
			id: u.ID, login: u.Login, name: u.Name, status: u.Status, role: u.Role, kind: u.Kind,
			created: stampOf(u.Created), modified: stampOf(u.Modified),
		}); err != nil {
			return nil, err
		}
	}
	if me := b.userByID[serviceID]; me == nil || me.kind != Service {
		return nil, fmt.Errorf("user %d is not the service account", serviceID)
	}
	for _, g := range f.Groups {
		if err := b.admitGroup(&group{
			id: g.ID, name: g.Name, kind: g.Type, created: stampOf(g.Created), modified: stampOf(g.Modified),
			settings: settings{
				provenance: g.Provenance, identifier: g.Identifier, description: g.Description,
				invitability: g.Invitability, viewability: g.Viewability,
			},
		}); err != nil {
			return nil, err
		}
	}
	for _, m := range f.Memberships {
		if err := b.admitMembership(m); err != nil {
			return nil, err
		}
	}
	b.nextUser = max(b.nextUser, f.Next.User)
	b.nextGroup = max(b.nextGroup, f.Next.Group)
	b.nextMembership = max(b.nextMembership, f.Next.Membership)
	return b, nil
}

// admitUser and the like insert what comes from outside, if it is sound.
func (b *store) admitUser(u *user) error {
	switch {
	case u.id == 0 || b.userByID[u.id] != nil:
		return fmt.Errorf("user id %d is zero or there twice", u.id)
	case u.login == "" || b.byLogin[fold(u.login)] != nil:
		return fmt.Errorf("login %q of user %d is empty or there twice", u.login, u.id)
	case (u.id == serviceID) != (u.kind == Service):
		return fmt.Errorf("user %d cannot be of kind %q", u.id, u.kind)
	}
	switch u.kind {
	case Managed, App, External, Service:
	default:
		return fmt.Errorf("user %d has the unknown kind %q", u.id, u.kind)
	}
	switch u.role {
	case "user", "coadmin", "admin":
	default:
		return fmt.Errorf("user %d has the unknown role %q", u.id, u.role)
	}
	b.insertUser(u)
	return nil
}

func (b *store) admitGroup(g *group) error {
	switch {
	case g.id == 0 || b.groupByID[g.id] != nil:
		return fmt.Errorf("group id %d is zero or there twice", g.id)
	case g.name == "" || b.byName[g.name] != nil:
		return fmt.Errorf("name %q of group %d is empty or there twice", g.name, g.id)
	case g.kind != managedGroup && g.kind != allUsersGroup:
		return fmt.Errorf("group %d has the unknown type %q", g.id, g.kind)
	}
	b.insertGroup(g)
	return nil
}

func (b *store) admitMembership(sm stateMembership) error {
	g, u := b.groupByID[sm.Group], b.userByID[sm.User]
	switch {
	case sm.ID == 0 || b.members[sm.ID] != nil:
		return fmt.Errorf("membership id %d is zero or there twice", sm.ID)
	case g == nil || u == nil:
		return fmt.Errorf("membership %d is of group %d and user %d, which are not both there", sm.ID, sm.Group, sm.User)
	case u.in(g) != nil:
		return fmt.Errorf("membership %d: user %d is in group %d twice", sm.ID, sm.User, sm.Group)
	}
	if err := checkRole(sm.Role); err != nil {
		return fmt.Errorf("membership %d: %w", sm.ID, err)
	}
	m := &membership{id: sm.ID, group: g, user: u, created: stampOf(sm.Created), modified: stampOf(sm.Modified)}
	var p permissions
	for key, on := range sm.Permissions {
		bit, known := permissionBit(key)
		if !known {
			return fmt.Errorf("membership %d has the unknown permission %q", sm.ID, key)
		}
		if on {
			p |= bit
		}
	}
	m.set(sm.Role, p)
	b.insertMembership(m)
	return nil
}

func (t stamp) time() time.Time { return time.Unix(int64(t), 0).UTC() }

func stampOf(t time.Time) stamp { return stamp(t.Unix()) }

// writeWhole makes a file of mode 0600 appear with all of its content, or
// leaves what was there. After a crash it is one or the other, too.
func writeWhole(path string, content []byte) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*") // made with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreGone(os.Remove(f.Name())))
		}
	}()
	_, err = io.Copy(f, bytes.NewReader(content))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes a rename last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func ignoreGone(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
