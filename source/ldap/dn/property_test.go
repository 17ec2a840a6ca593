package dn_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/source/ldap/dn"
)

// rdn is the types and values of one RDN, before anybody spells them.
type rdn []dn.Attribute

// drawName draws a name of a few RDNs out of what is hard to spell.
func drawName(t *rapid.T) []rdn {
	attribute := rapid.Custom(func(t *rapid.T) dn.Attribute {
		words := rapid.SliceOfN(rapid.StringOfN(rapid.SampledFrom([]rune(`abzAZ09,+"\<>;=#-._()*'/é`+"Éüßσς\u0301\n\x00字")), 1, 4, -1), 1, 3).Draw(t, "words")
		return dn.Attribute{
			Type:  rapid.SampledFrom([]string{"cn", "uid", "ou", "o", "dc", "c", "l", "st", "street", "sn"}).Draw(t, "type"),
			Value: strings.Join(words, " "),
		}
	})
	return rapid.SliceOfN(rapid.Map(rapid.SliceOfN(attribute, 1, 3), func(a []dn.Attribute) rdn { return a }), 1, 4).Draw(t, "name")
}

// longTypes are the other ways to write a type.
func longTypes(name string) []string {
	other := map[string][]string{
		"cn": {"commonName", "2.5.4.3", "OID.2.5.4.3"}, "uid": {"userid", "0.9.2342.19200300.100.1.1"}, "ou": {"organizationalUnitName", "2.5.4.11"},
		"o": {"organizationName", "2.5.4.10"}, "dc": {"domainComponent", "0.9.2342.19200300.100.1.25"}, "c": {"countryName", "2.5.4.6"},
		"l": {"localityName", "2.5.4.7"}, "st": {"stateOrProvinceName", "2.5.4.8"}, "street": {"2.5.4.9"},
	}
	return append(other[name], name, strings.ToUpper(name))
}

// spell writes a name in one of the ways that mean the same.
func spell(t *rapid.T, name []rdn) string {
	gap := func() string { return strings.Repeat(" ", rapid.IntRange(0, 2).Draw(t, "gap")) }
	var rdns []string
	for _, r := range name {
		var parts []string
		for _, a := range rapid.Permutation(r).Draw(t, "order") {
			parts = append(parts, gap()+rapid.SampledFrom(longTypes(a.Type)).Draw(t, "as")+gap()+"="+gap()+spellValue(t, a.Value)+gap())
		}
		rdns = append(rdns, strings.Join(parts, "+"))
	}
	return strings.Join(rdns, rapid.SampledFrom([]string{",", ";"}).Draw(t, "separator"))
}

// spellValue writes a value with one of its escapes for each character, in one
// of two forms of Unicode, and with any number of spaces for one.
func spellValue(t *rapid.T, value string) string {
	form := rapid.SampledFrom([]norm.Form{norm.NFC, norm.NFD}).Draw(t, "form")
	var b strings.Builder
	for _, r := range form.String(value) {
		text := string(r)
		if rapid.Bool().Draw(t, "upper") {
			text = strings.ToUpper(text)
		}
		switch {
		case r == ' ':
			b.WriteString(strings.Repeat(" ", rapid.IntRange(1, 3).Draw(t, "spaces")))
		case r == 0 || rapid.IntRange(0, 3).Draw(t, "hex") == 0:
			for i := range len(text) {
				fmt.Fprintf(&b, rapid.SampledFrom([]string{`\%02x`, `\%02X`}).Draw(t, "digits"), text[i])
			}
		case strings.ContainsRune(`,+"\<>;=#`, r):
			b.WriteString(`\` + text)
		default:
			b.WriteString(text)
		}
	}
	return b.String()
}

func TestKey_spellings(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := drawName(t)
		a, b := spell(t, name), spell(t, name)
		keyA, err := dn.Key(a)
		require.NoError(t, err, "%q", a)
		keyB, err := dn.Key(b)
		require.NoError(t, err, "%q", b)
		require.Equal(t, keyA, keyB, "%q and %q", a, b)
	})
}

// A key keeps apart what no spelling brings together: another value, another
// type, another order of RDNs, one RDN more.
func TestKey_apart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := drawName(t)
		at := rapid.IntRange(0, len(name)-1).Draw(t, "at")
		first := name[at][0]
		changed := rapid.SampledFrom([]dn.Attribute{
			{Type: first.Type, Value: first.Value + "x"},
			{Type: first.Type, Value: `\` + first.Value},
			{Type: first.Type, Value: "# " + first.Value},
			{Type: "x" + first.Type, Value: first.Value},
		}).Draw(t, "changed")
		other := append([]rdn{}, name...)
		other[at] = append(rdn{changed}, name[at][1:]...)
		if rapid.Bool().Draw(t, "longer") {
			other = append(append([]rdn{}, name...), rdn{changed})
		}
		keyA, err := dn.Key(spell(t, name))
		require.NoError(t, err)
		keyB, err := dn.Key(spell(t, other))
		require.NoError(t, err)
		require.NotEqual(t, keyA, keyB)
	})
}
