// Package dn compares distinguished names as directory servers do. A server
// may spell one name in two ways, in an entry and in the member of a group; a
// text comparison would take a member for somebody who is gone.
//
// # Keys
//
// [Key] gives two names the same text where servers call them equal:
//
//   - Case does not count, of types or of values, in any script. Values are
//     compared in Unicode form NFKC, as RFC 4518 says and OpenLDAP does: é in
//     one character or in two, ﬁ and fi, full width and half width are the same.
//     Straße and STRASSE are not, nor are they to OpenLDAP.
//   - Spaces around , = + do not count, nor at either end of a value, escaped or
//     not, and a run of spaces inside counts as one.
//   - How a character is escaped does not count: \2C and \, or \C3\A9 and é.
//   - The order within an RDN of several values does not count.
//   - The types of RFC 4514 may be written as names, long or short, or as OIDs.
//
// A key is a name again, spelt in the one way that [Key] spells it, so that the
// key of a key is itself. It is for comparing, and not for a server or a person:
// what a server is asked is the name as the server gave it.
//
// Case is ignored in every type, and Windows ignores less space than OpenLDAP
// does. So two entries of one server could in theory have one key; whoever keeps
// entries under keys has to notice that and not let the second replace the first.
//
// # What is refused
//
// Names with quotes (RFC 2253), the <SID=…> and <GUID=…> of Active Directory,
// which are no names but questions to the server, names that are not UTF-8, and
// what [ldap.ParseDN] cannot read. Values in the form #hex are taken where they
// hold a string; of others the parser keeps less than a comparison needs.
package dn

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-ldap/ldap/v3"
)

// Key returns the text under which servers look for the name. It is the string
// that was handed in where that is its own key. The empty name, which is the
// root of every directory, has the empty key.
func Key(name string) (string, error) {
	var room [256]byte
	key, err := AppendKey(room[:0], name)
	if err != nil {
		return "", err
	}
	if string(key) == name {
		return name, nil
	}
	return string(key), nil
}

// AppendKey appends the key of the name to dst, for a look-up that allocates
// nothing: m[string(buf)]. On an error dst comes back as it was.
func AppendKey(dst []byte, name string) ([]byte, error) {
	if key, ok := appendPlain(dst, name); ok {
		return key, nil
	}
	return appendParsed(dst, name)
}

// Attribute is one type and value of an RDN.
type Attribute struct {
	Type  string // in lower case, an OID of RFC 4514 as its name
	Value string // as it was spelt, without escapes
}

// RDN returns the types and values of the first RDN of the name, in their order:
// what a filter that looks for the entry asks for. A value still has to be
// escaped for the filter. The empty name has none.
func RDN(name string) ([]Attribute, error) {
	parsed, err := parse(name)
	if err != nil || len(parsed.RDNs) == 0 {
		return nil, err
	}
	var rdn []Attribute
	for _, a := range parsed.RDNs[0].Attributes {
		rdn = append(rdn, Attribute{typeKey(a.Type), a.Value})
	}
	return rdn, nil
}

// appendParsed is AppendKey for every name, in general and at leisure.
func appendParsed(dst []byte, name string) ([]byte, error) {
	parsed, err := parse(name)
	if err != nil {
		return dst, err
	}
	for i, rdn := range parsed.RDNs {
		if i > 0 {
			dst = append(dst, ',')
		}
		var parts []string
		for _, a := range rdn.Attributes {
			parts = append(parts, typeKey(a.Type)+"="+string(appendValue(nil, fold(a.Value))))
		}
		slices.Sort(parts)
		dst = append(dst, strings.Join(parts, "+")...)
	}
	return dst, nil
}

// parse reads a name whose types and values can be compared, or says why there
// is none.
func parse(name string) (*ldap.DN, error) {
	if !utf8.ValidString(name) {
		return nil, notName(name, errNotUTF8)
	}
	if strings.HasPrefix(name, "<") {
		return nil, notName(name, errors.New("a server looks such a thing up, and it cannot be compared"))
	}
	if err := checkForms(name); err != nil {
		return nil, notName(name, err)
	}
	parsed, err := ldap.ParseDN(name)
	if err != nil {
		return nil, notName(name, err)
	}
	for _, rdn := range parsed.RDNs {
		for _, a := range rdn.Attributes {
			if strings.ContainsFunc(a.Type, notOfType) {
				return nil, notName(name, fmt.Errorf("%q is no attribute type", a.Type))
			}
			if !utf8.ValidString(a.Value) {
				return nil, notName(name, errNotUTF8)
			}
		}
	}
	return parsed, nil
}

// errNotUTF8 says that a name or a value of it is in another encoding, as which
// two different ones would look alike.
var errNotUTF8 = errors.New("it is not UTF-8")

// notName wraps why a text is not a name.
func notName(name string, err error) error {
	return fmt.Errorf("%q is no distinguished name: %w", name, err)
}

// notOfType reports whether a character has no place in a type: a name, with the
// underscore that some servers allow, or an OID.
func notOfType(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
}

// checkForms refuses two things that the parser takes. Of a value that is written
// #hex it gives the contents and forgets of which type they were, and of one that
// is made of others it gives nothing: two of those would be equal. And it steps
// over a missing type, as in =foo=bar.
func checkForms(name string) error {
	start, inValue := 0, false
	for i := 0; i < len(name); i++ {
		switch name[i] {
		case '\\':
			i++
		case ',', ';', '+':
			start, inValue = i+1, false
		case '=':
			switch {
			case inValue:
			case skipSpaces(name, start) == i:
				return errors.New("an attribute type is missing")
			case strings.HasPrefix(name[i+1:], "#") && !isString(name[i+2:]):
				return errors.New("a value in the form #… holds no string")
			}
			inValue = true
		}
	}
	return nil
}

// isString reports whether a BER value in hex is a string in UTF-8 or a part of
// it: octets, UTF8String, PrintableString or IA5String.
func isString(ber string) bool {
	return len(ber) >= 2 && slices.Contains([]string{"04", "0c", "0C", "13", "16"}, ber[:2])
}
