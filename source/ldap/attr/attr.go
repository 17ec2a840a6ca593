// Package attr reads the forms that attribute values of directories have: dates
// that are counted in three ways, identifiers in bytes, ranges of values. The
// functions know no server and no clock; what does not have the form that it
// should have is an error, and never a guess, as a date or an identifier that was
// guessed would remove somebody or match the wrong person.
//
//	attr.go    the names of attributes, member values and addresses
//	range.go   the ranges in which Active Directory hands out many values
//	guid.go    objectGUID and objectSid
//	time.go    dates of accounts, as numbers
//	general.go dates as texts
//	account.go whether an account is disabled
package attr

import "strings"

// Name returns the type of an attribute description in lower case, without
// options: "usercertificate" of userCertificate;binary.
func Name(description string) string {
	name, _, _ := strings.Cut(description, ";")
	return strings.ToLower(name)
}

// UniqueMember returns the name in a value of uniqueMember, which may be followed
// by bits that tell two owners of the name apart (RFC 4517 §3.3.21): #'0101'B. A
// name that itself ends so is written with \# and stays whole.
func UniqueMember(value string) string {
	name, isBits := strings.CutSuffix(value, "'B")
	i := strings.LastIndex(name, "#'")
	if !isBits || i < 0 || strings.Trim(name[i+len("#'"):], "01") != "" {
		return value
	}
	name = name[:i]
	if backslashes := len(name) - len(strings.TrimRight(name, `\`)); backslashes%2 == 1 {
		return value
	}
	return name
}

// Proxy returns the mail address in a value of proxyAddresses, and whether it is
// the primary one: SMTP:jane@example.org, while smtp: is before the others. Other
// kinds of address, such as X500:, SIP: and EUM:, are not ok.
func Proxy(value string) (address string, primary, ok bool) {
	kind, address, _ := strings.Cut(value, ":")
	if address = strings.TrimSpace(address); address == "" || !strings.EqualFold(kind, "smtp") {
		return "", false, false
	}
	return address, kind == "SMTP", true
}
