package stories_test

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/require"
)

// change makes one change of the directory.
func (d *directory) change(step []string) {
	d.w.Helper()
	args := step[1:]
	if change, ok := d.changes()[step[0]]; ok {
		require.NoError(d.w, change(args), step)
		return
	}
	d.w.Fatalf("a directory has no change %q", step[0])
}

// changes are those that are not of the network.
func (d *directory) changes() map[string]func([]string) error {
	return map[string]func([]string) error{
		"add": d.add,
		"remove": func(args []string) error {
			return d.each(args[1:], func(who string) error { return d.remove(args[0], who) })
		},
		"role":  func(args []string) error { return d.role(args[0], args[1], args[2]) },
		"leave": func(args []string) error { return d.each(args, d.leave) },
		"login": func(args []string) error { return d.set(args[0], "mail", args[1:]) },
		"empty": func(args []string) error {
			return errors.Join(d.set(args[0], d.member(), nil), d.set(args[0], "owner", nil))
		},
		"drop":    d.delete,
		"rename":  func(args []string) error { return d.move(args[0], "cn="+args[1]+",ou=groups", false) },
		"copy":    func(args []string) error { return d.copy(args[0], args[1]) },
		"set":     func(args []string) error { return d.set(args[0], args[1], args[2:]) },
		"disable": func(args []string) error { return d.each(args, d.disable) },
		"unit":    func(args []string) error { return d.unit(args[0]) },
		"person":  func(args []string) error { return d.person(args[0], args[1]) },
		"delete":  d.delete,
		"move":    func(args []string) error { return d.move(args[0], args[1], len(args) > 2) },
		"nest": func(args []string) error {
			return d.modify(d.find(args[0]).DN, ldap.AddAttribute, "member", d.find(args[1]).DN)
		},
		"unnest": func(args []string) error {
			return d.modify(d.find(args[0]).DN, ldap.DeleteAttribute, "member", d.find(args[1]).DN)
		},
		"lists": func(args []string) error { return d.lists(args[0], args[1:]) },
		"uuid":  func(args []string) error { return d.again(args[0]) },
		"class": func(args []string) error { return d.class(args[0]) },
		"hide":  func(args []string) error { return d.mark(args[0], "hidden") },
		"unlist": func(args []string) error {
			return d.each(args, func(who string) error { return d.mark(who, "unlisted") })
		},
		"show":   func([]string) error { return errors.Join(d.unmark("hidden"), d.unmark("unlisted")) },
		"breaks": func(args []string) error { d.breaks(args); return nil },
		"mended": func([]string) error { d.mend(); return nil },
		"stop":   func([]string) error { d.stop(); return nil },
		"start":  func([]string) error { d.server.Restart(d.w); return nil },
	}
}

func (d *directory) each(args []string, do func(string) error) error {
	for _, arg := range args {
		if err := do(arg); err != nil {
			return err
		}
	}
	return nil
}

// admin is the administrator's connection.
func (d *directory) admin() *ldap.Conn {
	d.w.Helper()
	if d.conn == nil {
		d.conn = d.server.Admin(d.w)
	}
	return d.conn
}

func (d *directory) stop() {
	d.server.Kill()
	d.conn = nil
}

// relaxed lets the administrator write what is otherwise the server's to write,
// such as entryUUID.
func relaxed() []ldap.Control {
	return []ldap.Control{ldap.NewControlString("1.3.6.1.4.1.4203.666.5.12", true, "")}
}

// search returns entries, with everything they have, by their names.
func (d *directory) search(base, filter string) []*ldap.Entry {
	d.w.Helper()
	found, err := d.admin().Search(ldap.NewSearchRequest(base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false,
		filter, []string{"*", "entryUUID", "pwdAccountLockedTime"}, nil))
	require.NoError(d.w, err, "%s below %s", filter, base)
	slices.SortFunc(found.Entries, func(a, b *ldap.Entry) int { return strings.Compare(a.DN, b.DN) })
	return found.Entries
}

// lookFor returns the entry that is meant by WHO, or nil.
func (d *directory) lookFor(who string) *ldap.Entry {
	d.w.Helper()
	filter := fmt.Sprintf("(|(mail=%[1]s)(uid=%[1]s)(&(cn=%[1]s)(!(uid=*))))", ldap.EscapeFilter(who))
	if strings.Contains(who, "=") {
		filter = "(entryDN=" + ldap.EscapeFilter(who+","+suffix) + ")"
	}
	found := d.search(suffix, filter)
	require.LessOrEqual(d.w, len(found), 1, "%s is several", who)
	if len(found) == 0 {
		return nil
	}
	return found[0]
}

func (d *directory) find(who string) *ldap.Entry {
	d.w.Helper()
	found := d.lookFor(who)
	require.NotNil(d.w, found, "there is no %s", who)
	return found
}

// modify changes the values of one attribute. A deletion and an addition that
// change nothing are errors.
func (d *directory) modify(dn string, how uint, attribute string, values ...string) error {
	request := ldap.NewModifyRequest(dn, relaxed())
	request.Changes = []ldap.Change{{Operation: how, Modification: ldap.PartialAttribute{Type: attribute, Vals: values}}}
	if err := d.admin().Modify(request); err != nil {
		return fmt.Errorf("%s of %s: %w", attribute, dn, err)
	}
	return nil
}

func (d *directory) set(who, attribute string, values []string) error {
	return d.modify(d.find(who).DN, ldap.ReplaceAttribute, attribute, values...)
}

func (d *directory) create(dn string, entry map[string][]string) error {
	request := ldap.NewAddRequest(dn, relaxed())
	for _, attribute := range slices.Sorted(maps.Keys(entry)) {
		request.Attribute(attribute, entry[attribute])
	}
	if err := d.admin().Add(request); err != nil {
		return fmt.Errorf("create %s: %w", dn, err)
	}
	return nil
}

// unit makes an organizational unit, if there is none.
func (d *directory) unit(place string) error {
	if place == suffix || d.lookFor(place) != nil {
		return nil
	}
	_, name, _ := strings.Cut(strings.Split(place, ",")[0], "=")
	return d.create(place+","+suffix, map[string][]string{"objectClass": {"organizationalUnit"}, "ou": {name}})
}

func (d *directory) person(login, ou string) error {
	place := "ou=" + ou + ",ou=people"
	return errors.Join(d.unit(place), d.create(fmt.Sprintf("uid=%s,%s,%s", account(login), place, suffix), d.personEntry(login, account(login))))
}

// add puts people into a group. Those whom the directory does not have come to Oslo.
func (d *directory) add(args []string) error {
	group, logins, role := args[0], args[1:], "member"
	if last := logins[len(logins)-1]; last == "admin" || last == "member" {
		logins, role = logins[:len(logins)-1], last
	}
	if d.lookFor(group) == nil {
		if err := d.create(groupDN(group), d.groupEntry(group)); err != nil {
			return err
		}
	}
	return d.each(logins, func(login string) error {
		if d.lookFor(login) == nil {
			if err := d.person(login, "oslo"); err != nil {
				return err
			}
		}
		who := d.find(login)
		if err := d.modify(d.find(group).DN, ldap.AddAttribute, d.member(), d.listed(who)); err != nil || role != "admin" {
			return err
		}
		return d.role(group, login, role)
	})
}

// listed is the value by which groups list somebody.
func (d *directory) listed(who *ldap.Entry) string {
	if d.posix {
		return who.GetAttributeValue("uid")
	}
	return who.DN
}

func (d *directory) remove(group, login string) error {
	who, g := d.find(login), d.find(group)
	if slices.Contains(g.GetAttributeValues("owner"), who.DN) {
		if err := d.modify(g.DN, ldap.DeleteAttribute, "owner", who.DN); err != nil {
			return err
		}
	}
	return d.modify(g.DN, ldap.DeleteAttribute, d.member(), d.listed(who))
}

func (d *directory) role(group, login, role string) error {
	how := uint(ldap.AddAttribute)
	if role != "admin" {
		how = ldap.DeleteAttribute
	}
	return d.modify(d.find(group).DN, how, "owner", d.find(login).DN)
}

func (d *directory) leave(login string) error {
	groups := d.search(suffix, fmt.Sprintf("(%s=%s)", d.member(), ldap.EscapeFilter(d.listed(d.find(login)))))
	require.NotEmpty(d.w, groups, "%s is in no group", login)
	for _, g := range groups {
		if err := d.remove(g.GetAttributeValue("cn"), login); err != nil {
			return err
		}
	}
	return nil
}

func (d *directory) copy(from, to string) error {
	added := 0
	for _, value := range d.find(from).GetAttributeValues(d.member()) {
		if g := d.find(to); !slices.Contains(g.GetAttributeValues(d.member()), value) {
			added++
			if err := d.modify(g.DN, ldap.AddAttribute, d.member(), value); err != nil {
				return err
			}
		}
	}
	require.Positive(d.w, added, "copy %s to %s changes nothing", from, to)
	return nil
}

func (d *directory) disable(login string) error {
	return d.set(login, "pwdAccountLockedTime", []string{"000001010000Z"})
}

func (d *directory) delete(whom []string) error {
	return d.each(whom, func(who string) error {
		below := d.search(d.find(who).DN, "(objectClass=*)")
		slices.SortStableFunc(below, func(a, b *ldap.Entry) int { return len(b.DN) - len(a.DN) })
		for _, e := range below {
			if err := d.admin().Del(ldap.NewDelRequest(e.DN, nil)); err != nil {
				return fmt.Errorf("delete %s: %w", e.DN, err)
			}
		}
		return nil
	})
}

// move gives an entry another name, below the suffix, and with it all that is below it.
func (d *directory) move(who, to string, alone bool) error {
	e := d.find(who)
	last := regexp.MustCompile(`[^\\],`).FindStringIndex(to + "," + suffix)[1]
	own, parent := (to + "," + suffix)[:last-1], (to + "," + suffix)[last:]
	if err := d.unit(strings.TrimSuffix(parent, ","+suffix)); err != nil {
		return err
	}
	if err := d.admin().ModifyDN(ldap.NewModifyDNRequest(e.DN, own, true, parent)); err != nil || alone {
		return err
	}
	for _, g := range d.search(suffix, "(|(member=*)(owner=*))") {
		for _, attribute := range []string{"member", "owner"} {
			values := g.GetAttributeValues(attribute)
			renamed := make([]string, 0, len(values))
			for _, value := range values {
				if value == e.DN || strings.HasSuffix(value, ","+e.DN) {
					value = strings.TrimSuffix(value, e.DN) + to + "," + suffix
				}
				renamed = append(renamed, value)
			}
			if slices.Equal(values, renamed) {
				continue
			}
			if err := d.modify(g.DN, ldap.ReplaceAttribute, attribute, renamed...); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *directory) lists(group string, names []string) error {
	return d.each(names, func(name string) error {
		return d.modify(d.find(group).DN, ldap.AddAttribute, "member", name+","+suffix)
	})
}

// recreate deletes a group, and creates it as it was, with what the change makes of it.
func (d *directory) recreate(g *ldap.Entry, change func(entry map[string][]string)) error {
	entry := map[string][]string{}
	for _, a := range g.Attributes {
		entry[a.Name] = a.Values
	}
	change(entry)
	if err := d.admin().Del(ldap.NewDelRequest(g.DN, nil)); err != nil {
		return fmt.Errorf("delete %s: %w", g.DN, err)
	}
	return d.create(g.DN, entry)
}

// again has a group known by something else.
func (d *directory) again(group string) error {
	return d.recreate(d.find(group), func(entry map[string][]string) { entry["entryUUID"] = d.groupEntry(group)["entryUUID"] })
}

func (d *directory) class(class string) error {
	for _, g := range d.search("ou=groups,"+suffix, "(member=*)") {
		err := d.recreate(g, func(entry map[string][]string) { entry["objectClass"] = []string{class} })
		if err != nil {
			return err
		}
	}
	return nil
}

// mark has an entry, and all below it, meant by one of the rules of access.
func (d *directory) mark(who, how string) error {
	for _, e := range d.search(d.find(who).DN, "(objectClass=*)") {
		if err := d.modify(e.DN, ldap.AddAttribute, "ou", how); err != nil {
			return err
		}
	}
	return nil
}

func (d *directory) unmark(how string) error {
	for _, e := range d.search(suffix, "(ou="+how+")") {
		if err := d.modify(e.DN, ldap.DeleteAttribute, "ou", how); err != nil {
			return err
		}
	}
	return nil
}
