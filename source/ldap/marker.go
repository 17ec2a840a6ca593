package ldap

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// readMarker reads which groups count, where a marker group says so. Its list has to
// be whole: a group that it seems not to have would seem to be gone.
func (r *reading) readMarker(ctx context.Context) error {
	name := r.config.Groups.Marker
	if name == "" {
		return nil
	}
	e, err := r.entry(ctx, name, "", r.config.groupAttributes())
	if broken := (*unreadable)(nil); errors.As(err, &broken) {
		return fmt.Errorf("read the marker group %s: %w", name, err)
	}
	if err != nil {
		return err
	}
	if e == nil {
		return fmt.Errorf("%w: the marker group %s is not there, or the account that asks may not see it; see groups.marker", source.ErrIncomplete, name)
	}
	index, err := r.takeGroup(e, false)
	if err != nil {
		return err
	}
	if err := r.finish(ctx); err != nil {
		return err
	}
	g := &r.graph.groups[index]
	if len(g.partial) > 0 {
		return fmt.Errorf("%w: the marker group %s: %s", source.ErrIncomplete, name, g.partial[0])
	}
	r.marked = map[ref]bool{}
	for _, m := range g.members {
		r.marked[m] = true
	}
	return nil
}

// markedElsewhere are those whom the marker group lists and who are no group that
// the search for groups finds.
func (r *reading) markedElsewhere() few {
	var others few
	for m := range r.marked {
		if n := &r.graph.nodes[m]; n.kind != isGroup || !r.graph.groups[n.index].chosen {
			others.add(n.name)
		}
	}
	return others
}

// hiddenMarked says of what the marker group lists why it may be a group that counts
// and was not read.
func (r *reading) hiddenMarked() []string {
	v := veil{reading: r}
	var reasons []string
	for name := range r.marked {
		why := ""
		switch n := &r.graph.nodes[name]; n.kind {
		case unknown, elsewhere, ambiguous:
			why = r.unread(name)
		case dangling:
			why = v.over(name)
		default:
		}
		if why != "" {
			reasons = append(reasons, r.graph.nodes[name].name+", which the marker group lists: "+why)
		}
	}
	return reasons
}

// readCompanions finds the groups that say who is admin of others: by their names,
// among the groups that were read, or else where groups are, whatever the filter.
func (r *reading) readCompanions(ctx context.Context) error {
	if r.config.Admins.Group == "" {
		return nil
	}
	wanted := map[string][]int{} // companions by folded name
	for i := range r.graph.groups {
		if r.graph.groups[i].chosen {
			wanted[source.FoldName(r.companionOf(i))] = nil
		}
	}
	r.findNamed(wanted)
	var missing []string
	for _, name := range sortedKeys(wanted) {
		if len(wanted[name]) == 0 {
			missing = append(missing, name)
		}
	}
	for len(missing) > 0 {
		some := missing[:min(len(missing), batch)]
		missing = missing[len(some):]
		if err := r.searchNamed(ctx, some); err != nil {
			return err
		}
	}
	if err := r.finish(ctx); err != nil {
		return err
	}
	r.findNamed(wanted)
	for i := range r.graph.groups {
		if found := wanted[source.FoldName(r.companionOf(i))]; r.graph.groups[i].chosen && len(found) == 1 {
			r.companions[i] = found[0]
		}
	}
	return nil
}

// companionOf returns the name of the group that says who is admin of one.
func (r *reading) companionOf(group int) string {
	return strings.ReplaceAll(r.config.Admins.Group, "{name}", r.graph.groups[group].name)
}

// findNamed fills in which groups have the wanted names.
func (r *reading) findNamed(wanted map[string][]int) {
	clear := map[string]bool{}
	for i := range r.graph.groups {
		name := source.FoldName(r.graph.groups[i].name)
		if _, want := wanted[name]; !want {
			continue
		}
		if !clear[name] {
			clear[name], wanted[name] = true, nil
		}
		wanted[name] = append(wanted[name], i)
	}
}

func (r *reading) searchNamed(ctx context.Context, names []string) error {
	var filter strings.Builder
	for _, name := range names {
		fmt.Fprintf(&filter, "(%s=%s)", r.config.Groups.Name, ldap.EscapeFilter(name))
	}
	search := wire.Search{
		Base: r.config.Groups.BaseDN, Scope: r.config.Groups.Scope, Filter: "(|" + filter.String() + ")",
		Attributes: r.config.groupAttributes(), PageSize: r.config.PageSize,
	}
	_, err := r.everywhere(ctx, r.server.first, search, func(c *wire.Conn, page wire.Page) error {
		return r.takeGroups(c, page.Entries, isGroupEntry, func(*wire.Entry) bool { return false })
	})
	return err
}
