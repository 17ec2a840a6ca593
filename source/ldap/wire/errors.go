package wire

import (
	"crypto/tls"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// Error says what a server was to do, and what came of it.
type Error struct {
	Server string // its URL; "": there is none
	Doing  string // such as: bind as cn=rollcall,dc=example,dc=com
	// Code is the LDAP result (RFC 4511, appendix A.2), or 0 where there was none.
	Code uint16
	Err  error
}

// Error says server, what it was to do, and what came of it.
func (e *Error) Error() string {
	text := e.Doing + ": " + e.Err.Error()
	if e.Server != "" {
		text = e.Server + ": " + text
	}
	return text
}

// Unwrap returns what came of it.
func (e *Error) Unwrap() error { return e.Err }

// Elsewhere reports whether another server, or this one later, may do better:
// there was no answer, none that can be used, no TLS, or the answer was that the
// server cannot now. A refusal, such as of a password, is no reason to ask around, nor
// is a fault of the configuration, or that nobody waits for an answer any more.
func (e *Error) Elsewhere() bool {
	if _, ok := errors.AsType[final](e.Err); ok {
		return false
	}
	if _, ok := errors.AsType[noTLS](e.Err); ok || e.Code == 0 {
		return true
	}
	return e.Code == ldap.LDAPResultBusy || e.Code == ldap.LDAPResultUnavailable
}

// final is an error that would be the same on every server.
type final struct{ error }

func (e final) Unwrap() error { return e.error }

// Hint says what to do about it, or nothing.
func (e *Error) Hint() string {
	if hint := tlsHint(e.Err); hint != "" {
		return hint
	}
	if _, ok := errors.AsType[noConnection](e.Err); ok {
		return "look whether urls names the server, whether it runs, and whether this machine may reach it"
	}
	switch e.Code {
	case ldap.LDAPResultInvalidCredentials:
		return e.credentialsHint()
	case ldap.LDAPResultTimeLimitExceeded, ldap.LDAPResultSizeLimitExceeded, ldap.LDAPResultAdminLimitExceeded:
		return "raise the server's limit for the account that asks (OpenLDAP: limits; 389: nsSizeLimit, nsLookThroughLimit; " +
			"Active Directory: MaxPageSize is met by page_size), or choose fewer entries by filter"
	case ldap.LDAPResultStrongAuthRequired, ldap.LDAPResultConfidentialityRequired:
		return "the server wants a secure connection: write ldaps://, or set start_tls"
	case ldap.LDAPResultNoSuchObject:
		return "look whether the base_dn is right, and whether the account may see it"
	case ldap.LDAPResultOperationsError:
		return "servers say so to whoever has not logged in: look at bind.method"
	case ldap.LDAPResultInsufficientAccessRights:
		return "let the account that asks read there"
	case ldap.LDAPResultReferral:
		return "the entries are on another server: name it in urls, or in referral_hosts"
	default:
		return ""
	}
}

// reasons are Active Directory's words for a refused log-in, in the diagnostic
// message behind "data" (the Win32 error codes, in hexadecimal).
var reason = regexp.MustCompile(`\bdata ([0-9a-f]+)\b`)

func (e *Error) credentialsHint() string {
	if found := reason.FindStringSubmatch(strings.ToLower(e.Err.Error())); found != nil {
		switch found[1] {
		case "525":
			return "there is no such account: look at bind.dn"
		case "52e":
			return "the password is wrong: look at bind.password; it was tried once, as accounts are locked for more"
		case "530", "531":
			return "the account may not log in at this time, or from here"
		case "532", "773":
			return "the account's password has expired: give it a new one"
		case "533":
			return "the account is disabled"
		case "701":
			return "the account has expired"
		case "775":
			return "the account is locked: unlock it, and see that nothing else logs in with an old password"
		}
	}
	return "look at bind.dn and bind.password; the password was tried once, as accounts are locked for more"
}

// failed makes an [*Error] of what a request came to.
func (c *Conn) failed(doing string, err error) *Error {
	e := &Error{Server: c.url, Doing: doing, Err: err}
	var answer *ldap.Error
	if !errors.As(err, &answer) {
		return e
	}
	// From 200 to 206 the library speaks, and no server (its own numbers, not RFC 4511).
	switch _, refused := errors.AsType[noTLS](err); {
	case answer.ResultCode == ldap.ErrorFilterCompile:
		e.Err = final{answer.Err}
	case answer.ResultCode >= ldap.ErrorNetwork && answer.ResultCode <= ldap.ErrorEmptyPassword:
		e.Err = answer.Err
	case refused:
		e.Code, e.Err = answer.ResultCode, noTLS{&answerError{answer}}
	default:
		e.Code, e.Err = answer.ResultCode, &answerError{answer}
	}
	return e
}

// answerError is a result in the words of RFC 4511, and in the server's.
type answerError struct{ answer *ldap.Error }

func (e *answerError) Error() string {
	name, known := ldap.LDAPResultCodeMap[e.answer.ResultCode]
	if !known {
		name = "unknown"
	}
	text := fmt.Sprintf("result %d (%s)", e.answer.ResultCode, strings.ToLower(name))
	// Active Directory ends its messages with a NUL.
	if said := strings.TrimSpace(strings.Trim(e.answer.Err.Error(), "\x00")); said != "" {
		text += ": " + said
	}
	return text
}

func (e *answerError) Unwrap() error { return e.answer }

// secure reports whether the connection is under TLS.
func (c *Conn) secure() bool {
	return c.tls != nil && c.tls.ConnectionState().Version >= tls.VersionTLS12
}

// Is reports whether err is a server's answer with one of the codes.
func Is(err error, codes ...uint16) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	for _, code := range codes {
		if e.Code == code && code != 0 {
			return true
		}
	}
	return false
}
