package dn_test

import (
	"strconv"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"github.com/rollcall-sync/rollcall/source/ldap/dn"
)

const guid = "e2110994-81b2-5b41-8e0e-000000000001"

// row is a name with its key, and whether it is plain enough for the short way.
type row struct {
	name, key string
	plain     bool
}

func keys() []row {
	return []row{
		{"", "", true},
		{"   ", "", false},
		{"dc=example", "dc=example", true},
		{"CN=Jane Doe,OU=People,DC=Example,DC=Org", "cn=jane doe,ou=people,dc=example,dc=org", true},
		{"CN=Nest-C, ou=edge", "cn=nest-c,ou=edge", true},
		{"CN=[AZaz09@`{],ZA=x", "cn=[azaz09@`{],za=x", true},
		{" cn = Nest-C , ou = edge ", "cn=nest-c,ou=edge", true},
		{"cn=a;ou=b", "cn=a,ou=b", false},
		{"CN=John  Smith", "cn=john smith", true},
		{`CN=\ John\20 `, "cn=john", false},
		{`CN=John\  Smith\ `, "cn=john smith", false},
		{`cn=\20`, "cn=", false},
		{"cn=,dc=x", "cn=,dc=x", true},
		// Escapes.
		{`cn=Doe\, Jane (HR)+uid=jdoe,dc=x`, `cn=doe\, jane (hr)+uid=jdoe,dc=x`, false},
		{`UID=jdoe+CN=Doe\2C Jane (HR),dc=x`, `cn=doe\, jane (hr)+uid=jdoe,dc=x`, false},
		{`uid=b+uid=a+uid=a,dc=x`, `uid=a+uid=a+uid=b,dc=x`, false},
		{`cn=Doe\, Jane,dc=x`, `cn=doe\, jane,dc=x`, true},
		{`cn=Doe\2c Jane,dc=x`, `cn=doe\, jane,dc=x`, true},
		{`cn=\4A\61ne,dc=x`, "cn=jane,dc=x", true},
		{`cn=a\=b=c,dc=x`, "cn=a=b=c,dc=x", true},
		{`cn=\3d`, "cn==", true},
		{`cn=\#1 \# #2`, `cn=\#1 # #2`, true},
		{`cn=\231`, `cn=\#1`, true},
		{`cn= #1`, `cn=\#1`, false},
		{`cn=a\"\+\;\<\>\\b`, `cn=a\"\+\;\<\>\\b`, true},
		{`cn=a\22\2B\3b\3C\3e\5cb`, `cn=a\"\+\;\<\>\\b`, true},
		{`cn=a\0D\0a\00\7F`, `cn=a\0d\0a\00\7f`, true},
		{"cn=a\tb\x7f", `cn=a\09b\7f`, false},
		{`cn=a\\,dc=x`, `cn=a\\,dc=x`, true},
		{`cn=a\\ ,dc=x`, `cn=a\\,dc=x`, true},
		// Beyond ASCII.
		{"CN=CAFÉ", "cn=café", true},
		{"CN=Cafe\u0301", "cn=café", true},
		{`CN=Caf\C3\A9 \#1`, "cn=café #1", false},
		{"CN=Café #1", "cn=café #1", true},
		{"cn=Straße", "cn=straße", true},
		{"cn=STRASSE", "cn=strasse", true},
		{"cn=\ufb01x\uff11\uff0c", `cn=fix1\,`, true},
		{"cn=\u212a\u017f\u00b5", "cn=ks\u03bc", true},
		{"cn=\u0130I\u0131", "cn=i\u0307i\u0131", true},
		{"cn=a\u00a0\u3000b\u2003", "cn=a b", true},
		{"cn=В\u1c80,cn=ΣΑς", "cn=вв,cn=σασ", true},
		{"cn=\u1fb3", "cn=\u1fb3", true},
		{"cn=\u1fbc", "cn=\u1fb3", true},
		{"cn=\ufffd", "cn=\ufffd", true},
		{`cn=Doe\, José`, `cn=doe\, josé`, false},
		{"CN= Jos\u00e9  X , O=\uff03 ", `cn=josé x,o=\#`, true},
		// Types.
		{"commonName=a,userId=b,domainComponent=c,countryName=d", "cn=a,uid=b,dc=c,c=d", true},
		{"organizationName=a,organizationalUnitName=b,localityName=c,stateOrProvinceName=d", "o=a,ou=b,l=c,st=d", true},
		{"2.5.4.3=a,OID.2.5.4.3=b,oid.2.5.4.6=c,2.5.4.7=d,2.5.4.8=e,2.5.4.9=f,2.5.4.10=g,2.5.4.11=h", "cn=a,cn=b,c=c,l=d,st=e,street=f,o=g,ou=h", false},
		{"0.9.2342.19200300.100.1.1=a,0.9.2342.19200300.100.1.25=b", "uid=a,dc=b", false},
		{"oid.1.2.3=a", "1.2.3=a", false},
		{"oid.=a,oid.oid.2.5.4.3=b,oid.x=c", "oid.=a,oid.oid.2.5.4.3=b,oid.x=c", false},
		{"streetAddress=a,my_type=b,x-y2=c", "streetaddress=a,my_type=b,x-y2=c", false},
		// Values in BER.
		{"1.2.3=#04024869", "1.2.3=hi", false},
		{"cn=#0c024869,cn=#0C024869,cn=#13024869,cn=#16024869", "cn=hi,cn=hi,cn=hi,cn=hi", false},
		{"cn=a=#30", "cn=a=#30", true},
		{`cn=a\=#30`, "cn=a=#30", true},
		{`cn=a\,b=#30`, `cn=a\,b=#30`, true},
		// Active Directory.
		{`CN=jdoe\0ADEL:` + guid + `,CN=Deleted Objects,DC=x`, `cn=jdoe\0adel:` + guid + `,cn=deleted objects,dc=x`, true},
		{`CN=S-1-5-21-1-2-3-500,CN=ForeignSecurityPrincipals,DC=x`, `cn=s-1-5-21-1-2-3-500,cn=foreignsecurityprincipals,dc=x`, true},
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	for _, c := range keys() {
		key, err := dn.Key(c.name)
		require.NoError(t, err, "%q", c.name)
		assert.Equal(t, c.key, key, "%q", c.name)

		again, err := dn.Key(key)
		require.NoError(t, err, "the key of %q", c.name)
		assert.Equal(t, key, again, "the key of the key of %q", c.name)

		parsed, err := dn.AppendParsed([]byte("> "), c.name)
		require.NoError(t, err, "%q", c.name)
		assert.Equal(t, "> "+c.key, string(parsed), "%q", c.name)
	}
}

func TestKey_plain(t *testing.T) {
	t.Parallel()
	for _, c := range keys() {
		key, ok := dn.AppendPlain([]byte("> "), c.name)
		assert.Equal(t, c.plain, ok, "%q", c.name)
		if !c.plain {
			c.key = ""
		}
		assert.Equal(t, "> "+c.key, string(key), "%q", c.name)
	}
}

func TestKey_refused(t *testing.T) {
	t.Parallel()
	for name, why := range map[string]string{
		"jdoe":                   "DN ended with incomplete type, value pair",
		"cn=a,":                  "DN ended with incomplete type, value pair",
		"cn=a,,dc=x":             "incomplete type, value pair",
		"cn=a+,dc=x":             "incomplete type, value pair",
		",dc=x":                  "incomplete type, value pair",
		"=":                      "an attribute type is missing",
		" =a":                    "an attribute type is missing",
		"=foo=bar":               "an attribute type is missing",
		"cn=a, =b":               "an attribute type is missing",
		"=cn=#3003020101":        "an attribute type is missing",
		`cn="a, b"`:              `got unescaped character: '"'`,
		"cn=a\"b":                `got unescaped character: '"'`,
		"cn=#abc=x":              "a value in the form #… holds no string",
		"cn=#04":                 "failed to decode BER encoding: unexpected EOF",
		`cn=a\zzb=c`:             "failed to decode escaped character: encoding/hex: invalid byte: U+007A 'z'",
		`cn=a\2g`:                "failed to decode escaped character: encoding/hex: invalid byte: U+0067 'g'",
		`cn=a\g2`:                "failed to decode escaped character: encoding/hex: invalid byte: U+0067 'g'",
		`cn=\80`:                 "it is not UTF-8",
		"cn=a<b":                 "got unescaped character: '<'",
		"cn=a>b":                 "got unescaped character: '>'",
		"cn=a\x00":               "got unescaped NULL character",
		`cn=a\`:                  `got corrupted escaped character: 'a\'`,
		`cn=a\2`:                 "failed to decode escaped character: encoding/hex: invalid byte: 2",
		`cn=a\zz`:                "failed to decode escaped character: encoding/hex: invalid byte: U+007A 'z'",
		"<SID=S-1-5-21-1-2-3-4>": "a server looks such a thing up, and it cannot be compared",
		"<GUID=e2110994>":        "a server looks such a thing up, and it cannot be compared",
		"cn=\xff":                "it is not UTF-8",
		"cn=é\xff,dc=x":          "it is not UTF-8",
		"\xff":                   "it is not UTF-8",
		`cn=\FF,dc=x`:            "it is not UTF-8",
		"cn=#0401ff":             "it is not UTF-8",
		"cn=#3003020101":         "a value in the form #… holds no string",
		"uid=a+cn=#3003020101":   "a value in the form #… holds no string",
		"cn=#":                   "a value in the form #… holds no string",
		"cn=#0402486":            "failed to decode BER encoding: encoding/hex: odd length hex string",
		"c n=a":                  `"c n" is no attribute type`,
		"\tcn=a":                 `"\tcn" is no attribute type`,
		`c\2bn=a`:                `"c+n" is no attribute type`,
		"ſn=a":                   `"ſn" is no attribute type`,
	} {
		key, err := dn.Key(name)
		require.Error(t, err, "%q", name)
		assert.Empty(t, key, "%q", name)
		assert.EqualError(t, err, strconv.Quote(name)+" is no distinguished name: "+why)

		kept, err := dn.AppendKey([]byte("kept"), name)
		require.Error(t, err, "%q", name)
		assert.Equal(t, "kept", string(kept), "%q", name)

		_, err = dn.RDN(name)
		require.Error(t, err, "%q", name)
	}
}

func TestAppendKey_appends(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"CN=A,DC=X", "CN=É,DC=X"} {
		want, err := dn.Key(name)
		require.NoError(t, err)
		key, err := dn.AppendKey([]byte("before "), name)
		require.NoError(t, err)
		assert.Equal(t, "before "+want, string(key))
	}
}

// A million look-ups are made for the members of groups.
func TestKey_allocations(t *testing.T) {
	known := map[string]int{`cn=doe\, jane,ou=people,dc=x`: 7}
	buf := make([]byte, 0, 256)
	found := 0
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		key, err := dn.AppendKey(buf, `CN=Doe\, Jane, OU=People,DC=X`)
		if err == nil {
			found = known[string(key)]
		}
	}), "a look-up")
	assert.Equal(t, 7, found)
	assert.Zero(t, testing.AllocsPerRun(100, func() { _, _ = dn.Key("cn=jane doe,ou=people,dc=x") }), "a name that is its own key")
	assert.InDelta(t, 1, testing.AllocsPerRun(100, func() { _, _ = dn.Key("CN=Jane Doe,OU=People,DC=X") }), 0, "the key itself")
}

func TestRDN(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]dn.Attribute{
		"":                        nil,
		"UID=JDoe,ou=people,dc=x": {{"uid", "JDoe"}},
		` UID = jdoe + CN=Doe\2C  Jane (HR)\20 ,dc=x`: {{"uid", "jdoe"}, {"cn", "Doe,  Jane (HR) "}},
		`OID.2.5.4.3=Caf\C3\A9 \#1`:                   {{"cn", "Café #1"}},
		`1.2.3=#04024869`:                             {{"1.2.3", "Hi"}},
		"cn=Cafe\u0301":                               {{"cn", "Cafe\u0301"}},
	} {
		rdn, err := dn.RDN(name)
		require.NoError(t, err, "%q", name)
		assert.Equal(t, want, rdn, "%q", name)
	}
}

// Characters that differ in case only have one form, whatever Unicode they come
// from, alone and after a letter that they may combine with.
func TestFold_everyRune(t *testing.T) {
	t.Parallel()
	for r := range rune(unicode.MaxRune) {
		if r >= 0xd800 && r < 0xe000 || r == '\u0345' {
			continue
		}
		for _, before := range []string{"", "a"} {
			text := before + string(r)
			folded := dn.Fold(text)
			forms := []string{folded, norm.NFD.String(text), norm.NFC.String(text)}
			if other := unicode.SimpleFold(r); other != '\u0345' {
				forms = append(forms, before+string(other))
			}
			for _, form := range forms {
				if got := dn.Fold(form); got != folded {
					t.Fatalf("%+q folds to %+q and %+q to %+q", text, folded, form, got)
				}
			}
		}
	}
}
