package wire_test

import (
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// entryMessage is an entry as the library writes one.
func entryMessage(id int64, dn string, attributes ...*ldap.EntryAttribute) *ber.Packet {
	operation := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultEntry, nil, "")
	operation.AppendChild(octetString(dn))
	list := ber.NewSequence("")
	for _, a := range attributes {
		attribute := ber.NewSequence("")
		attribute.AppendChild(octetString(a.Name))
		values := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
		for _, value := range a.Values {
			values.AppendChild(octetString(value))
		}
		attribute.AppendChild(values)
		list.AppendChild(attribute)
	}
	operation.AppendChild(list)
	message := ber.NewSequence("")
	message.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
	message.AppendChild(operation)
	return message
}

func octetString(text string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, text, "")
}

func having(name string, values ...string) *ldap.EntryAttribute {
	return &ldap.EntryAttribute{Name: name, Values: values}
}

// understood is what the library makes of a message that is an entry.
func understood(message []byte) (*wire.Entry, bool) {
	packet, err := ber.DecodePacketErr(message)
	if err != nil || len(packet.Children) != 2 || len(packet.Children[1].Children) != 2 || packet.Children[1].Tag != ldap.ApplicationSearchResultEntry {
		return nil, false
	}
	dn, _ := packet.Children[1].Children[0].Value.(string)
	e := &wire.Entry{DN: dn}
	for _, child := range packet.Children[1].Children[1].Children {
		if len(child.Children) != 2 {
			return nil, false
		}
		name, _ := child.Children[0].Value.(string)
		a := &ldap.EntryAttribute{Name: name, Values: []string{}}
		for _, value := range child.Children[1].Children {
			text, _ := value.Value.(string)
			a.Values = append(a.Values, text)
		}
		e.Attributes = append(e.Attributes, a)
	}
	return e, true
}

// What is taken for an entry is the entry that the library would have made of it.
func TestProperty_entryOf(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 20), func(b []byte) string { return string(b) }),
		rapid.Map(rapid.IntRange(120, 70_000), func(n int) string { return strings.Repeat("x", n) }))
	rapid.Check(t, func(t *rapid.T) {
		var attributes []*ldap.EntryAttribute
		for range rapid.IntRange(0, 4).Draw(t, "attributes") {
			attributes = append(attributes, having(text.Draw(t, "name"), rapid.SliceOfN(text, 0, 4).Draw(t, "values")...))
		}
		message := entryMessage(rapid.Int64Range(0, 1<<31-1).Draw(t, "id"), text.Draw(t, "dn"), attributes...).Bytes()
		got, ok := wire.EntryOf(message)
		require.True(t, ok)
		want, _ := understood(message)
		require.Equal(t, want, got)
	})
}

// Any message that is taken for an entry is one to the library, and the same one.
func FuzzEntryOf(f *testing.F) {
	good := entryMessage(7, "cn=a", having("cn", "a", ""), having("member"), having("x", strings.Repeat("y", 300))).Bytes()
	f.Add(good)
	for i := range good[:60] {
		for _, b := range []byte{0x00, 0x01, 0x80, 0x81, 0xff} {
			changed := slices.Clone(good)
			changed[i] = b
			f.Add(changed)
		}
	}
	f.Add(entryMessage(1, "").Bytes())
	f.Fuzz(func(t *testing.T, message []byte) {
		got, ok := wire.EntryOf(message)
		if !ok {
			return
		}
		want, ok := understood(message)
		if !ok {
			t.Fatalf("%x is no entry, and was taken for %v", message, got)
		}
		assert.Equal(t, want, got)
	})
}

// Whatever is not plainly an entry is the library's.
func TestEntryOf_not(t *testing.T) {
	t.Parallel()
	good := entryMessage(7, "cn=a", having("cn", "a"))
	controlled := entryMessage(7, "cn=a", having("cn", "a"))
	controlled.AppendChild(ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, ""))
	done := ber.NewSequence("")
	done.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, 7, ""))
	done.AppendChild(ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultDone, nil, ""))
	wordy := entryMessage(7, "cn=a")
	wordy.Children[1].AppendChild(octetString("more"))
	for name, message := range map[string][]byte{
		"nothing": nil, "a tag": {0x30}, "an empty message": {0x30, 0}, "a number alone": {0x30, 3, 2, 1, 7},
		"controls": controlled.Bytes(), "a result": done.Bytes(), "more in the entry": bytesOf(wordy),
		"bytes behind": append(good.Bytes(), 0), "a byte missing": good.Bytes()[:len(good.Bytes())-1],
		"no length": append([]byte{0x30, 0x80}, good.Bytes()[2:]...), "a length of five bytes": append([]byte{0x30, 0x85, 0, 0, 0, 0}, good.Bytes()[1:]...),
	} {
		_, ok := wire.EntryOf(message)
		assert.False(t, ok, name)
	}
	_, ok := wire.EntryOf(good.Bytes())
	assert.True(t, ok)
}

// bytesOf writes a packet anew whose children have changed.
func bytesOf(p *ber.Packet) []byte {
	operation := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultEntry, nil, "")
	for _, child := range p.Children[1].Children {
		operation.AppendChild(child)
	}
	message := ber.NewSequence("")
	message.AppendChild(p.Children[0])
	message.AppendChild(operation)
	return message.Bytes()
}

// sent is a connection of which only what comes matters.
type sent struct {
	net.Conn

	io.Reader
}

func (s sent) Read(to []byte) (int, error) { return s.Reader.Read(to) }

// The library gets every byte that is not of an entry, however the bytes come, and the
// entries are there once it has read what follows them.
func TestProperty_tap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var all, others []byte
		var want []string
		for range rapid.IntRange(0, 6).Draw(t, "messages") {
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0:
				dn := rapid.StringMatching(`[a-z]{0,200}`).Draw(t, "dn")
				all, want = append(all, entryMessage(1, dn).Bytes()...), append(want, dn)
			default:
				message := []byte{0x30, 5, 2, 1, 1, byte(0x65 + rapid.IntRange(0, 20).Draw(t, "tag")), 0}
				all, others = append(all, message...), append(others, message...)
			}
		}
		if rapid.IntRange(0, 3).Draw(t, "no message") == 0 {
			noise := append([]byte{0x04}, rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(t, "noise")...)
			all, others = append(all, noise...), append(others, noise...)
		}
		reader := io.Reader(strings.NewReader(string(all)))
		if rapid.Bool().Draw(t, "by bytes") {
			reader = iotest.OneByteReader(reader)
		}
		taken, read, err := wire.Tapped(sent{Reader: reader})
		require.NoError(t, err)
		assert.Equal(t, string(others), string(read))
		var got []string
		for _, e := range taken {
			got = append(got, e.DN)
		}
		assert.Equal(t, want, got)
	})
}

// A connection that ends in the middle of a message has not ended well.
func TestTap_cut(t *testing.T) {
	t.Parallel()
	message := entryMessage(1, "cn=a", having("cn", "a")).Bytes()
	for cut := 1; cut < len(message); cut++ {
		taken, _, err := wire.Tapped(sent{Reader: strings.NewReader(string(message[:cut]))})
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, cut)
		assert.Empty(t, taken)
	}
	broken := errors.New("broken")
	_, _, err := wire.Tapped(sent{Reader: io.MultiReader(strings.NewReader(string(message[:9])), iotest.ErrReader(broken))})
	require.ErrorIs(t, err, broken)
}
