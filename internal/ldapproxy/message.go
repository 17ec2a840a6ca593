package ldapproxy

import (
	"slices"

	ber "github.com/go-asn1-ber/asn1-ber"
)

// What a message is about, by the tag of its operation (RFC 4511, 4.2 to 4.14).
const (
	bindRequest     = 0
	bindResponse    = 1
	unbindRequest   = 2
	searchRequest   = 3
	searchEntry     = 4
	searchDone      = 5
	searchReference = 19
	extendedRequest = 23
	extendedAnswer  = 24
)

const (
	startTLS     = "1.3.6.1.4.1.1466.20037"
	pagedResults = "1.2.840.113556.1.4.319"
	sizeExceeded = 4
	referral     = 10
)

// A message is an LDAPMessage: a number, an operation and controls. Nothing in it
// is changed; what differs is built anew.
type message struct{ *ber.Packet }

// whole reports whether a packet has what every message has.
func (m message) whole() bool { return len(m.Children) >= 2 }

func (m message) id() int64 {
	id, _ := m.Children[0].Value.(int64)
	return id
}

func (m message) operation() *ber.Packet { return m.Children[1] }

func (m message) tag() int { return int(m.operation().Tag) } //nolint:gosec // a tag of LDAP is small

// with returns the message with another operation.
func (m message) with(operation *ber.Packet) message {
	children := slices.Clone(m.Children)
	children[1] = operation
	return message{rebuilt(m.Packet, children)}
}

// paging returns what the control for pages says, and false if there is none.
func (m message) paging() (size int64, cookie string, found bool) {
	for _, control := range m.controls() {
		if text(control.Children[0]) != pagedResults {
			continue
		}
		value, err := ber.DecodePacketErr(control.Children[len(control.Children)-1].Data.Bytes())
		if err != nil || len(value.Children) < 2 {
			return 0, "", false
		}
		size, _ = value.Children[0].Value.(int64)
		return size, text(value.Children[1]), true
	}
	return 0, "", false
}

func (m message) controls() []*ber.Packet {
	if len(m.Children) < 3 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(m.Children[2].Children), func(c *ber.Packet) bool { return len(c.Children) == 0 })
}

// withPaging returns the message with another control for pages.
func (m message) withPaging(size int64, cookie string) message {
	value := ber.NewSequence("")
	value.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, size, ""))
	value.AppendChild(octets(cookie))
	control := ber.NewSequence("")
	control.AppendChild(octets(pagedResults))
	control.AppendChild(octets(string(value.Bytes())))
	return m.withControls(append(m.withoutPaging().controls(), control))
}

func (m message) withoutPaging() message {
	return m.withControls(slices.DeleteFunc(m.controls(), func(c *ber.Packet) bool { return text(c.Children[0]) == pagedResults }))
}

func (m message) withControls(controls []*ber.Packet) message {
	children := slices.Clone(m.Children[:2])
	if len(controls) > 0 {
		list := ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, "")
		for _, control := range controls {
			list.AppendChild(control)
		}
		children = append(children, list)
	}
	return message{rebuilt(m.Packet, children)}
}

// result is an answer with a result code and no controls.
func result(id int64, tag ber.Tag, code uint16, diagnostic string, referrals ...string) message {
	operation := ber.Encode(ber.ClassApplication, ber.TypeConstructed, tag, nil, "")
	operation.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, int64(code), ""))
	operation.AppendChild(octets(""))
	operation.AppendChild(octets(diagnostic))
	if len(referrals) > 0 {
		list := ber.Encode(ber.ClassContext, ber.TypeConstructed, 3, nil, "")
		for _, url := range referrals {
			list.AppendChild(octets(url))
		}
		operation.AppendChild(list)
	}
	return newMessage(id, operation)
}

// reference is a message of an answer that names another server.
func reference(id int64, url string) message {
	operation := ber.Encode(ber.ClassApplication, ber.TypeConstructed, searchReference, nil, "")
	operation.AppendChild(octets(url))
	return newMessage(id, operation)
}

func newMessage(id int64, operation *ber.Packet) message {
	packet := ber.NewSequence("")
	packet.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
	packet.AppendChild(operation)
	return message{packet}
}

// rebuilt is a packet of the same kind with other children.
func rebuilt(p *ber.Packet, children []*ber.Packet) *ber.Packet {
	q := ber.Encode(p.ClassType, p.TagType, p.Tag, nil, "")
	for _, child := range children {
		q.AppendChild(child)
	}
	return q
}

func octets(value string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, value, "")
}

func text(p *ber.Packet) string { return p.Data.String() }
