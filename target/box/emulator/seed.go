package emulator

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxSeedErrors is how many faults of a seed file are reported at once.
const maxSeedErrors = 20

// LoadSeed fills an empty Box from a CSV: UTF-8 with a header row; columns
// group, external_sync_identifier, login, name, role, status, enterprise_role,
// kind and aliases, by name and in any order, all optional but one of group and
// login. Name in errors stands for the file.
//
// A row with both group and login makes a membership (role member where it is
// blank); with a login alone, a user in no group; with a group alone, a group
// that may stay empty. Users, groups and memberships get ids in order of
// appearance, from 20001, 10001 and 30001. What is said of a person (name,
// status, enterprise_role, kind managed, app or external, and aliases with
// spaces between them) and a group's identifier need to be said once only and
// must not contradict themselves.
//
// On error nothing is changed; the error joins one "name:line: …" per fault.
func (s *Server) LoadSeed(r io.Reader, name string) error {
	in := seeder{name: name, box: newStore(s.now()), at: s.now(), said: map[*user]seedPerson{}}
	if err := in.read(r); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.box.groups) > 0 || len(s.box.users) > 1 {
		return fmt.Errorf("%s: this Box is not empty, so it cannot be seeded", name)
	}
	s.replace(in.box)
	return nil
}

// seeder builds a store from rows.
type seeder struct {
	name    string
	box     *store
	at      stamp
	columns map[string]int
	said    map[*user]seedPerson
	faults  []error
}

// seedRow is one row of the file, trimmed.
type seedRow struct {
	group, identifier, login, role string
	person                         seedPerson
}

func (in *seeder) read(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("%s: %w", in.name, err)
	}
	text := strings.TrimPrefix(string(b), "\ufeff")
	if i := badUTF8(text); i >= 0 {
		return fmt.Errorf("%s:%d: not UTF-8", in.name, 1+strings.Count(text[:i], "\n"))
	}
	c := csv.NewReader(strings.NewReader(text))
	header, err := c.Read()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the file is empty")
		}
		return fmt.Errorf("%s:1: no header row: %w", in.name, err)
	}
	if err := in.head(header); err != nil {
		return fmt.Errorf("%s:1: %w", in.name, err)
	}
	for len(in.faults) < maxSeedErrors {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var line int
		if parse, is := errors.AsType[*csv.ParseError](err); is {
			line, err = parse.Line, parse.Err
		} else {
			line, _ = c.FieldPos(0)
			err = in.add(in.row(record))
		}
		if err != nil {
			in.faults = append(in.faults, fmt.Errorf("%s:%d: %w", in.name, line, err))
		}
	}
	return errors.Join(in.faults...)
}

func (in *seeder) head(header []string) error {
	known := []string{
		"group", "external_sync_identifier", "login", "name", "role", "status", "enterprise_role", "kind", "aliases",
	}
	in.columns = map[string]int{}
	for i, h := range header {
		h = strings.TrimSpace(h)
		if !slices.Contains(known, h) {
			return fmt.Errorf("unknown column %q; known are %s", h, strings.Join(known, ", "))
		}
		if _, twice := in.columns[h]; twice {
			return fmt.Errorf("column %q is there twice", h)
		}
		in.columns[h] = i
	}
	return nil
}

func (in *seeder) row(record []string) seedRow {
	get := func(column string) string {
		i, there := in.columns[column]
		if !there {
			return ""
		}
		return strings.TrimSpace(record[i])
	}
	return seedRow{
		group: get("group"), identifier: get("external_sync_identifier"),
		login: get("login"), role: get("role"),
		person: seedPerson{get("name"), get("status"), get("enterprise_role"), get("kind"), get("aliases")},
	}
}

func (in *seeder) add(r seedRow) error {
	if r.group == "" && r.login == "" {
		return errors.New("neither a group nor a login")
	}
	if r.group == "" && r.identifier != "" {
		return errors.New("an external_sync_identifier without a group")
	}
	if i := r.person.first(); r.login == "" && i >= 0 {
		return fmt.Errorf("%s without a login", personColumns()[i].one)
	}
	if r.role != "" {
		if r.group == "" || r.login == "" {
			return errors.New("a role needs a group and a login")
		}
		if err := checkRole(r.role); err != nil {
			return err
		}
	}
	g, err := in.group(r)
	if err != nil {
		return err
	}
	u, err := in.user(r)
	if err != nil || g == nil || u == nil {
		return err
	}
	if u.in(g) != nil {
		return fmt.Errorf("%s is in %q twice", r.login, r.group)
	}
	if u.kind == External {
		return fmt.Errorf("%s is external and cannot be in a group", r.login)
	}
	role := roleMember
	if r.role != "" {
		role = r.role
	}
	in.box.addMembership(g, u, role, allPermissions, in.at)
	return nil
}

// group gives the row's group, making it at its first appearance; nil if the
// row has none.
func (in *seeder) group(r seedRow) (*group, error) {
	if r.group == "" {
		return nil, nil
	}
	g := in.box.byName[r.group]
	if g == nil {
		g = in.box.newGroup(r.group, managedGroup, in.at)
	}
	if r.identifier != "" {
		if g.settings.identifier != "" && g.settings.identifier != r.identifier {
			return nil, fmt.Errorf("group %q has the identifiers %q and %q", r.group, g.settings.identifier, r.identifier)
		}
		g.settings.identifier = r.identifier
	}
	return g, nil
}

// badUTF8 is the index of the first byte that is not UTF-8, or -1.
func badUTF8(s string) int {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}
