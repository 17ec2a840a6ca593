package attr

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// FileTime reads accountExpires and other dates of Active Directory, which count
// steps of 100 ns since 1601 in UTC. 0 and 9223372036854775807 mean never.
func FileTime(text string) (t time.Time, never bool, err error) {
	const perSecond, since1601 = 10_000_000, 11_644_473_600
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil || n < 0:
		return time.Time{}, false, fmt.Errorf("%q is no date in steps of 100 ns since 1601", text)
	case n == 0 || n == math.MaxInt64:
		return time.Time{}, true, nil
	}
	return time.Unix(n/perSecond-since1601, n%perSecond*100).UTC(), false, nil
}

// ShadowExpire reads the date on which an account of Unix expires, in days since
// 1970. 0 and less mean never: 0 is written for "not set", though shadow(5) calls
// it unclear, and nobody's account expired in 1970.
func ShadowExpire(text string) (t time.Time, never bool, err error) {
	const perDay = 24 * 60 * 60
	days, err := strconv.ParseInt(text, 10, 32)
	switch {
	case err != nil:
		return time.Time{}, false, fmt.Errorf("%q is no number of days since 1970", text)
	case days <= 0:
		return time.Time{}, true, nil
	}
	return time.Unix(days*perDay, 0).UTC(), false, nil
}
