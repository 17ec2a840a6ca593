package wire

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rollcall-sync/rollcall/source/ldap/attr"
)

// RangeError says that an attribute was not given to its end, or that its pieces
// do not fit together. The rest of what the server said is no worse for it.
type RangeError struct{ Err error }

// Error says what is wrong about the pieces.
func (e *RangeError) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong about the pieces.
func (e *RangeError) Unwrap() error { return e.Err }

// ChangeMark is the attribute that Active Directory counts up at each change of an
// entry. Whoever reads entries that may have ranged attributes asks for it, so that
// pieces of two states are not taken for one.
const ChangeMark = "uSNChanged"

// restarts is how often the pieces of an attribute are begun anew, because the
// entry changed meanwhile.
const restarts = 3

// The faults of pieces.
var (
	errChanges = errors.New("it changes again and again while it is read")
	errNoMore  = errors.New("the server stopped before the last of them")
)

// All returns all values of an entry's attribute. A server that has too many for
// one answer gives a range of them under another name (Active Directory from 1,500
// on, [MS-ADTS] 3.1.1.3.1.3.3); the others are then asked for, range by range. If
// the entry changes meanwhile they are all read anew: ranges of two states have a
// gap where somebody was removed.
//
// Where the pieces do not fit the error is a [*RangeError] within an [*Error].
func (c *Conn) All(ctx context.Context, e *Entry, attribute string) ([]string, error) {
	p, err := pieceOf(e, attribute)
	switch {
	case err != nil:
		return nil, c.broken(e.DN, attribute, err)
	case !p.ranged:
		return p.values, nil
	}
	for again := range 1 + restarts {
		if again > 0 {
			if e, p, err = c.piece(ctx, e.DN, attribute, 0); err != nil {
				return nil, err
			}
		}
		values, whole, err := c.rest(ctx, e, attribute, p)
		if err != nil || whole {
			return values, err
		}
	}
	return nil, c.broken(e.DN, attribute, errChanges)
}

// Whole returns the values of an attribute if the entry has all of them. If it has
// not, [Conn.All] reads them.
func Whole(e *Entry, attribute string) ([]string, bool) {
	p, err := pieceOf(e, attribute)
	return p.values, err == nil && !p.ranged
}

// rest returns the values of the first piece and of all that follow it. They are
// not whole if the entry changed meanwhile. Each piece begins with the last value of
// the one before: the mark does not count that somebody is deleted who is a value, and
// all values behind that one move up.
func (c *Conn) rest(ctx context.Context, e *Entry, attribute string, p piece) (values []string, whole bool, err error) {
	mark := First(e, ChangeMark)
	if err := p.follows(0); err != nil {
		return nil, false, c.broken(e.DN, attribute, err)
	}
	for values = slices.Clone(p.values); !p.last; values = append(values, p.values[1:]...) {
		end := len(values) - 1
		var now *Entry
		if now, p, err = c.piece(ctx, e.DN, attribute, end); err != nil {
			return nil, false, err
		}
		if First(now, ChangeMark) != mark || len(p.values) > 0 && p.low == end && p.values[0] != values[end] {
			return nil, false, nil
		}
		if err := p.follows(end); err != nil {
			return nil, false, c.broken(e.DN, attribute, err)
		}
		if !p.last && len(p.values) == 1 {
			return nil, false, c.broken(e.DN, attribute, errNoMore)
		}
	}
	return values, true, nil
}

// piece asks for the values from one on.
func (c *Conn) piece(ctx context.Context, dn, attribute string, from int) (*Entry, piece, error) {
	e, err := c.Entry(ctx, dn, "", []string{attr.NextRange(attribute, from), ChangeMark})
	if err != nil {
		return nil, piece{}, err
	}
	if e == nil {
		return nil, piece{}, c.broken(dn, attribute, errors.New("the entry is not there any more"))
	}
	p, err := pieceOf(e, attribute)
	if err != nil {
		return nil, piece{}, c.broken(dn, attribute, err)
	}
	return e, p, nil
}

func (c *Conn) broken(dn, attribute string, err error) error {
	return c.failed("read "+attribute+" of "+dn, &RangeError{err})
}

// piece is a part of an attribute's values, or all of them.
type piece struct {
	values    []string
	ranged    bool // it is a part
	low, high int
	last      bool
}

// pieceOf finds an attribute in an entry. Beside its values may stand one without
// values, under the name that was asked for: that alone says that there are some.
func pieceOf(e *Entry, attribute string) (piece, error) {
	var p piece
	echo, echoOfRange := false, false
	for _, a := range e.Attributes {
		low, high, last, ranged, err := attr.Range(a.Name, attribute)
		switch {
		case err != nil:
			return piece{}, err
		case !ranged && !sameAttribute(a.Name, attribute):
			continue
		case len(a.Values) == 0:
			echo, echoOfRange = true, echoOfRange || ranged
		case p.values != nil:
			return piece{}, fmt.Errorf("%s came beside other values of it", a.Name)
		default:
			p = piece{a.Values, ranged, low, high, last}
		}
	}
	if echo && p.values == nil || echoOfRange && !p.ranged {
		return piece{}, errNoMore
	}
	return p, nil
}

// follows says why a piece is not the one that begins behind so many values.
func (p piece) follows(have int) error {
	switch {
	case !p.ranged:
		return errNoMore
	case p.low != have:
		return fmt.Errorf("the values from %d on were asked for, and those from %d on came", have, p.low)
	case !p.last && p.high-p.low+1 != len(p.values):
		return fmt.Errorf("%d values came as those from %d to %d", len(p.values), p.low, p.high)
	}
	return nil
}

func sameAttribute(name, asked string) bool { return attr.Name(name) == attr.Name(asked) }
