package boxapi

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// ErrNoID says that a call was given the zero [ID]; nothing was sent.
var ErrNoID = errors.New("id is missing")

// ID identifies a group, a membership, a user or an enterprise. Box writes ids
// as decimal strings; the number is kept because it takes a quarter of the
// memory. Zero means "absent".
type ID uint64

// ParseID reads a decimal id as Box prints it. Anything else, the empty string
// included, is an error.
func ParseID(s string) (ID, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("not a Box id: %q", clip(s))
	}
	return ID(n), nil
}

// String returns the id in decimal.
func (id ID) String() string { return strconv.FormatUint(uint64(id), 10) }

// MarshalJSON writes the id as a decimal string, and the zero id as null.
func (id ID) MarshalJSON() ([]byte, error) {
	if id == 0 {
		return []byte("null"), nil
	}
	return []byte(`"` + id.String() + `"`), nil
}

// UnmarshalJSON reads a decimal string or a whole number: a few of Box's
// answers print ids as numbers. null and "" leave the id absent; fractions,
// exponents, signs and values beyond 64 bits are errors.
func (id *ID) UnmarshalJSON(data []byte) error {
	text := bytes.Trim(data, `"`)
	if len(text) == 0 || string(data) == "null" {
		*id = 0
		return nil
	}
	n, err := ParseID(string(text))
	if err != nil {
		return err
	}
	*id = n
	return nil
}
