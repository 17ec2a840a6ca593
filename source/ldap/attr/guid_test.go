package attr_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/source/ldap/attr"
)

// unhex returns the bytes that a test writes in hex.
func unhex(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	require.NoError(t, err)
	return raw
}

func TestGUID(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"e2110994 81b2 5b41 8e0e 00112233aabb": "940911e2-b281-415b-8e0e-00112233aabb",
		"00000000 0000 0000 0000 000000000000": "00000000-0000-0000-0000-000000000000",
		"01000000 0200 0300 0004 000000000005": "00000001-0002-0003-0004-000000000005",
		"ffffffff ffff ffff ffff fffffffffffe": "ffffffff-ffff-ffff-ffff-fffffffffffe",
	} {
		bytes := unhex(t, raw)
		text, err := attr.GUID(bytes)
		require.NoError(t, err)
		assert.Equal(t, want, text)
		for _, form := range []string{want, strings.ToUpper(want), "{" + want + "}"} {
			back, err := attr.ParseGUID(form)
			require.NoError(t, err, form)
			assert.Equal(t, bytes, back, form)
		}
		filter, err := attr.GUIDFilter(want)
		require.NoError(t, err)
		assert.Equal(t, bytes, unhex(t, strings.ReplaceAll(filter, `\`, "")))
		assert.Len(t, filter, 48)
	}
	_, err := attr.GUID([]byte{0xab, 0xcd})
	require.EqualError(t, err, "a GUID has 16 bytes, and abcd has 2")
	_, err = attr.GUID(make([]byte, 17))
	require.Error(t, err)
}

func TestParseGUID_refused(t *testing.T) {
	t.Parallel()
	const good = "940911e2-b281-415b-8e0e-00112233aabb"
	for _, text := range []string{
		"", "{}", "{" + good, good + "}", "{{" + good + "}}", " " + good, good[:35], good + "0", strings.ReplaceAll(good, "-", ""),
		"940911e2b-281-415b-8e0e-00112233aabb", "940911e2-b28-1415b-8e0e-00112233aabb", "940911e2-b281-415-b8e0e-00112233aabb",
		"940911e2-b281-415b-8e0-e00112233aabb", "940911e2-b281-415b-8e0e-00112233aab-", "940911g2-b281-415b-8e0e-00112233aabb",
		strings.Repeat("-", 36), "940911e2-b281-415b-8e0e00112233aabbcc",
	} {
		_, err := attr.ParseGUID(text)
		require.EqualError(t, err, `"`+text+`" is no GUID`)
		filter, err := attr.GUIDFilter(text)
		require.Error(t, err)
		assert.Empty(t, filter)
	}
}

func TestSID(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]struct {
		sid string
		rid uint32
	}{
		"01 05 000000000005 15000000 01000000 02000000 ffffffff f4010000": {"S-1-5-21-1-2-4294967295-500", 500},
		"01 02 000000000005 20000000 20020000":                            {"S-1-5-32-544", 544},
		"01 01 000000000005 12000000":                                     {"S-1-5-18", 18},
		"01 01 0000ffffffff 01000000":                                     {"S-1-4294967295-1", 1},
		"01 01 000100000000 01000000":                                     {"S-1-0x000100000000-1", 1},
		"01 01 0100000000aB 01020304":                                     {"S-1-0x0100000000ab-67305985", 67305985},
		"01 0f 000000000005" + strings.Repeat("07000000", 15):             {"S-1-5" + strings.Repeat("-7", 15), 7},
	} {
		sid, err := attr.SID(unhex(t, raw))
		require.NoError(t, err, raw)
		assert.Equal(t, want.sid, sid)
		rid, err := attr.RID(unhex(t, raw))
		require.NoError(t, err, raw)
		assert.Equal(t, want.rid, rid)
	}
	sid, err := attr.SID(unhex(t, "01 00 000000000005"))
	require.NoError(t, err)
	assert.Equal(t, "S-1-5", sid)
	_, err = attr.RID(unhex(t, "01 00 000000000005"))
	require.EqualError(t, err, "the SID 0100000000000005 has no last part")
}

func TestSID_refused(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"", "01", "0100000000", "01 00 0000000005", "02 01 000000000005 12000000", "01 01 000000000005", "01 01 000000000005 120000",
		"01 01 000000000005 1200000000", "01 02 000000000005 12000000", "01 10 000000000005" + strings.Repeat("07000000", 16),
	} {
		bytes := unhex(t, raw)
		_, err := attr.SID(bytes)
		require.EqualError(t, err, hex.EncodeToString(bytes)+" is no SID of revision 1")
		_, err = attr.RID(bytes)
		require.EqualError(t, err, hex.EncodeToString(bytes)+" is no SID of revision 1")
	}
}
