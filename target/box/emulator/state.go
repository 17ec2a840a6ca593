package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// stateVersion is the version of the state file that is written and read. What
// was added since stands in fields that may be absent, so that files without
// them are still of this version.
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

		Alias         uint64 `json:"alias,omitempty"`
		Collaboration uint64 `json:"collaboration,omitempty"`
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

		Aliases []stateAlias `json:"email_aliases,omitempty"`
	}
	stateAlias struct {
		ID    uint64 `json:"id"`
		Email string `json:"email"`
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

		ByApp          bool                 `json:"created_by_app,omitempty"`
		Collaborations []stateCollaboration `json:"collaborations,omitempty"`
	}
	stateCollaboration struct {
		ID      uint64    `json:"id"`
		Folder  string    `json:"folder"`
		Role    string    `json:"role"`
		Created time.Time `json:"created_at"`
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
		Next: stateNext{
			User: b.nextUser, Group: b.nextGroup, Membership: b.nextMembership,
			Alias: b.nextAlias, Collaboration: b.nextCollaboration,
		},
	}
	for _, u := range b.users {
		f.Users = append(f.Users, stateUser{
			ID: u.id, Login: u.login, Name: u.name, Status: u.status, Role: u.role, Kind: u.kind,
			Created: u.created.time(), Modified: u.modified.time(),
			Aliases: keep(u.aliases, func(a alias) stateAlias { return stateAlias{ID: a.id, Email: a.email} }),
		})
	}
	for _, g := range b.groups {
		f.Groups = append(f.Groups, stateGroup{
			ID: g.id, Name: g.name, Type: g.kind, Identifier: g.settings.identifier,
			Provenance: g.settings.provenance, Description: g.settings.description,
			Invitability: g.settings.invitability, Viewability: g.settings.viewability,
			Created: g.created.time(), Modified: g.modified.time(),
			ByApp: g.byApp, Collaborations: keep(g.collaborations, collaboration.state),
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
		return nil, errors.New("it is not JSON, or not of the form in which states are kept")
	}
	if version.Version != stateVersion {
		return nil, fmt.Errorf("version %d is not known; this program reads version %d", version.Version, stateVersion)
	}
	var f stateFile
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "json: "))
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
		}, keep(u.Aliases, func(a stateAlias) alias { return alias{id: a.ID, email: a.Email} })); err != nil {
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
			byApp: g.ByApp, collaborations: keep(g.Collaborations, stateCollaboration.collaboration),
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
	b.nextAlias = max(b.nextAlias, f.Next.Alias)
	b.nextCollaboration = max(b.nextCollaboration, f.Next.Collaboration)
	return b, nil
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

// keep is nil for no rows, so that an optional list is absent.
func keep[T, E any](rows []T, entry func(T) E) []E {
	if len(rows) == 0 {
		return nil
	}
	return entries(rows, entry)
}
