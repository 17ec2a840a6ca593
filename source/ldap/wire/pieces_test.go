package wire_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

func attribute(name string, values ...string) *ldap.EntryAttribute {
	return ldap.NewEntryAttribute(name, values)
}

// TestWhole tells an attribute with all its values from one that has more.
func TestWhole(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		attributes []*ldap.EntryAttribute
		want       string // "": there is more
	}{
		"none":                       {nil, "[]"},
		"others":                     {[]*ldap.EntryAttribute{attribute("cn", "x"), attribute("memberOf", "y"), attribute("memberUid;range=0-1", "z")}, "[]"},
		"all":                        {[]*ldap.EntryAttribute{attribute("Member", "a", "b")}, "[a b]"},
		"empty":                      {[]*ldap.EntryAttribute{attribute("member")}, ""},
		"a range":                    {[]*ldap.EntryAttribute{attribute("member;range=0-1", "a", "b")}, ""},
		"a range that is all":        {[]*ldap.EntryAttribute{attribute("member;range=0-*", "a", "b")}, ""},
		"a range without values":     {[]*ldap.EntryAttribute{attribute("member;range=0-*")}, ""},
		"values and an empty range":  {[]*ldap.EntryAttribute{attribute("member", "a"), attribute("member;range=0-*")}, ""},
		"values and a range":         {[]*ldap.EntryAttribute{attribute("member", "a"), attribute("member;range=1-*", "b")}, ""},
		"a range and values":         {[]*ldap.EntryAttribute{attribute("member;range=1-*", "b"), attribute("member", "a")}, ""},
		"values twice":               {[]*ldap.EntryAttribute{attribute("member", "a"), attribute("member", "b")}, ""},
		"a range that is none":       {[]*ldap.EntryAttribute{attribute("member;range=x", "a")}, ""},
		"values and a range of none": {[]*ldap.EntryAttribute{attribute("member", "a"), attribute("member;range=x")}, ""},
	} {
		values, whole := wire.Whole(&ldap.Entry{Attributes: c.attributes}, "member")
		assert.Equal(t, c.want != "", whole, name)
		if whole {
			assert.Equal(t, c.want, fmt.Sprint(values), name)
		}
	}
}

// TestPieces follows ranges that a server gives as the rules say, and refuses what they
// do not.
func TestPieces(t *testing.T) {
	t.Parallel()
	group := func(attributes ...*ldap.EntryAttribute) *ldap.Entry {
		return &ldap.Entry{DN: "cn=g", Attributes: attributes}
	}
	first := group(attribute("member"), attribute("member;range=0-1", "a", "b"))
	const broken = "SERVER: read member of cn=g: "
	for name, c := range map[string]struct {
		entries []*ldap.Entry
		want    string
	}{
		"whole":                   {[]*ldap.Entry{group(attribute("member", "a", "b"))}, "[a b]"},
		"all in one range":        {[]*ldap.Entry{group(attribute("member;range=0-*", "a", "b"))}, "[a b]"},
		"to the end":              {[]*ldap.Entry{first, group(attribute("member;range=1-*", "b", "c"))}, "[a b c]"},
		"an echo, then the range": {[]*ldap.Entry{first, group(attribute("member;range=1-*"), attribute("MEMBER;Range=1-2", "b", "c")), group(attribute("member;range=2-*", "c", "d"))}, "[a b c d]"},
		"the range, then an echo": {[]*ldap.Entry{first, group(attribute("member;range=1-2", "b", "c"), attribute("member;range=1-*")), group(attribute("member;range=2-*", "c", "d"))}, "[a b c d]"},
		"nothing":                 {[]*ldap.Entry{first, group()}, broken + "the server stopped before the last of them"},
		"plain values":            {[]*ldap.Entry{first, group(attribute("member", "c"))}, broken + "the server stopped before the last of them"},
		"an echo":                 {[]*ldap.Entry{first, group(attribute("member;range=1-*"))}, broken + "the server stopped before the last of them"},
		"not from the start":      {[]*ldap.Entry{group(attribute("member;range=1-*", "b"))}, broken + "the values from 0 on were asked for, and those from 1 on came"},
		"back again":              {[]*ldap.Entry{first, group(attribute("member;range=0-*", "a", "b", "c"))}, broken + "the values from 1 on were asked for, and those from 0 on came"},
		"too few":                 {[]*ldap.Entry{first, group(attribute("member;range=1-3", "b", "c"))}, broken + "2 values came as those from 1 to 3"},
		"no more of it":           {[]*ldap.Entry{first, group(attribute("member;range=1-1", "b"))}, broken + "the server stopped before the last of them"},
		"one is deleted": {[]*ldap.Entry{
			first, group(attribute("member;range=1-*", "c", "d")), group(attribute("member;range=0-1", "b", "c")), group(attribute("member;range=1-*", "c", "d")),
		}, "[b c d]"},
		"too many":   {[]*ldap.Entry{group(attribute("member;range=0-1", "a", "b", "c"))}, broken + "3 values came as those from 0 to 1"},
		"two ranges": {[]*ldap.Entry{group(attribute("member;range=0-1", "a", "b"), attribute("member;range=2-*", "c"))}, broken + "member;range=2-* came beside other values of it"},
		"no range":   {[]*ldap.Entry{first, group(attribute("member;range=2", "c"))}, broken + `the attribute "member;range=2": "" is no place in a range`},
		"no entry":   {[]*ldap.Entry{first, nil}, broken + "the entry is not there any more"},
		"changed, then whole": {[]*ldap.Entry{
			group(attribute("member;range=0-1", "a", "b"), attribute("uSNChanged", "1")),
			group(attribute("member;range=1-*", "b", "d"), attribute("usnchanged", "2")),
			group(attribute("member;range=0-*", "b", "c", "d"), attribute("uSNChanged", "2")),
		}, "[b c d]"},
		"changed at last": {[]*ldap.Entry{
			group(attribute("member;range=0-1", "a", "b"), attribute("uSNChanged", "1")),
			group(attribute("member;range=1-*", "b", "c")),
			group(attribute("member;range=0-*")),
		}, broken + "the server stopped before the last of them"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			next := 0
			f := serve(t, faked{answer: func(*ber.Packet) []*ber.Packet {
				if next++; c.entries[next] == nil {
					return []*ber.Packet{outcome(ldap.ApplicationSearchResultDone, 0)}
				}
				return []*ber.Packet{found(c.entries[next]), outcome(ldap.ApplicationSearchResultDone, 0)}
			}})
			conn := dial(t, f.url("ldap"), anybody())
			values, err := conn.All(t.Context(), c.entries[0], "member")
			if err != nil {
				assert.Nil(t, values)
				assertRange(t, err)
				assert.Equal(t, c.want, text(err, conn.Server()))
			} else {
				assert.Equal(t, c.want, fmt.Sprint(values))
			}
			assert.Equal(t, len(c.entries)-1, next)
		})
	}
}

// TestPieces_any cuts a list anyhow, and breaks some of the pieces: what comes is the
// list or an error.
func TestPieces_any(t *testing.T) {
	t.Parallel()
	f := serve(t, faked{})
	c := dial(t, f.url("ldap"), anybody())
	rapid.Check(t, func(t *rapid.T) {
		all := make([]string, rapid.IntRange(1, 30).Draw(t, "values"))
		for i := range all {
			all[i] = fmt.Sprintf("v%d", i)
		}
		pieces, well := cut(t, all)
		f.says(func(p *ber.Packet) []*ber.Packet {
			asked := p.Children[1].Children[7].Children[0].Data.String()
			e := pieces[asked]
			if e == nil {
				e = &ldap.Entry{DN: "cn=g"}
			}
			return []*ber.Packet{found(e), outcome(ldap.ApplicationSearchResultDone, 0)}
		})
		values, err := c.All(context.Background(), pieces["member"], "member")
		if err != nil {
			require.False(t, well, "%v", err)
			require.Nil(t, values)
			return
		}
		require.Equal(t, all, values)
	})
}

// cut returns the pieces of a list by what they are asked by, and whether they are as
// they ought to be.
func cut(t *rapid.T, all []string) (pieces map[string]*ldap.Entry, well bool) {
	pieces, well = map[string]*ldap.Entry{}, true
	asked := "member"
	for from := 0; ; {
		// Each but the first begins with the last value of the one before, and has one more.
		to := rapid.IntRange(min(from+1+min(len(pieces), 1), len(all)), len(all)).Draw(t, "to")
		low, high, values := from, strconv.Itoa(to-1), all[from:to]
		last := to == len(all) && rapid.IntRange(0, 9).Draw(t, "last") > 0
		if last {
			high = "*"
		}
		switch rapid.IntRange(0, 20).Draw(t, "fault") {
		case 0:
			// A server that leaves out some of the last values cannot be found out.
			if !last {
				values = values[:len(values)/2]
			}
		case 1:
			low += rapid.IntRange(-1, 1).Draw(t, "jump")
		case 2:
			values = nil
		}
		well = well && len(values) == to-from && low == from && len(values) > 0
		name := fmt.Sprintf("member;range=%d-%s", low, high)
		attributes := []*ldap.EntryAttribute{attribute(name, values...)}
		if asked != name && rapid.Bool().Draw(t, "echo") {
			attributes = append(attributes, attribute(asked))
		}
		if rapid.Bool().Draw(t, "turned") {
			slices.Reverse(attributes)
		}
		pieces[asked] = &ldap.Entry{DN: "cn=g", Attributes: attributes}
		if last {
			return pieces, well
		}
		if to == len(all) {
			return pieces, false
		}
		from = to - 1
		asked = fmt.Sprintf("member;range=%d-*", from)
	}
}
