package wire

import (
	"errors"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// ReferralError says that what was asked for is on another server.
type ReferralError struct{ URLs []string }

// Error names where it is.
func (e *ReferralError) Error() string {
	return "it is on another server: " + strings.Join(e.URLs, ", ")
}

// Referred returns the URLs to which a server referred: in an answer with the
// result 10, or as the only thing that it found at a name.
func Referred(err error) ([]string, bool) {
	if e, ok := errors.AsType[*ReferralError](err); ok {
		return e.URLs, true
	}
	answer, ok := errors.AsType[*ldap.Error](err)
	if !ok || answer.ResultCode != ldap.LDAPResultReferral {
		return nil, false
	}
	// LDAPResult ::= SEQUENCE { resultCode, matchedDN, diagnosticMessage,
	// referral [3] } (RFC 4511, 4.1.9); the library leaves it in the packet.
	if answer.Packet == nil || len(answer.Packet.Children) < 2 {
		return nil, true
	}
	var urls []string
	for _, part := range answer.Packet.Children[1].Children {
		if part.Tag != referralTag || len(part.Children) == 0 {
			continue
		}
		for _, u := range part.Children {
			urls = append(urls, string(u.ByteValue))
		}
	}
	return urls, true
}

// referralTag is the context tag of the URLs in an LDAPResult.
const referralTag = 3
