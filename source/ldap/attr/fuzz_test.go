package attr_test

import (
	"encoding/asn1"
	"encoding/binary"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/source/ldap/attr"
)

// FuzzRange holds ranges against an expression, and numbers of any size.
func FuzzRange(f *testing.F) {
	for _, seed := range []string{"range=0-1499", "Range=1500-*", "binary;range=7-13", "range=9-1", "range=0-2147483648", "range=+1-2", "range", "x;y", "range=1-2;range=3-4"} {
		f.Add(seed)
	}
	form := regexp.MustCompile(`(?i)^range=(\d+)-(\d+|\*)$`)
	f.Fuzz(func(t *testing.T, options string) {
		low, high, last, ok, err := attr.Range("Member;"+options, "member")
		var ranges []string
		for option := range strings.SplitSeq(options, ";") {
			if name, _, _ := strings.Cut(option, "="); strings.EqualFold(name, "range") {
				ranges = append(ranges, option)
			}
		}
		if len(ranges) == 0 || len(ranges) > 1 {
			if ok || (err == nil) != (len(ranges) == 0) {
				t.Fatalf("%q: %v, %v", options, ok, err)
			}
			return
		}
		m := form.FindStringSubmatch(ranges[0])
		if ok != (err == nil) || m == nil && ok {
			t.Fatalf("%q: %v, %v", options, ok, err)
		}
		if m == nil {
			return
		}
		from, _ := new(big.Int).SetString(m[1], 10)
		to, isNumber := new(big.Int).SetString(m[2], 10)
		fits := from.BitLen() <= 31 && (!isNumber || to.BitLen() <= 31 && from.Cmp(to) <= 0)
		switch {
		case fits != ok:
			t.Fatalf("%q: %v, %v", options, ok, err)
		case ok && (big.NewInt(int64(low)).Cmp(from) != 0 || last == isNumber || last && high != -1 || !last && big.NewInt(int64(high)).Cmp(to) != 0):
			t.Fatalf("%q is %d to %d, %v", options, low, high, last)
		}
	})
}

// FuzzGUID checks that what has a text comes back from it, and that no text is
// taken that is not one.
func FuzzGUID(f *testing.F) {
	f.Add([]byte("0123456789abcdef"), "{940911e2-b281-415b-8e0e-00112233aabb}")
	f.Add([]byte{1}, "")
	form := regexp.MustCompile(`(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	f.Fuzz(func(t *testing.T, raw []byte, other string) {
		text, err := attr.GUID(raw)
		if (err == nil) != (len(raw) == 16) {
			t.Fatalf("%x: %v", raw, err)
		}
		if err == nil {
			back, err := attr.ParseGUID(text)
			d := make([]byte, 8)
			for i, at := range []int{3, 2, 1, 0, 5, 4, 7, 6} {
				d[i] = raw[at]
			}
			want := fmt.Sprintf("%x-%x-%x-%x-%x", d[:4], d[4:6], d[6:8], raw[8:10], raw[10:])
			if err != nil || string(back) != string(raw) || text != want {
				t.Fatalf("%x is %q, and not %q, and that is %x, %v", raw, text, want, back, err)
			}
		}
		bare := other
		if strings.HasPrefix(other, "{") && strings.HasSuffix(other, "}") && len(other) > 1 {
			bare = other[1 : len(other)-1]
		}
		parsed, err := attr.ParseGUID(other)
		if (err == nil) != form.MatchString(bare) {
			t.Fatalf("%q: %v", other, err)
		}
		if err == nil {
			if text, err := attr.GUID(parsed); err != nil || text != strings.ToLower(bare) {
				t.Fatalf("%q is %x, and that is %q, %v", other, parsed, text, err)
			}
		}
	})
}

// FuzzSID checks that the text has every byte of the SID in it.
func FuzzSID(f *testing.F) {
	f.Add([]byte{1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0})
	f.Add([]byte{1, 1, 1, 0, 0, 0, 0, 5, 32, 0, 0, 0})
	f.Add([]byte{1, 0, 0, 0, 0, 0, 0, 5})
	f.Fuzz(func(t *testing.T, raw []byte) {
		text, err := attr.SID(raw)
		rid, ridErr := attr.RID(raw)
		if err != nil {
			if ridErr == nil {
				t.Fatalf("%x: %v", raw, rid)
			}
			return
		}
		fields := strings.Split(text, "-")
		back := []byte{1, byte(len(fields) - 3)}
		var authority uint64
		if _, err := fmt.Sscan(fields[2], &authority); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		back = append(back, binary.BigEndian.AppendUint64(nil, authority)[2:]...)
		var part uint32
		for _, field := range fields[3:] {
			if _, err := fmt.Sscan(field, &part); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			back = binary.LittleEndian.AppendUint32(back, part)
		}
		if string(back) != string(raw) || (ridErr == nil) != (len(fields) > 3) || ridErr == nil && rid != part {
			t.Fatalf("%x is %q with %d, %v", raw, text, rid, ridErr)
		}
	})
}

// FuzzTime holds the dates against big numbers, against the standard library's
// reader of certificates, and against dates that it wrote.
func FuzzTime(f *testing.F) {
	for _, seed := range []string{
		"0", "1", "9223372036854775807", "9223372036854775806", "-1", "18262", "199412160532-0500", "2026123123.5Z", "20261231235960Z", "20261231235959,25+0530",
		"20261231235959.123Z", "00000101000000+2359",
	} {
		f.Add(seed, int64(1_600_000_000), 530)
	}
	f.Fuzz(func(t *testing.T, text string, unix int64, zone int) {
		checkFileTime(t, text)
		if _, never, err := attr.ShadowExpire(text); never && err != nil {
			t.Fatal(text)
		}
		got, err := attr.GeneralizedTime(text)
		if theirs, ok := parseDER(text); ok && (err != nil || !got.Equal(theirs)) {
			t.Fatalf("%q is %v, %v, and elsewhere %v", text, got, err, theirs)
		}
		if err == nil && got.Location() != time.UTC {
			t.Fatalf("%q is %v", text, got)
		}
		checkWritten(t, unix, zone)
	})
}

// parseDER reads the one form of a date that the standard library knows.
func parseDER(text string) (t time.Time, ok bool) {
	if len(text) > 127 {
		return t, false
	}
	der := append([]byte{asn1.TagGeneralizedTime, byte(len(text))}, text...)
	_, err := asn1.UnmarshalWithParams(der, &t, "generalized")
	return t, err == nil
}

// checkFileTime counts with numbers that have no end.
func checkFileTime(t *testing.T, text string) {
	t.Helper()
	got, never, err := attr.FileTime(text)
	if err != nil || never {
		if !got.IsZero() || never && err != nil {
			t.Fatalf("%q is %v, %v, %v", text, got, never, err)
		}
		return
	}
	epoch := time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC)
	steps := new(big.Int).Mul(big.NewInt(got.Unix()-epoch.Unix()), big.NewInt(10_000_000))
	steps.Add(steps, big.NewInt(int64(got.Nanosecond()/100)))
	if want, ok := new(big.Int).SetString(text, 10); !ok || want.Cmp(steps) != 0 || got.Nanosecond()%100 != 0 {
		t.Fatalf("%q is %v", text, got)
	}
}

// checkWritten writes a date of the years 1 to 9998 in a zone, and reads it.
func checkWritten(t *testing.T, unix int64, zone int) {
	t.Helper()
	const first, span = -62_135_596_800 + 86_400, 315_500_000_000
	unix = first + int64(uint64(unix)%span)
	at := time.Unix(unix, 0).In(time.FixedZone("", zone%1440*60))
	for layout, unit := range map[string]time.Duration{"20060102150405-0700": time.Second, "200601021504-0700": time.Minute} {
		text := at.Format(layout)
		if got, err := attr.GeneralizedTime(text); err != nil || !got.Equal(at.Add(-at.Sub(at.Truncate(unit)))) {
			t.Fatalf("%q is %v, %v", text, got, err)
		}
	}
}
