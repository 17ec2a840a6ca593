package dn

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// typeKey returns the one name of a type.
func typeKey(name string) string {
	name = strings.ToLower(name)
	if oid, ok := strings.CutPrefix(name, "oid."); ok && oid != "" && isDigit(oid[0]) {
		name = oid
	}
	if short := shortType(name); short != "" {
		return short
	}
	return name
}

// shortType returns the short name of a type of RFC 4514 that is written as its
// OID or with its long name, in lower case, or nothing.
func shortType(name string) string {
	switch name {
	case "commonname", "2.5.4.3":
		return "cn"
	case "countryname", "2.5.4.6":
		return "c"
	case "localityname", "2.5.4.7":
		return "l"
	case "stateorprovincename", "2.5.4.8":
		return "st"
	case "2.5.4.9": // its long name is another attribute in Active Directory
		return "street"
	case "organizationname", "2.5.4.10":
		return "o"
	case "organizationalunitname", "2.5.4.11":
		return "ou"
	case "domaincomponent", "0.9.2342.19200300.100.1.25":
		return "dc"
	case "userid", "0.9.2342.19200300.100.1.1":
		return "uid"
	}
	return ""
}

// fold returns the text that values have in common which servers call equal.
// Decomposing comes before folding, as İ folds to nothing but its I folds to i;
// it also makes one of all the spaces that Unicode has.
func fold(value string) string {
	value = norm.NFKC.String(strings.Map(foldRune, norm.NFKD.String(value)))
	var b strings.Builder
	for field := range strings.SplitSeq(value, " ") {
		if field == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(field)
	}
	return b.String()
}

// foldRune returns one of the characters that differ in case only, the same for
// all of them: in lower case, where they have one. The Greek iota below a letter
// is none of them. Unicode counts it to the iotas, which are letters, and a mark
// that turns into a letter changes the order of marks around it.
func foldRune(r rune) rune {
	const iotaBelow = '\u0345'
	least := r
	for s := unicode.SimpleFold(r); s != r; s = unicode.SimpleFold(s) {
		if s != iotaBelow {
			least = min(least, s)
		}
	}
	return unicode.ToLower(least)
}

// appendValue appends a value as a key has it.
func appendValue(key []byte, value string) []byte {
	for i := range len(value) {
		if c := value[i]; c < utf8.RuneSelf {
			key = appendByte(key, c, i == 0)
		} else {
			key = append(key, c)
		}
	}
	return key
}
