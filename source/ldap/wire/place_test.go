package wire_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// TestParsePlace reads URLs as RFC 4516 writes them, and as servers do.
func TestParsePlace(t *testing.T) {
	t.Parallel()
	at := func(dn string) wire.Place {
		return wire.Place{Server: "ldap://h.test", Host: "h.test", DN: dn}
	}
	scoped := func(dn string, scope wire.Scope, filter string) wire.Place {
		p := at(dn)
		p.Scope, p.Filter = &scope, filter
		return p
	}
	for text, want := range map[string]wire.Place{
		"ldap://h.test":                            at(""),
		"ldap://h.test/":                           at(""),
		"ldap://h.test/dc=example,dc=org":          at("dc=example,dc=org"),
		"ldap://h.test/ou=A%20B,dc=x?":             at("ou=A B,dc=x"),
		"ldap://h.test/ou=A B,dc=x":                at("ou=A B,dc=x"),
		"ldap://h.test/cn=a%2Cb%3Fc%23d,dc=x":      at("cn=a,b?c#d,dc=x"),
		"ldap://h.test/cn=Caf%C3%A9/bar+sn=x":      at("cn=Café/bar+sn=x"),
		"ldap://h.test/cn=a%2Bb":                   at("cn=a+b"),
		"ldap://h.test//dc=x":                      at("/dc=x"),
		"ldap://h.test/dc=x???":                    at("dc=x"),
		"ldap://h.test/dc=x????":                   at("dc=x"),
		"ldap://h.test/dc=x?cn,mail":               at("dc=x"),
		"ldap://h.test/dc=x??sub":                  scoped("dc=x", wire.Sub, ""),
		"ldap://h.test/dc=x??one":                  scoped("dc=x", wire.One, ""),
		"ldap://h.test/dc=x?cn?BASE?":              scoped("dc=x", wire.Base, ""),
		"ldap://h.test/??sub?(cn=%28a+b%29)":       {},
		"ldap://h.test/??sub?(cn=a+b%20%5c2a)":     scoped("", wire.Sub, `(cn=a+b \2a)`),
		"ldap://h.test/dc=x???(&(a=b)(!(c=d)))":    {Server: "ldap://h.test", Host: "h.test", DN: "dc=x", Filter: "(&(a=b)(!(c=d)))"},
		"ldap://h.test/dc=x????x-own=1,bindname=y": at("dc=x"),
		"LDAPS://H.Test:6360/dc=x":                 {Server: "ldaps://H.Test:6360", Host: "h.test:6360", DN: "dc=x"},
		"ldap://[::1]:389/dc=x":                    {Server: "ldap://[::1]:389", Host: "[::1]:389", DN: "dc=x"},
	} {
		got, err := wire.ParsePlace(text)
		if want == (wire.Place{}) {
			assert.Error(t, err, text)
			continue
		}
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
}

// TestParsePlace_refused is what leads nowhere, or where nobody may go who does not
// understand all of it.
func TestParsePlace_refused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                     `"" is no address of a directory, such as ldaps://dc1.example.com`,
		"dc=x":                                 `"dc=x" is no address of a directory, such as ldaps://dc1.example.com`,
		"ldap:///dc=x":                         `"ldap:///dc=x" is no address of a directory, such as ldaps://dc1.example.com`,
		"http://h.test/dc=x":                   `"http://h.test/dc=x" is no address of a directory, such as ldaps://dc1.example.com`,
		"ldap://h.test/%zz":                    `"ldap://h.test/%zz" is no address of a directory`,
		"ldap://me@h.test/dc=x":                `"ldap://me@h.test/dc=x" has a name or a password in it: who asks is said by bind`,
		"ldap://h.test/cn=a#b,dc=x":            `the URL "ldap://h.test/cn=a#b,dc=x": a # is not written as %23, so that nobody can tell what is behind it`,
		"ldap://h.test/dc=x??subtree":          `the URL "ldap://h.test/dc=x??subtree": "subtree" is no scope`,
		"ldap://h.test/dc=x??%zz":              `the URL "ldap://h.test/dc=x??%zz": invalid URL escape "%zz"`,
		"ldap://h.test/dc=x????!bindname=cn=y": `the URL "ldap://h.test/dc=x????!bindname=cn=y": it wants bindname=cn=y to be minded, which is not known here`,
		"ldap://h.test/dc=x????a,%21b":         `the URL "ldap://h.test/dc=x????a,%21b": it wants b to be minded, which is not known here`,
		"ldap://h.test/dc=x?????":              `the URL "ldap://h.test/dc=x?????": it has more parts than an LDAP URL`,
	} {
		got, err := wire.ParsePlace(text)
		require.EqualError(t, err, want)
		assert.Zero(t, got, text)
	}
	_, err := wire.ParsePlace("ldap://h.test/dc=x???(cn=")
	assert.ErrorContains(t, err, `the URL "ldap://h.test/dc=x???(cn=": the filter "(cn=": `)
}

// TestPlace_Search goes on with a search elsewhere: as it was, but for what the
// referral says.
func TestPlace_Search(t *testing.T) {
	t.Parallel()
	search := wire.Search{Base: "dc=here", Scope: wire.One, Filter: "(a=b)", Attributes: []string{"cn"}, PageSize: 7, PageValues: 8}
	for text, want := range map[string]wire.Search{
		"ldap://h.test":                     {Base: "dc=here", Scope: wire.One, Filter: "(a=b)"},
		"ldap://h.test/dc=there":            {Base: "dc=there", Scope: wire.One, Filter: "(a=b)"},
		"ldap://h.test/dc=there?x?base":     {Base: "dc=there", Scope: wire.Base, Filter: "(a=b)"},
		"ldap://h.test/dc=there??sub?(c=d)": {Base: "dc=there", Scope: wire.Sub, Filter: "(c=d)"},
		"ldap://h.test/???(c=d)":            {Base: "dc=here", Scope: wire.One, Filter: "(c=d)"},
	} {
		place, err := wire.ParsePlace(text)
		require.NoError(t, err)
		want.Attributes, want.PageSize, want.PageValues = search.Attributes, search.PageSize, search.PageValues
		assert.Equal(t, want, place.Search(search), text)
	}
}

// FuzzParsePlace never panics. What it takes can be asked for, and says the same when
// it is written again.
func FuzzParsePlace(f *testing.F) {
	for _, text := range []string{
		"ldap://h.test", "ldaps://h.test:1/cn=a%2Cb,dc=x?cn?one?(cn=a)?x=y", "ldap://[::1]/??sub", "ldap://h/????!x", "ldap://h/%", "ldap://a@h/", "ldap://h/#",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		place, err := wire.ParsePlace(text)
		if err != nil {
			assert.Zero(t, place)
			return
		}
		require.True(t, strings.HasPrefix(place.Server, "ldap://") || strings.HasPrefix(place.Server, "ldaps://"))
		parts := []string{url.PathEscape(place.DN), "", "", url.PathEscape(place.Filter)}
		if place.Scope != nil {
			parts[2] = map[wire.Scope]string{wire.Base: "base", wire.One: "one", wire.Sub: "sub"}[*place.Scope]
			require.NotEmpty(t, parts[2])
		}
		if place.Filter != "" {
			_, err := ldap.CompileFilter(place.Filter)
			require.NoError(t, err)
		}
		again, err := wire.ParsePlace(place.Server + "/" + strings.Join(parts, "?"))
		require.NoError(t, err)
		assert.Equal(t, place, again)
	})
}
