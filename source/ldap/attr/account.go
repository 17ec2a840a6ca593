package attr

import (
	"fmt"
	"strconv"
)

// AccountControl is the value of userAccountControl, a set of flags.
type AccountControl uint32

// ParseAccountControl reads userAccountControl: a signed number of 32 bits, as
// Active Directory writes the highest flag as a minus.
func ParseAccountControl(text string) (AccountControl, error) {
	flags, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is no userAccountControl: a number of 32 bits is", text)
	}
	return AccountControl(uint32(flags)), nil
}

// Disabled reports whether the account is switched off. One that is locked after
// wrong passwords, or whose password has expired, is not.
func (a AccountControl) Disabled() bool { return a&2 != 0 }
