package ldap

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap/attr"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// userAttributes are what is asked for of people.
func (c *Config) userAttributes() []string {
	all := append([]string{c.Users.ID, c.Users.Name}, c.Users.Login...)
	for _, s := range signs() {
		all = append(all, s.attribute)
	}
	if c.byUID() || c.Admins.Accounts != nil {
		all = append(all, c.Users.Account)
	}
	if c.Primary {
		all = append(all, c.primaryAttributes()...)
	}
	if c.Users.Filter != presets()[c.Preset].users.Filter {
		all = append(all, "objectClass") // it may find groups; the presets' do not
	}
	return distinct(all)
}

// primaryAttributes are those by which a person names the primary group.
func (c *Config) primaryAttributes() []string {
	if c.byUID() {
		return []string{"gidNumber"}
	}
	return []string{"primaryGroupID", "objectSid"}
}

// distinct returns the names without "", and each once, whatever its case.
func distinct(names []string) []string {
	var out []string
	for _, name := range names {
		if name != "" && !slices.ContainsFunc(out, func(other string) bool { return strings.EqualFold(other, name) }) {
			out = append(out, name)
		}
	}
	return out
}

// takePerson puts an entry that the search for people found into the graph. A group
// is none, though a filter such as (mail=*) finds it: whoever is in it would be lost to
// the groups above it. What it is, is looked up where one lists it.
func (r *reading) takePerson(e *wire.Entry, left bool) error {
	if isGroupEntry(e) {
		return nil
	}
	own := r.graph.refOf(e.DN)
	id, err := idOf(e, r.config.Users.ID)
	if err != nil {
		return err
	}
	if n := &r.graph.nodes[own]; n.kind == isPerson {
		if known := &r.graph.people[n.index]; known.id == id && (id != "" || known.dn == e.DN) {
			known.left = known.left || left
			return nil // two searches found one entry
		}
	}
	logins, bad := r.config.loginsOf(e)
	for _, text := range bad {
		r.counts.badLogins.add(text)
	}
	texts := &r.graph.texts
	p := person{
		dn: r.graph.spelt(own, e.DN), id: texts.keep(id), name: texts.keep(oneOf(e, r.config.Users.Name)), logins: texts.keepLogins(logins),
		left: left || r.closed(e) || r.inLeaverOU(own), none: r.notPeople[own], primary: r.primaryOf(e),
	}
	index := len(r.graph.people)
	r.graph.is(own, isPerson, index)
	if r.config.byUID() || r.config.Admins.Accounts != nil {
		p.account = texts.keep(oneOf(e, r.config.Users.Account))
		if r.config.byUID() {
			for _, account := range wire.Values(e, r.config.Users.Account) {
				r.graph.is(r.graph.refOfAccount(account), isPerson, index)
			}
		}
	}
	r.graph.people = append(r.graph.people, p)
	r.trace.person(r, index, e)
	return nil
}

// closed reports whether a sign says that the account is closed, and that counts. A
// sign that cannot be read closes nothing, and is told.
func (r *reading) closed(e *wire.Entry) bool {
	if r.config.People.DisabledStay {
		return false
	}
	is, err := closed(e, r.now)
	if err != nil {
		r.counts.badSigns.add(err.Error())
	}
	return is
}

// loginsOf returns the candidate logins of an entry, in the order of the attributes,
// each once, and what is written there and can be nobody's login.
func (c *Config) loginsOf(e *wire.Entry) (logins []source.Login, bad []string) {
	for _, attribute := range c.Users.Login {
		some, wrong := loginsIn(e, attribute)
		bad = append(bad, wrong...)
		for _, login := range some {
			if !slices.ContainsFunc(logins, func(l source.Login) bool { return l.Key() == login.Key() }) {
				logins = append(logins, login)
			}
		}
	}
	return logins, bad
}

// loginsIn returns the candidate logins that one attribute has. Its values come in no
// order (RFC 4511, 4.1.7), so that they are sorted; of proxy addresses the primary one
// is first.
func loginsIn(e *wire.Entry, attribute string) (logins []source.Login, bad []string) {
	for _, text := range addresses(attribute, wire.Values(e, attribute)) {
		login := source.NewLogin(text)
		switch {
		case login.IsZero():
		case source.CheckLogin(text) != nil:
			bad = append(bad, text)
		default:
			logins = append(logins, login)
		}
	}
	return logins, bad
}

// addresses returns the addresses among the values of an attribute, in order.
func addresses(attribute string, values []string) []string {
	if len(values) < 2 && !strings.EqualFold(attribute, "proxyAddresses") {
		return values
	}
	sorted := slices.Sorted(slices.Values(values))
	if !strings.EqualFold(attribute, "proxyAddresses") {
		return sorted
	}
	var first, others []string
	for _, value := range sorted {
		switch address, primary, ok := attr.Proxy(value); {
		case !ok:
		case primary:
			first = append(first, address)
		default:
			others = append(others, address)
		}
	}
	return append(first, others...)
}

// primaryOf returns the primary group that an entry names, or 0.
func (r *reading) primaryOf(e *wire.Entry) gid {
	if !r.config.Primary {
		return 0
	}
	if r.config.byUID() {
		return number(wire.First(e, "gidNumber"))
	}
	own := number(wire.First(e, "primaryGroupID"))
	if own == 0 {
		return 0
	}
	return r.inDomainOf(e, own)
}

// inDomainOf returns the id of a group of the entry's domain.
func (r *reading) inDomainOf(e *wire.Entry, own gid) gid {
	raw := wire.Raw(e, "objectSid")
	if len(raw) == 0 {
		return own
	}
	sid, err := attr.SID(raw[0])
	if err != nil {
		return own
	}
	return r.graph.domain(sid[:strings.LastIndexByte(sid, '-')])<<32 | own
}

func number(text string) gid {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32)
	if err != nil {
		return 0
	}
	return gid(n)
}
