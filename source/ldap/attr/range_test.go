package attr_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/source/ldap/attr"
)

type bounds struct {
	low, high int
	last, ok  bool
}

func TestRange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		description, asked string
		want               bounds
	}{
		{"member;range=0-1499", "member", bounds{0, 1499, false, true}},
		{"Member;Range=1500-2999", "mEMBER", bounds{1500, 2999, false, true}},
		{"member;range=3000-*", "member", bounds{3000, -1, true, true}},
		{"member;range=0-*", "member", bounds{0, -1, true, true}},
		{"member;range=0-0", "member", bounds{0, 0, false, true}},
		{"member;range=0-2147483647", "member", bounds{0, 2147483647, false, true}},
		{"member;binary;range=0-6", "member", bounds{0, 6, false, true}},
		{"member;range=7-13;binary", "member;binary", bounds{7, 13, false, true}},
		{"member;range=7-13", "member;range=7-*", bounds{7, 13, false, true}},
		{"member", "member", bounds{}},
		{"member;binary", "member", bounds{}},
		{"memberOf;range=0-1499", "member", bounds{}},
		{"memberOf;range=x", "member", bounds{}},
		{"member;orange=0-1", "member", bounds{}},
		{"", "member", bounds{}},
	} {
		low, high, last, ok, err := attr.Range(c.description, c.asked)
		require.NoError(t, err, "%q", c.description)
		assert.Equal(t, c.want, bounds{low, high, last, ok}, "%q", c.description)
	}
}

func TestRange_refused(t *testing.T) {
	t.Parallel()
	for options, why := range map[string]string{
		"range=1499-0":                         `: the range "1499-0" goes backwards`,
		"range=1-0":                            `: the range "1-0" goes backwards`,
		"range=0-2147483648":                   `: "2147483648" is no place in a range`,
		"range=2147483648-*":                   `: "2147483648" is no place in a range`,
		"range=0-99999999999999999999999999":   `: "99999999999999999999999999" is no place in a range`,
		"range=-1-5":                           `: "" is no place in a range`,
		"range=1--5":                           `: "-5" is no place in a range`,
		"range=+1-5":                           `: "+1" is no place in a range`,
		"range=1_0-50":                         `: "1_0" is no place in a range`,
		"range=*-*":                            `: "*" is no place in a range`,
		"range=0":                              `: "" is no place in a range`,
		"range=0-":                             `: "" is no place in a range`,
		"range=0-1-2":                          `: "1-2" is no place in a range`,
		"range=0-1499 ":                        `: "1499 " is no place in a range`,
		"range=0-**":                           `: "**" is no place in a range`,
		"range=":                               `: "" is no place in a range`,
		"RANGE":                                `: "" is no place in a range`,
		"range=0-1;range=0-1":                  " has two ranges",
		"binary;range=0-1;lang-de;range=2-*":   " has two ranges",
		"range=0-1;binary;range=nonsense;more": " has two ranges",
	} {
		low, high, last, ok, err := attr.Range("member;"+options, "member")
		require.EqualError(t, err, `the attribute "member;`+options+`"`+why)
		assert.Equal(t, bounds{}, bounds{low, high, last, ok}, options)
	}
}

func TestNextRange(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "member;range=1500-*", attr.NextRange("member", 1500))
	low, _, last, ok, err := attr.Range(attr.NextRange("member;binary", 7), "member;binary")
	require.NoError(t, err)
	assert.True(t, ok && last)
	assert.Equal(t, 7, low)
}
