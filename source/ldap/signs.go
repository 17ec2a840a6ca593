package ldap

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/source/ldap/attr"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// sign is an attribute by which a directory says that an account is disabled or has
// expired. All of them are looked at in every directory: one that has none of an
// attribute does not give it.
type sign struct {
	attribute string
	// says reads a value: whether the account is closed at the time.
	says func(value string, now time.Time) (bool, error)
	// filter finds the accounts that the sign closes, and some more at the most.
	filter string
}

func signs() []sign {
	return []sign{
		{"userAccountControl", disabledAccount, "(userAccountControl:1.2.840.113556.1.4.803:=2)"},
		{"accountExpires", expiredAccount, "(&(accountExpires>=1)(!(accountExpires=9223372036854775807)))"},
		{"pwdAccountLockedTime", lockedForGood, "(pwdAccountLockedTime=*)"},
		{"nsAccountLock", lockedByWord, "(nsAccountLock=TRUE)"},
		// To servers it has no order (RFC 2307, 3): >= finds nobody.
		{"shadowExpire", shadowExpired, "(&(shadowExpire=*)(!(shadowExpire=-1)))"},
	}
}

// disabledAccount reads userAccountControl ([MS-ADTS] 2.2.16, ADS_UF_ACCOUNTDISABLE).
func disabledAccount(value string, _ time.Time) (bool, error) {
	control, err := attr.ParseAccountControl(value)
	return control.Disabled(), err
}

// expiredAccount reads accountExpires ([MS-ADA1] 2.3).
func expiredAccount(value string, now time.Time) (bool, error) {
	return past(attr.FileTime, value, now)
}

// shadowExpired reads shadowExpire (RFC 2307, 3.1; shadow(5)).
func shadowExpired(value string, now time.Time) (bool, error) {
	return past(attr.ShadowExpire, value, now)
}

func past(read func(string) (time.Time, bool, error), value string, now time.Time) (bool, error) {
	t, never, err := read(value)
	return err == nil && !never && !t.After(now), err
}

// lockedForGood reads pwdAccountLockedTime (draft-behera-ldap-password-policy, 5.3.3).
// A lock with a time came of wrong passwords, and goes: whoever has it has not left.
func lockedForGood(value string, _ time.Time) (bool, error) {
	if attr.LockedForGood(value) {
		return true, nil
	}
	_, err := attr.GeneralizedTime(value)
	return false, err
}

// lockedByWord reads nsAccountLock, of 389 and FreeIPA.
func lockedByWord(value string, _ time.Time) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(value)) {
	case "true":
		return true, nil
	case "false", "":
		return false, nil
	default:
		return false, fmt.Errorf("%q is neither true nor false", value)
	}
}

// closed reports whether any sign says that the entry's account is closed. The error
// is of the signs that cannot be read.
func closed(e *wire.Entry, now time.Time) (is bool, unread error) {
	for _, s := range signs() {
		for _, value := range wire.Values(e, s.attribute) {
			says, err := s.says(value, now)
			if err != nil {
				unread = errors.Join(unread, fmt.Errorf("%s of %s: %w", s.attribute, e.DN, err))
			}
			is = is || says
		}
	}
	return is, unread
}
