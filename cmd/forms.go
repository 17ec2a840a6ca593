package cmd

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// plainNumber is how a whole number is written. YAML has more ways, and its
// versions disagree about 012.
var plainNumber = regexp.MustCompile(`^(0|-?[1-9][0-9]*)$`)

// limitForm is how a limit is written: its number as plainNumber is, without a sign.
const limitForm = `^\s*(0|[1-9][0-9]*|([0-9]+\.?[0-9]*|\.[0-9]+)\s*%)\s*$`

var limitPattern = regexp.MustCompile(limitForm)

// parseDuration reads a Go duration or a number of days: 90s, 15m, 24h, 7d.
func parseDuration(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * day, err
	}
	d, err := time.ParseDuration(text)
	if d < 0 {
		return 0, errors.New("less than nothing")
	}
	return d, err
}

// untilForm is a day, or a time with its zone, in whole seconds.
const untilForm = `^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2}))?$`

var untilPattern = regexp.MustCompile(untilForm)

// parseUntil reads a day, which ends when it does in UTC, or a time.
func parseUntil(text string) (end time.Time, ok bool) {
	if !untilPattern.MatchString(text) {
		return time.Time{}, false
	}
	if end, err := time.Parse(time.RFC3339, text); err == nil {
		return lastOf(end.UTC()), true
	}
	if last, err := time.Parse(time.DateOnly, text); err == nil {
		return lastOf(last.Add(day)), true
	}
	return time.Time{}, false
}

// lastOf keeps a time within the years that have four digits.
func lastOf(t time.Time) time.Time {
	if t.Year() > 9999 {
		return time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	}
	return t
}
