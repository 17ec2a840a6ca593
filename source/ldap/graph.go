package ldap

import (
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap/dn"
)

// ref points at a name that groups list, or that an entry has.
type ref int32

// kind is what a name turned out to be. The zero value says that nobody knows yet.
type kind uint8

const (
	unknown    kind = iota
	isPerson        // index points into people
	isGroup         // index points into groups
	noPerson        // a computer, a contact, or what the configuration says is none
	foreign         // somebody of another directory
	outOfScope      // an entry that the search for people does not find
	dangling        // nothing: there is no such entry, or it may not be seen
	elsewhere       // on another server, which is not asked
	ambiguous       // several entries go by the name
)

// node is a name and what it turned out to be.
type node struct {
	name    string // a DN, or the name of an account; of several spellings the first in order
	index   int32
	kind    kind
	account bool // it is the name of an account
}

// person is somebody whom the search for people found, or who has left, wherever
// they are now.
type person struct {
	dn      string
	id      string // "": it cannot be read
	name    string
	account string // only where it is needed
	logins  []source.Login
	primary gid
	left    bool
	none    bool // the configuration says that this is no person
}

// group is a group, chosen or only a member of one that is.
type group struct {
	ref         ref
	dn          string
	id          string
	name        string
	description string
	gid         gid // what people have as their primary group
	members     []ref
	admins      []ref    // by Admins.Attribute
	adminsCut   bool     // there are more than the server gave
	partial     []string // why its own list is not whole
	chosen      bool
}

// gid is the id of a group that people name as their primary one: the number of its
// domain, and its own within that. 0 is none.
type gid uint64

// graph is what was read of the directory: names, and what they are. Two streams
// fill it, one page at a time, under a lock that is theirs.
type graph struct {
	byUID  bool // groups list people by the name of their account
	nodes  []node
	byKey  map[string]ref
	people []person
	groups []group

	domains map[string]gid // by domain SID, numbered from 1
	texts   texts
	buffer  []byte
}

func newGraph(byUID bool) *graph {
	return &graph{byUID: byUID, byKey: map[string]ref{}, domains: map[string]gid{}}
}

// refOf returns the place of a DN, as it is spelt in whatever way.
func (g *graph) refOf(name string) ref {
	key, err := dn.AppendKey(g.buffer[:0], name)
	if err != nil {
		// A name that is none equals itself and nothing else.
		key = append(append(g.buffer[:0], unparsed...), strings.ToLower(name)...)
	}
	return g.intern(key, name)
}

// The beginnings of keys that are no DN.
const (
	unparsed  = "\x00dn:"
	ofAccount = "\x00uid:"
)

// refOfAccount returns the place of the name of an account. Servers compare these
// without regard to case where people are concerned (uid, RFC 4519), and with it
// where groups list them (memberUid, RFC 2307): here case never counts.
func (g *graph) refOfAccount(name string) ref {
	r := g.intern(append(append(g.buffer[:0], ofAccount...), strings.ToLower(strings.TrimSpace(name))...), name)
	g.nodes[r].account = true
	return r
}

// refOfMember returns the place of a value of the attribute that lists members.
func (g *graph) refOfMember(value string) ref {
	if g.byUID {
		return g.refOfAccount(value)
	}
	return g.refOf(value)
}

func (g *graph) intern(key []byte, name string) ref {
	g.buffer = key
	if r, ok := g.byKey[string(key)]; ok {
		if n := &g.nodes[r]; name < n.name {
			n.name = g.texts.keep(name)
		}
		return r
	}
	r := ref(len(g.nodes))
	name = g.texts.keep(name)
	kept := name // most names are their own key, which then costs nothing
	if string(key) != name {
		kept = g.texts.keep(string(key))
	}
	g.byKey[kept] = r
	g.nodes = append(g.nodes, node{name: name})
	return r
}

// spelt returns the name of an entry as the entry has it, which may be another
// spelling than that of the list in which it was met first.
func (g *graph) spelt(r ref, name string) string {
	if g.nodes[r].name == name {
		return g.nodes[r].name
	}
	return g.texts.keep(name)
}

// is says what a name turned out to be. A name that is two entries is neither: who
// is meant nobody can tell.
func (g *graph) is(r ref, k kind, index int) {
	n := &g.nodes[r]
	switch {
	case n.kind == unknown || n.kind == k && k != isPerson && k != isGroup:
		n.kind, n.index = k, int32(index)
	case n.kind == k && int(n.index) == index:
	default:
		n.kind = ambiguous
	}
}

// groupOf returns which group has a name and an id, or -1. Two entries may have one
// name here that are two to the server; see package dn.
func (g *graph) groupOf(name ref, id string) int {
	switch n := &g.nodes[name]; n.kind {
	case isGroup:
		if g.groups[n.index].id == id {
			return int(n.index)
		}
	case ambiguous:
		return slices.IndexFunc(g.groups, func(other group) bool { return other.ref == name && other.id == id })
	default:
	}
	return -1
}

// domain returns the number of a domain by its SID.
func (g *graph) domain(sid string) gid {
	if n, ok := g.domains[sid]; ok {
		return n
	}
	n := gid(len(g.domains) + 1)
	g.domains[sid] = n
	return n
}
