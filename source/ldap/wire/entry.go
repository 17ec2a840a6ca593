package wire

import "github.com/go-ldap/ldap/v3"

// The tags of what an entry is made of (RFC 4511, 4.5.2 and 5.1).
const (
	tagInteger     = 0x02
	tagOctetString = 0x04
	tagSequence    = 0x30
	tagSet         = 0x31
	tagEntry       = 0x64 // SearchResultEntry ::= [APPLICATION 4] SEQUENCE
)

// octets are some bytes of a message.
type octets string

// lengthOf returns how long the tag and length before an element are, and the element.
// Where it is not ok, that many bytes are needed to know; a length that is not said, or
// that no message has, is -1.
func lengthOf[T string | []byte](b T) (head, body int, ok bool) {
	if len(b) < 2 {
		return 2, 0, false
	}
	if b[1] < 0x80 {
		return 2, int(b[1]), true
	}
	size := int(b[1] & 0x7f)
	if size == 0 || size > 4 {
		return -1, 0, false // it is not said, or of more than 4 GiB
	}
	head = 2 + size
	if len(b) < head {
		return head, 0, false
	}
	for i := 2; i < head; i++ {
		body = body<<8 | int(b[i])
	}
	if body < 0 { // where an int has 32 bits
		return -1, 0, false
	}
	return head, body, true
}

// take takes an element with the tag from the front.
func (o *octets) take(tag byte) (octets, bool) {
	head, body, ok := lengthOf(string(*o))
	if !ok || (*o)[0] != tag || len(*o)-head < body {
		return "", false
	}
	element := (*o)[head : head+body]
	*o = (*o)[head+body:]
	return element, true
}

// entryOf returns the entry that a message is. Whatever is not plainly one, to its last
// byte, is for the library to read: an entry with controls, one in another encoding, and
// what is no entry. Its texts are parts of one text, and attributes have no ByteValues.
func entryOf(message []byte) (*Entry, bool) {
	if head, _, ok := lengthOf(message); !ok || !announces(message[head:]) {
		return nil, false
	}
	all := octets(message)
	content, ok := all.take(tagSequence)
	if !ok || all != "" {
		return nil, false
	}
	if _, ok := content.take(tagInteger); !ok {
		return nil, false
	}
	operation, ok := content.take(tagEntry)
	if !ok || content != "" {
		return nil, false
	}
	name, ok := operation.take(tagOctetString)
	if !ok {
		return nil, false
	}
	list, ok := operation.take(tagSequence)
	if !ok || operation != "" {
		return nil, false
	}
	e := &Entry{DN: string(name)}
	return e, attributesOf(list, e)
}

// announces reports whether an entry comes behind the message's number: all but those
// are not worth a copy.
func announces(content []byte) bool {
	head, body, ok := lengthOf(content)
	return ok && content[0] == tagInteger && len(content) > head+body && content[head+body] == tagEntry
}

// attributesOf adds the attributes of a PartialAttributeList to an entry.
func attributesOf(list octets, e *Entry) bool {
	for list != "" {
		attribute, ok := list.take(tagSequence)
		if !ok {
			return false
		}
		name, named := attribute.take(tagOctetString)
		set, filled := attribute.take(tagSet)
		if !named || !filled || attribute != "" {
			return false
		}
		values, ok := valuesOf(set)
		if !ok {
			return false
		}
		e.Attributes = append(e.Attributes, &ldap.EntryAttribute{Name: string(name), Values: values})
	}
	return true
}

// valuesOf returns the values of a set.
func valuesOf(set octets) ([]string, bool) {
	n := 0
	for rest := set; rest != ""; n++ {
		if _, ok := rest.take(tagOctetString); !ok {
			return nil, false
		}
	}
	values := make([]string, 0, n)
	for set != "" {
		value, _ := set.take(tagOctetString)
		values = append(values, string(value))
	}
	return values, true
}
