package attr

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// LockedForGood reports whether a value of pwdAccountLockedTime is no date but
// says that only an administrator can unlock the account.
func LockedForGood(text string) bool { return text == "000001010000Z" }

// GeneralizedTime reads a date in one of the forms of RFC 4517 §3.3.13: the year,
// month, day and hour, then perhaps minutes and seconds, a fraction of the last of
// them, and Z or the distance to UTC. What is below a nanosecond is dropped. A leap
// second, 60, is the first of the next minute. The result is in UTC.
func GeneralizedTime(text string) (time.Time, error) {
	if zone := strings.IndexAny(text, "Z+-"); zone >= 0 {
		number, decimals, hasFraction := cutFraction(text[:zone])
		t, unit, ok := parseNumber(number)
		offset, isZone := parseZone(text[zone:])
		if ok && isZone && hasFraction == (decimals != "") && isDigits(decimals) {
			return t.Add(fraction(decimals, unit) - offset), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no date of the form 20261231235959Z", text)
}

// cutFraction cuts at the point or the comma.
func cutFraction(text string) (number, decimals string, found bool) {
	i := strings.IndexAny(text, ".,")
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+1:], true
}

// parseNumber reads the date without what follows it, and returns the unit that
// the last two digits count.
func parseNumber(text string) (t time.Time, unit time.Duration, ok bool) {
	const toSeconds = "20060102150405"
	leap := false
	switch len(text) {
	case len("2006010215"):
		unit = time.Hour
	case len("200601021504"):
		unit = time.Minute
	case len(toSeconds):
		unit = time.Second
		if minute, found := strings.CutSuffix(text, "60"); found {
			text, leap = minute+"59", true
		}
	default:
		return time.Time{}, 0, false
	}
	t, err := time.Parse(toSeconds[:len(text)], text)
	if leap {
		t = t.Add(time.Second)
	}
	return t, unit, err == nil && isDigits(text)
}

// parseZone reads Z or a distance to UTC, +0530 or +05.
func parseZone(zone string) (time.Duration, bool) {
	if zone == "Z" {
		return 0, true
	}
	digits := zone[1:]
	if !isDigits(digits) || len(digits) != 2 && len(digits) != 4 {
		return 0, false
	}
	hours, minutes := digits[:2], digits[2:]
	if hours > "23" || minutes > "59" {
		return 0, false
	}
	offset, err := time.ParseDuration(zone[:1] + hours + "h0" + minutes + "m")
	return offset, err == nil
}

// fraction returns the part of a unit that the decimals say, which are digits.
func fraction(decimals string, unit time.Duration) time.Duration {
	const most = 18 // of the decimals that a number of 64 bits holds
	decimals = decimals[:min(len(decimals), most)]
	n, _ := strconv.ParseUint(decimals, 10, 64) // of no decimals it is 0
	scale := uint64(1)
	for range decimals {
		scale *= 10
	}
	high, low := bits.Mul64(n, uint64(unit))
	part, _ := bits.Div64(high, low, scale)
	return time.Duration(part)
}

// isDigits reports whether there is nothing but digits in the text.
func isDigits(text string) bool { return strings.Trim(text, "0123456789") == "" }
