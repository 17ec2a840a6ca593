package attr_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/source/ldap/attr"
)

func TestFileTime(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"1":                   "1601-01-01T00:00:00.0000001Z",
		"116444736000000000":  "1970-01-01T00:00:00Z",
		"116444735999999999":  "1969-12-31T23:59:59.9999999Z",
		"132223104000000000":  "2020-01-01T00:00:00Z",
		"9223372036854775806": "30828-09-14T02:48:05.4775806Z",
		"007":                 "1601-01-01T00:00:00.0000007Z",
	} {
		got, never, err := attr.FileTime(text)
		require.NoError(t, err, text)
		assert.False(t, never, text)
		assert.Equal(t, want, got.Format(time.RFC3339Nano), text)
	}
	for _, text := range []string{"0", "9223372036854775807"} {
		got, never, err := attr.FileTime(text)
		require.NoError(t, err, text)
		assert.True(t, never, text)
		assert.Zero(t, got, text)
	}
	for _, text := range []string{"", "-1", "never", "9223372036854775808", "1.5", " 1", "20200101000000Z"} {
		_, never, err := attr.FileTime(text)
		require.EqualError(t, err, `"`+text+`" is no date in steps of 100 ns since 1601`)
		assert.False(t, never, text)
	}
}

func TestShadowExpire(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"1": "1970-01-02T00:00:00Z", "18262": "2020-01-01T00:00:00Z", "2147483647": "5881580-07-11T00:00:00Z"} {
		got, never, err := attr.ShadowExpire(text)
		require.NoError(t, err, text)
		assert.False(t, never, text)
		assert.Equal(t, want, got.Format(time.RFC3339Nano), text)
	}
	for _, text := range []string{"0", "-1", "-2147483648"} {
		got, never, err := attr.ShadowExpire(text)
		require.NoError(t, err, text)
		assert.True(t, never, text)
		assert.Zero(t, got, text)
	}
	for _, text := range []string{"", "x", "1 ", "2147483648", "-2147483649", "1.5"} {
		_, never, err := attr.ShadowExpire(text)
		require.EqualError(t, err, `"`+text+`" is no number of days since 1970`)
		assert.False(t, never, text)
	}
}

func TestGeneralizedTime(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"199412161032Z":                                    "1994-12-16T10:32:00Z",
		"199412160532-0500":                                "1994-12-16T10:32:00Z",
		"2026123123Z":                                      "2026-12-31T23:00:00Z",
		"20261231235959Z":                                  "2026-12-31T23:59:59Z",
		"20261231235960Z":                                  "2027-01-01T00:00:00Z",
		"20261231235960.5Z":                                "2027-01-01T00:00:00.5Z",
		"20261231235959.0Z":                                "2026-12-31T23:59:59Z",
		"20261231235959,123456789Z":                        "2026-12-31T23:59:59.123456789Z",
		"20261231235959.9999999999Z":                       "2026-12-31T23:59:59.999999999Z",
		"2026123123.5Z":                                    "2026-12-31T23:30:00Z",
		"2026123123.9999999999999999999999Z":               "2026-12-31T23:59:59.999999999Z",
		"2026123123.000277777777777777777Z":                "2026-12-31T23:00:00.999999999Z",
		"2026123123.0002777777777777777778Z":               "2026-12-31T23:00:00.999999999Z",
		"202612312359.25+01":                               "2026-12-31T22:59:15Z",
		"20261231235959.5+0530":                            "2026-12-31T18:29:59.5Z",
		"20261231235959+2359":                              "2026-12-31T00:00:59Z",
		"2026123123-23":                                    "2027-01-01T22:00:00Z",
		"20240229000000Z":                                  "2024-02-29T00:00:00Z",
		"00000101000000Z":                                  "0000-01-01T00:00:00Z",
		"20261231235959." + strings.Repeat("0", 40) + "1Z": "2026-12-31T23:59:59Z",
		"202612312300.0166666666666666666-00":              "2026-12-31T23:00:00.999999999Z",
	} {
		got, err := attr.GeneralizedTime(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got.Format(time.RFC3339Nano), text)
	}
}

func TestGeneralizedTime_refused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "Z", "20261231235959", "2026123123", "20261231Z", "202612312Z", "2026123123595Z", "202612312359590Z", "20261331000000Z", "20260230000000Z",
		"20230229000000Z", "20261231240000Z", "20261231236000Z", "20261231235961Z", "202612312360Z", "20261231235959.Z", "2026123123,+01", "20261231235959.5",
		"20261231235959.5.5Z", "20261231235959.5xZ", "20261231235959.-5Z", "20261231235959z", "20261231235959ZZ", "20261231235959Z0500", "20261231235959+",
		"20261231235959+1", "20261231235959+010", "20261231235959+01000", "20261231235959+2400", "20261231235959+0060", "20261231235959+xx",
		"20261231235959+-100", " 20261231235959Z", "20261231235959Z ", "2026-12-31T23:59:59Z", "+0261231235959Z", "2026123123.5", "x0261231235959Z", "2026123123 9Z",
		"Z20261231235959", ".5Z", "20261231235x60Z",
	} {
		got, err := attr.GeneralizedTime(text)
		require.EqualError(t, err, `"`+text+`" is no date of the form 20261231235959Z`)
		assert.Zero(t, got, text)
	}
}

func TestLockedForGood(t *testing.T) {
	t.Parallel()
	assert.True(t, attr.LockedForGood("000001010000Z"))
	for _, text := range []string{"", "20261231235959Z", "00000101000000Z", "000001010000", "000001010000z"} {
		assert.False(t, attr.LockedForGood(text), text)
	}
	_, err := attr.GeneralizedTime("000001010000Z")
	require.NoError(t, err, "it has the form of a date")
}
