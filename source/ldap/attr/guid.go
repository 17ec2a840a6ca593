package attr

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// GUID returns the text of an objectGUID, as Windows shows it and in lower case.
// Of its 16 bytes those of the first three fields come in reverse.
func GUID(raw []byte) (string, error) {
	if len(raw) != 16 {
		return "", fmt.Errorf("a GUID has 16 bytes, and %x has %d", raw, len(raw))
	}
	return fmt.Sprintf("%08x-%04x-%04x-%x-%x", binary.LittleEndian.Uint32(raw), binary.LittleEndian.Uint16(raw[4:]),
		binary.LittleEndian.Uint16(raw[6:]), raw[8:10], raw[10:]), nil
}

// ParseGUID returns the 16 bytes of the text that [GUID] gives; capitals and
// braces around it are as good.
func ParseGUID(text string) ([]byte, error) {
	bare := text
	if inner, ok := strings.CutPrefix(text, "{"); ok {
		if bare, ok = strings.CutSuffix(inner, "}"); !ok {
			return nil, fmt.Errorf("%q is no GUID", text)
		}
	}
	fields := strings.Split(bare, "-")
	raw, err := hex.DecodeString(strings.Join(fields, ""))
	if err != nil || len(raw) != 16 || len(bare) != 36 || len(fields[0]) != 8 || len(fields[1]) != 4 || len(fields[2]) != 4 || len(fields[3]) != 4 {
		return nil, fmt.Errorf("%q is no GUID", text)
	}
	binary.LittleEndian.PutUint32(raw, binary.BigEndian.Uint32(raw))
	binary.LittleEndian.PutUint16(raw[4:], binary.BigEndian.Uint16(raw[4:]))
	binary.LittleEndian.PutUint16(raw[6:], binary.BigEndian.Uint16(raw[6:]))
	return raw, nil
}

// GUIDFilter returns the value for a filter that looks for an objectGUID, all
// of its bytes escaped: \e2\11 and so on.
func GUIDFilter(text string) (string, error) {
	raw, err := ParseGUID(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, c := range raw {
		fmt.Fprintf(&b, `\%02x`, c)
	}
	return b.String(), nil
}

// SID returns the text of an objectSid, such as S-1-5-32-544.
func SID(raw []byte) (string, error) {
	if err := checkSID(raw); err != nil {
		return "", err
	}
	var text strings.Builder
	text.WriteString("S-1-" + authority(raw[2:8]))
	for at := 8; at < len(raw); at += 4 {
		text.WriteString("-" + strconv.FormatUint(uint64(binary.LittleEndian.Uint32(raw[at:])), 10))
	}
	return text.String(), nil
}

// RID returns the last part of an objectSid, which a primaryGroupID is compared
// with. A SID without parts has none, which is an error.
func RID(raw []byte) (uint32, error) {
	if err := checkSID(raw); err != nil {
		return 0, err
	}
	if len(raw) == 8 {
		return 0, fmt.Errorf("the SID %x has no last part", raw)
	}
	return binary.LittleEndian.Uint32(raw[len(raw)-4:]), nil
}

// checkSID checks the form: revision 1, how many parts, the authority in six
// bytes, and four bytes for each of at most 15 parts.
func checkSID(raw []byte) error {
	const parts = 15
	if len(raw) < 8 || raw[0] != 1 || raw[1] > parts || len(raw) != 8+4*int(raw[1]) {
		return fmt.Errorf("%x is no SID of revision 1", raw)
	}
	return nil
}

// authority returns who gave the SID out: a decimal number, or a hexadecimal one
// where it takes more than four of its six bytes.
func authority(raw []byte) string {
	if raw[0] != 0 || raw[1] != 0 {
		return "0x" + hex.EncodeToString(raw)
	}
	return strconv.FormatUint(uint64(binary.BigEndian.Uint32(raw[2:])), 10)
}
