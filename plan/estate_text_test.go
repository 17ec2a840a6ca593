package plan_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// String writes the world as short as a person can read it, for a property that fails.
func (e *estate) String() string {
	var b strings.Builder
	for _, s := range e.sides {
		fmt.Fprintf(&b, "source %s whole=%t\n", s.name, s.complete)
		for _, p := range s.people {
			if s.name == "ad" || p.name != "" {
				fmt.Fprintf(&b, "  %s %q %v left=%t\n", p.key, p.name, p.logins, p.left)
			}
		}
		for _, g := range s.groups {
			fmt.Fprintf(&b, "  %s %q partial=%t unresolved=%d description=%.9q:", g.id, g.name, g.partial, g.unresolved, g.description)
			for _, key := range slices.Sorted(maps.Keys(g.members)) {
				fmt.Fprintf(&b, " %s %s,", strings.TrimSuffix(key, "@acme.example"), g.members[key])
			}
			b.WriteString("\n")
		}
	}
	fmt.Fprintf(&b, "map %+v\nBox, hidden %d\n", e.mapping, e.hidden)
	for _, g := range e.groups {
		fmt.Fprintf(&b, "  %+v unlisted=%d truncated=%t nameless=%t:", g.Group, g.unlisted, g.truncated, g.nameless)
		for _, m := range g.members {
			fmt.Fprintf(&b, " %s %s,", strings.TrimSuffix(e.user(m.User).Login, "@acme.example"), m.Role)
		}
		b.WriteString("\n")
	}
	for _, u := range e.users {
		fmt.Fprintf(&b, "  %d %s %q %+v\n", u.ID, u.Login, u.Name, u.Standing)
	}
	fmt.Fprintf(&b, "aliases %+v\n", e.alias)
	o := e.opts
	if o.Memory != nil {
		fmt.Fprintf(&b, "memory %+v\n", *o.Memory)
	}
	o.Memory = nil
	fmt.Fprintf(&b, "options %+v\n", o)
	return b.String()
}
