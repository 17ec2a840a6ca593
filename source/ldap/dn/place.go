package dn

import "strings"

// Within reports whether the first name is the second or below it, by their keys.
// Everything is within the empty name.
func Within(key, base string) bool {
	if base == "" || key == base {
		return true
	}
	at := len(key) - len(base) - 1
	return at > 0 && key[at] == ',' && !escaped(key, at) && key[at+1:] == base
}

// Parent returns the key of the name above. A name of one RDN has none.
func Parent(key string) (string, bool) {
	for i := range len(key) {
		if key[i] == ',' && !escaped(key, i) {
			return key[i+1:], true
		}
	}
	return "", false
}

// Deleted reports whether the key is that of an object that Active Directory
// keeps after its deletion, CN=jdoe\0ADEL:… and a GUID. Such an object is nobody.
func Deleted(key string) bool { return renamed(key, `\0adel:`) }

// Conflict reports whether the key is that of an object that Active Directory
// renamed since another of its name was made on another server at the same time:
// CN=jdoe\0ACNF:… and a GUID. The name alone does not tell which of them is meant
// to stay. An object below such an object is none.
func Conflict(key string) bool { return renamed(key, `\0acnf:`) }

// renamed reports whether the first RDN of the key ends in the mark and a GUID.
func renamed(key, mark string) bool {
	const guid = 36
	rdn := key
	if parent, ok := Parent(key); ok {
		rdn = key[:len(key)-len(parent)-1]
	}
	at := len(rdn) - guid - len(mark)
	return at > 0 && rdn[at:at+len(mark)] == mark && !escaped(rdn, at) && isGUID(rdn[at+len(mark):])
}

// isGUID reports whether a text of the right length has the form of a GUID.
func isGUID(text string) bool {
	for i := range len(text) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if _, hex := hexDigit(text[i]); dash != (text[i] == '-') || !dash && !hex {
			return false
		}
	}
	return true
}

// escaped reports whether the byte at i has a backslash before it that is not
// itself escaped.
func escaped(key string, i int) bool {
	before := strings.TrimRight(key[:i], `\`)
	return (i-len(before))%2 == 1
}
