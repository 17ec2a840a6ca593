package attr_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/source/ldap/attr"
)

func TestName(t *testing.T) {
	t.Parallel()
	for description, want := range map[string]string{
		"member": "member", "userCertificate;binary": "usercertificate", "Member;range=0-1": "member", "": "", ";x": "", "1.2.3": "1.2.3",
	} {
		assert.Equal(t, want, attr.Name(description), "%q", description)
	}
}

func TestUniqueMember(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"uid=a,dc=x":           "uid=a,dc=x",
		"uid=a,dc=x#'0101'B":   "uid=a,dc=x",
		"uid=a,dc=x#''B":       "uid=a,dc=x",
		"cn=a#b,dc=x":          "cn=a#b,dc=x",
		"cn=a#b,dc=x#'1'B":     "cn=a#b,dc=x",
		"cn=a#'0'B,dc=x":       "cn=a#'0'B,dc=x",
		"cn=a#'0'B,dc=x#'1'B":  "cn=a#'0'B,dc=x",
		`cn=\#a,dc=x\#'01'B`:   `cn=\#a,dc=x\#'01'B`,
		`cn=a,dc=x\\#'01'B`:    `cn=a,dc=x\\`,
		`cn=a,dc=x\\\#'01'B`:   `cn=a,dc=x\\\#'01'B`,
		"uid=a,dc=x#'012'B":    "uid=a,dc=x#'012'B",
		"uid=a,dc=x#'0101'":    "uid=a,dc=x#'0101'",
		"uid=a,dc=x'0101'B":    "uid=a,dc=x'0101'B",
		"cn=O'B":               "cn=O'B",
		"#'0'B":                "",
		"'B":                   "'B",
		"":                     "",
		"uid=a,dc=x#'01'B ":    "uid=a,dc=x#'01'B ",
		"uid=a,dc=x#'01'B,o=y": "uid=a,dc=x#'01'B,o=y",
	} {
		assert.Equal(t, want, attr.UniqueMember(value), "%q", value)
	}
}

func TestProxy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value, address string
		primary, ok    bool
	}{
		{"SMTP:Jane@Example.org", "Jane@Example.org", true, true},
		{"smtp:j@x", "j@x", false, true},
		{"Smtp: j@x ", "j@x", false, true},
		{"smtp:a:b@x", "a:b@x", false, true},
		{"SMTP:", "", false, false},
		{"SMTP: ", "", false, false},
		{"SMTP", "", false, false},
		{"X500:/o=Org/cn=jane", "", false, false},
		{"SIP:j@x", "", false, false},
		{"EUM:1234;phone-context=x", "", false, false},
		{"j@x", "", false, false},
		{"", "", false, false},
	} {
		address, primary, ok := attr.Proxy(c.value)
		assert.Equal(t, c.address, address, "%q", c.value)
		assert.Equal(t, c.primary, primary, "%q", c.value)
		assert.Equal(t, c.ok, ok, "%q", c.value)
	}
}

func TestParseAccountControl(t *testing.T) {
	t.Parallel()
	for text, disabled := range map[string]bool{
		"512": false, "514": true, "66048": false, "66050": true, "0": false, "2": true, "-2147483646": true, "-2147483648": false, "2147483647": true,
		"4096": false, "528": false,
	} {
		flags, err := attr.ParseAccountControl(text)
		require.NoError(t, err, text)
		assert.Equal(t, disabled, flags.Disabled(), text)
	}
	high, err := attr.ParseAccountControl("-1")
	require.NoError(t, err)
	assert.Equal(t, attr.AccountControl(0xffffffff), high)
	for _, text := range []string{"", "x", "0x202", "512 ", "2147483648", "-2147483649", "5.12"} {
		_, err := attr.ParseAccountControl(text)
		assert.EqualError(t, err, `"`+text+`" is no userAccountControl: a number of 32 bits is`)
	}
}
