package emulator

import (
	"fmt"
	"slices"
)

// collaboration is a group's access to a folder.
type collaboration struct {
	id      uint64
	folder  string
	role    string
	created stamp
}

// AddCollaboration gives a group access to a folder of that name, for example
// as editor or viewer, and returns the collaboration's id. The group's deletion
// takes it away.
func (s *Server) AddCollaboration(name, folder, role string) (string, error) {
	var id uint64
	err := s.changeGroup(name, func(g *group) error {
		if err := checkCollaborationRole(role); err != nil {
			return err
		}
		id = s.box.nextCollaboration
		s.box.nextCollaboration++
		g.collaborations = append(g.collaborations, collaboration{id: id, folder: folder, role: role, created: s.now()})
		return nil
	})
	if err != nil {
		return "", err
	}
	return decimal(id), nil
}

func checkCollaborationRole(role string) error {
	known := []string{
		"editor", "viewer", "previewer", "uploader", "previewer uploader", "viewer uploader", "co-owner", "owner",
	}
	if !slices.Contains(known, role) {
		return fmt.Errorf("role %q of a collaboration is unknown; known are %q", role, known)
	}
	return nil
}

// listCollaborations needs an administrator.
func (s *Server) listCollaborations(c *call) answer {
	g, refused := s.visibleGroup(c)
	if refused != nil {
		return *refused
	}
	if !c.me.administers() {
		return forbidden()
	}
	p, refused := parsePage(c.query)
	if refused != nil {
		return *refused
	}
	return collect(g.collaborations, p, 0, func(o collaboration) object {
		return object{
			"type": "collaboration", "id": decimal(o.id), "role": o.role, "status": "accepted",
			"accessible_by": g.mini(), "created_at": o.created.String(), "modified_at": o.created.String(),
			"item": map[string]string{"type": "folder", "id": "9" + decimal(o.id), "name": o.folder},
		}
	})
}

func (o collaboration) state() stateCollaboration {
	return stateCollaboration{ID: o.id, Folder: o.folder, Role: o.role, Created: o.created.time()}
}

func (o stateCollaboration) collaboration() collaboration {
	return collaboration{id: o.ID, folder: o.Folder, role: o.Role, created: stampOf(o.Created)}
}
