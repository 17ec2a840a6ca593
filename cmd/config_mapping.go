package cmd

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/csv"
	groupsync "github.com/rollcall-sync/rollcall/sync"
)

// rewriteConfig is a rule for names or logins. To replace by nothing is said.
type rewriteConfig struct {
	Match   string  `yaml:"match"`
	Replace *string `yaml:"replace"`
}

// makeRule is one of the functions that make rules of what the file says.
type makeRule func(rule, match, replace string) (source.Rewrite, error)

// rules returns the rules that can be used, and calls bad for the others.
func (c *config) rules(list []rewriteConfig, section, key string, rule makeRule, bad func(string, ...any)) []source.Rewrite {
	var made []source.Rewrite
	for i, r := range list {
		name, replace := dotted([]any{section, key, i}), ""
		if r.Replace == nil {
			bad(name+" has no replace; to take what matches away, write replace: \"\"", section, key, i)
		} else {
			replace = *r.Replace
		}
		one, err := rule(c.at(section, key, i)+": "+name, r.Match, replace)
		if err != nil {
			bad(fmt.Sprintf("%s: %v", name, err), section, key, i)
			continue
		}
		made = append(made, one)
	}
	return made
}

func (c *config) mappingProblems(bad func(string, ...any)) {
	c.rules(c.Groups.Rename, "groups", "rename", source.NewGroupRewrite, bad)
	c.rules(c.Members.Rewrite, "members", "rewrite", source.NewLoginRewrite, bad)
}

// mapping returns what groups and people are called in Box. The rules were checked.
func (c *config) mapping() source.Mapping {
	checked := func(string, ...any) {}
	return source.Mapping{
		Groups:  c.rules(c.Groups.Rename, "groups", "rename", source.NewGroupRewrite, checked),
		Logins:  c.rules(c.Members.Rewrite, "members", "rewrite", source.NewLoginRewrite, checked),
		Entries: c.mapped,
	}
}

// readMap reads groups.map_file, and returns everything that is wrong with it. It
// is part of the configuration: a plan is applied only with the one that it was
// made with.
func (c *config) readMap() []error {
	if c.Groups.MapFile == "" {
		return nil
	}
	entries, err := csv.ReadMap(c.path(c.Groups.MapFile))
	if err != nil {
		return []error{&problem{c.file, c.line("groups", "map_file"), "groups.map_file: " + err.Error()}}
	}
	var found []error
	for _, e := range entries {
		if e.Source != "" && !c.unread("sources") && !slices.ContainsFunc(c.Sources, func(s sourceConfig) bool { return s.Name == e.Source }) {
			found = append(found, fmt.Errorf("%s: there is no source %q; see sources", e.Origin, e.Source))
		}
	}
	c.mapped = entries
	return found
}

// mappedGroups returns what the map says, wherever and in which order it says so.
func (c *config) mappedGroups() []source.MapEntry {
	entries := slices.Clone(c.mapped)
	for i := range entries {
		entries[i].Origin = ""
	}
	slices.SortFunc(entries, func(a, b source.MapEntry) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Group, b.Group))
	})
	return entries
}

// mappedSource is a source whose groups and people have the names that they have
// in Box.
type mappedSource struct {
	groupsync.Source

	name    string
	mapping source.Mapping
}

func openSource(env *Env, c *config, s sourceConfig) (groupsync.Source, error) {
	opened, err := newSource(env, c, s)
	if err != nil {
		return nil, err
	}
	return mappedSource{opened, s.Name, c.mapping()}, nil
}

// Reads reports whether the source itself would read the file at path.
func (s mappedSource) Reads(path string) bool {
	files, ok := s.Source.(interface{ Reads(path string) bool })
	return ok && files.Reads(path)
}

// Read returns what the source says, with the names of Box. A name that cannot be
// one is wrong input: to read again does not help.
func (s mappedSource) Read(ctx context.Context) (*source.Roster, error) {
	read, err := s.Source.Read(ctx)
	if err != nil {
		return nil, err
	}
	return s.mapped(read)
}

// mapped returns what was read, with the names of Box.
func (s mappedSource) mapped(read *source.Roster) (*source.Roster, error) {
	mapped, err := s.mapping.Apply(read)
	if err != nil {
		return nil, &exitError{code: exitInput, err: fmt.Errorf("read source %q: %w", s.name, err)}
	}
	return mapped, nil
}
