package attr

import (
	"fmt"
	"strconv"
	"strings"
)

// Range reads an attribute description such as member;range=0-1499 as a range of
// the values of the attribute that was asked for, which may itself have options.
// Names and options are compared without regard to case, and options may stand
// in any order; those that were not asked for do not count, as a server may add
// some. Last says that no values follow: member;range=1500-*, and high is -1.
//
// A description of another attribute or without a range is not ok. A range that
// cannot be read is an error: the values that follow it would be left out.
func Range(description, asked string) (low, high int, last, ok bool, err error) {
	name, options, _ := strings.Cut(description, ";")
	if !strings.EqualFold(name, Name(asked)) {
		return 0, 0, false, false, nil
	}
	for option := range strings.SplitSeq(options, ";") {
		bounds, isRange := cutRange(option)
		switch {
		case !isRange:
			continue
		case ok:
			return 0, 0, false, false, fmt.Errorf("the attribute %q has two ranges", description)
		}
		if low, high, last, err = parseBounds(bounds); err != nil {
			return 0, 0, false, false, fmt.Errorf("the attribute %q: %w", description, err)
		}
		ok = true
	}
	return low, high, last, ok, nil
}

// NextRange returns the attribute description that asks for the values from one
// on, as many as the server gives at once.
func NextRange(asked string, from int) string {
	return asked + ";range=" + strconv.Itoa(from) + "-*"
}

// cutRange returns the bounds of an option that is a range, with or without them.
func cutRange(option string) (string, bool) {
	name, bounds, _ := strings.Cut(option, "=")
	return bounds, strings.EqualFold(name, "range")
}

// parseBounds reads 0-1499 or 1500-*.
func parseBounds(bounds string) (low, high int, last bool, err error) {
	from, to, _ := strings.Cut(bounds, "-")
	if low, err = parseIndex(from); err != nil {
		return 0, 0, false, err
	}
	if to == "*" {
		return low, -1, true, nil
	}
	if high, err = parseIndex(to); err != nil {
		return 0, 0, false, err
	}
	if high < low {
		return 0, 0, false, fmt.Errorf("the range %q goes backwards", bounds)
	}
	return low, high, false, nil
}

// parseIndex reads the place of a value: digits alone, without a sign.
func parseIndex(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("%q is no place in a range", text)
	}
	return int(n), nil
}
