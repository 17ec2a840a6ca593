package ldap

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rollcall-sync/rollcall/source/ldap/attr"
	"github.com/rollcall-sync/rollcall/source/ldap/dn"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// groupAttributes are what is asked for of groups.
func (c *Config) groupAttributes() []string {
	all := []string{c.Groups.ID, c.Groups.Name, c.Groups.Description, c.Groups.Member, c.Admins.Attribute, "objectClass", wire.ChangeMark}
	if c.Primary {
		all = append(all, c.primaryMark())
	}
	return distinct(append(all, c.catalogAttributes()...))
}

// primaryMark is the attribute of a group by which people name it as their primary
// one.
func (c *Config) primaryMark() string {
	if c.byUID() {
		return "gidNumber"
	}
	return "objectSid"
}

// idOf returns what an entry is known by for good, or "" where that is not given.
func idOf(e *wire.Entry, attribute string) (string, error) {
	raw := wire.Raw(e, attribute)
	if len(raw) == 0 {
		return "", nil
	}
	if len(raw) > 1 {
		return "", fmt.Errorf("read %s: it has %d values of %s, by which it is to be known", e.DN, len(raw), attribute)
	}
	if isGUID(attribute) {
		id, err := attr.GUID(raw[0])
		if err != nil {
			return "", fmt.Errorf("read %s of %s: %w", attribute, e.DN, err)
		}
		return id, nil
	}
	if !utf8.Valid(raw[0]) {
		return "", fmt.Errorf("read %s of %s: it is no text", attribute, e.DN)
	}
	return strings.TrimSpace(string(raw[0])), nil
}

// oneOf returns the one value of an attribute that an entry is called by: of several,
// which come in no order, the one that is in its DN, or else the first by spelling.
func oneOf(e *wire.Entry, attribute string) string {
	values := wire.Values(e, attribute)
	if len(values) < 2 {
		return strings.Join(values, "")
	}
	own, err := dn.RDN(e.DN)
	if err == nil {
		for _, a := range own {
			if strings.EqualFold(a.Type, attribute) && slices.Contains(values, a.Value) {
				return a.Value
			}
		}
	}
	return slices.Min(values)
}

// isGUID reports whether an attribute has 16 bytes that are written as a GUID.
func isGUID(attribute string) bool {
	return strings.EqualFold(attribute, "objectGUID") || strings.EqualFold(attribute, "mS-DS-ConsistencyGuid")
}

// takeGroups puts the groups of a page into the graph, those that are wanted. Where a
// list came in ranges, the others are asked for where this page came from.
func (r *reading) takeGroups(c *wire.Conn, entries []*wire.Entry, wanted, chosen func(*wire.Entry) bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := len(r.unfinished)
	for _, e := range entries {
		if !wanted(e) {
			continue
		}
		if _, err := r.takeGroup(e, chosen(e)); err != nil {
			return err
		}
	}
	for i := range r.unfinished[before:] {
		r.unfinished[before+i].from = c
	}
	return nil
}

// takeGroup puts a group into the graph and returns its index. An entry whose list
// came in ranges has to be read to its end afterwards; see [reading.finish].
func (r *reading) takeGroup(e *wire.Entry, chosen bool) (int, error) {
	own := r.graph.refOf(e.DN)
	id, err := idOf(e, r.config.Groups.ID)
	if err != nil {
		return 0, err
	}
	if index := r.graph.groupOf(own, id); index >= 0 { // two searches found one entry
		r.graph.groups[index].chosen = r.graph.groups[index].chosen || chosen
		return index, nil
	}
	texts := &r.graph.texts
	g := group{
		ref: own, dn: r.graph.spelt(own, e.DN), id: texts.keep(id), name: texts.keep(strings.TrimSpace(oneOf(e, r.config.Groups.Name))),
		description: texts.keep(oneOf(e, r.config.Groups.Description)), gid: r.gidOf(e), chosen: chosen,
	}
	if r.config.Primary && g.gid == 0 && r.hidesMark(e) {
		g.partial = append(g.partial, "it shows no "+r.config.primaryMark()+", by which people name it as their primary group")
	}
	index := len(r.graph.groups)
	r.graph.is(own, isGroup, index)
	if values, whole := wire.Whole(e, r.config.Groups.Member); whole {
		r.list(&g, values)
		g.partial = append(g.partial, r.notWhole(e, len(values))...)
	} else {
		r.unfinished = append(r.unfinished, unfinished{index, e, r.server.first})
	}
	r.listAdmins(&g, e)
	r.graph.groups = append(r.graph.groups, g)
	return index, nil
}

// list takes the values of the attribute that lists a group's members.
func (r *reading) list(g *group, values []string) {
	g.members = make([]ref, 0, len(values))
	unique := strings.EqualFold(r.config.Groups.Member, "uniqueMember")
	for _, value := range values {
		if unique {
			value = attr.UniqueMember(value)
		}
		if strings.TrimSpace(value) == "" {
			continue // nobody, where a group must have a member and has none
		}
		g.members = append(g.members, r.graph.refOfMember(value))
	}
}

// listAdmins takes the values of the attribute that names a group's admins. One that
// came in a range only says too little: whoever is not in it would be demoted.
func (r *reading) listAdmins(g *group, e *wire.Entry) {
	if r.config.Admins.Attribute == "" {
		return
	}
	values, whole := wire.Whole(e, r.config.Admins.Attribute)
	if !whole {
		g.adminsCut = true
		return
	}
	for _, value := range values {
		g.admins = append(g.admins, r.graph.refOf(value))
	}
}

// unfinished is a group of which only some of the members came with it.
type unfinished struct {
	group int
	entry *wire.Entry
	from  *wire.Conn
}

// The classes of groups that cannot be without a member, by the attribute that
// lists them (RFC 4519, 3.5 and 3.6).
func memberRequired() map[string]string {
	return map[string]string{"groupofnames": "member", "groupofuniquenames": "uniqueMember"}
}

// notWhole says why a group whose list came in one piece is not read whole all the
// same. A directory that hides an attribute calls it a success.
func (r *reading) notWhole(e *wire.Entry, members int) []string {
	if members == 0 && catalog(r.server.url) && !isUniversal(e) {
		return []string{"it shows no member, and a global catalog has not those of every group: write the ports 389 or 636 in urls"}
	}
	for _, class := range wire.Values(e, "objectClass") {
		folded := strings.ToLower(class)
		if folded == "groupofurls" || folded == "msexchdynamicdistributionlist" {
			return []string{"it is a dynamic group (" + class + "), whose members are computed and not stored"}
		}
		attribute, required := memberRequired()[folded]
		switch {
		case !required || members > 0:
		case !strings.EqualFold(attribute, r.config.Groups.Member):
			return []string{fmt.Sprintf("it is a %s, which lists its members in %s, and groups.member is %s", class, attribute, r.config.Groups.Member)}
		default:
			return []string{fmt.Sprintf("it shows no %s, and a %s always has one: the account that asks may not read it", attribute, class)}
		}
	}
	return nil
}

// gidOf returns what people name as their primary group to mean this one, or 0.
func (r *reading) gidOf(e *wire.Entry) gid {
	if !r.config.Primary {
		return 0
	}
	if r.config.byUID() {
		return number(wire.First(e, "gidNumber"))
	}
	raw := wire.Raw(e, "objectSid")
	if len(raw) == 0 {
		return 0
	}
	own, err := attr.RID(raw[0])
	if err != nil {
		return 0
	}
	return r.inDomainOf(e, gid(own))
}

// hidesMark reports whether a group must have what people name it by, and does not show
// it ([MS-ADSC] on objectSid of groups; RFC 2307, 4 on posixGroup).
func (r *reading) hidesMark(e *wire.Entry) bool {
	if r.config.byUID() {
		return hasClass(e, "posixGroup") && wire.First(e, r.config.primaryMark()) == ""
	}
	return r.activeDirectory()
}

// isGroupEntry reports whether an entry is a group, whichever search found it.
func isGroupEntry(e *wire.Entry) bool {
	return slices.ContainsFunc(wire.Values(e, "objectClass"), func(class string) bool {
		switch strings.ToLower(class) {
		case "group", "groupofnames", "groupofuniquenames", "groupofmembers", "groupofentries", "groupofurls", "posixgroup", "ipausergroup",
			"msexchdynamicdistributionlist":
			return true
		default:
			return false
		}
	})
}

// listsMembers reports whether an entry has members, whatever its classes are called.
func (r *reading) listsMembers(e *wire.Entry) bool {
	values, whole := wire.Whole(e, r.config.Groups.Member)
	return !whole || len(values) > 0
}

// finish reads the groups whose members came in ranges to their ends. A list that
// breaks off makes its group partial; a server that does ends the read.
func (r *reading) finish(ctx context.Context) error {
	for {
		u, ok := r.nextUnfinished()
		if !ok {
			return nil
		}
		values, err := u.from.All(ctx, u.entry, r.config.Groups.Member)
		broken, isRange := errors.AsType[*wire.RangeError](err)
		if err != nil && !isRange {
			return err
		}
		r.mu.Lock()
		g := &r.graph.groups[u.group]
		if broken != nil {
			g.partial = append(g.partial, fmt.Sprintf("its list in %s is not whole: %v", r.config.Groups.Member, broken))
		} else {
			r.list(g, values)
			g.partial = append(g.partial, r.notWhole(u.entry, len(values))...)
		}
		r.mu.Unlock()
	}
}

// nextUnfinished returns a group of which only some of the members came, once.
func (r *reading) nextUnfinished() (unfinished, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.unfinished) == 0 {
		return unfinished{}, false
	}
	next := r.unfinished[0]
	r.unfinished = r.unfinished[1:]
	return next, true
}
