package boxapi

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strings"
)

const (
	adviceClient = "client id or client secret is wrong: compare both with the Configuration page of the app in Box's developer console"
	adviceScopes = `the app or its account lacks a right: in Box's developer console give the app "App + Enterprise Access" and the scopes ` +
		`"Manage users" and "Manage groups", then have a Box admin re-authorise it in the Admin Console under Integrations > Platform Apps Manager; ` +
		"a user in the app's place must be an admin or co-admin"
	adviceAdmin = "the app is not authorised in this enterprise: a Box admin authorises it, or after a change re-authorises it, in the Admin Console under Integrations > Platform Apps Manager"
	adviceProxy = "the proxy wants a user and password, or others: put them into its address, as in http://user:password@proxy.example.com:3128"
)

// Advice returns, in one sentence, what a person can do about the failure, for
// showing beneath the error. It is "" when nothing is known that would help. It
// goes by Box's words, which are not a contract: never branch on it.
func (e *Error) Advice() string {
	if inner, ok := errors.AsType[*Error](e.Err); ok {
		return inner.Advice()
	}
	switch {
	case errors.Is(e.Err, ErrTokenNotRenewable):
		return "make a new developer token in Box's developer console, or use an app with client credentials or JWT, which renew theirs"
	case e.Status == 0:
		return adviceUnanswered(e.Err)
	case e.Status == http.StatusProxyAuthRequired:
		return adviceProxy
	case e.Path == tokenPath:
		return e.adviceToken()
	case e.Status == http.StatusUnauthorized:
		return "Box refused a new access token: have a Box admin look whether the app is still authorised and its account is active"
	}
	return e.adviceCall()
}

// adviceUnanswered is about attempts that did not reach Box.
func adviceUnanswered(err error) string {
	if proxy, ok := errors.AsType[*proxyRefusal](err); ok {
		if proxy.status == http.StatusProxyAuthRequired {
			return adviceProxy
		}
		return "ask whoever runs the proxy to let this machine connect to Box"
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "proxyconnect" {
		return "the proxy cannot be reached: check its address and port"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "what answers there speaks no TLS: check the base address, which begins with https:// for Box, and the proxy"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); !ok {
		return ""
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "another server answers in Box's place: check the base address and the proxy"
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return "the server's certificate has expired or is not valid yet: check this machine's clock, then the certificate"
	}
	return "the server's certificate is signed by an authority that this machine does not know, often that of a proxy which looks into TLS: " +
		"pass the authority's certificate as TransportOptions.RootCAs"
}

// adviceToken is about refusals of the token endpoint. Their words are those of
// Box's guide to common errors and of what people reported; see the cases of
// TestError_Advice.
func (e *Error) adviceToken() string {
	said := strings.ToLower(e.Message)
	about := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(said, w) {
				return true
			}
		}
		return false
	}
	switch {
	case about("'exp'", "'iat'", "'nbf'", "expiration date"):
		return "the clock of this machine is wrong: set it, for example by NTP"
	case about("'jti'"):
		return "Box has seen this assertion before: try again, and if it stays so look for a proxy that repeats requests"
	case about("'sub'"):
		return "the enterprise id or user id is wrong, or the app is not of that enterprise: compare it with the Admin Console under Account & Billing"
	case about("'iss'"), e.Code == "invalid_client", about("client credentials are invalid"):
		return adviceClient
	case about("signature verification", "unable to verify"):
		return "the private key does not belong to the public key of that id: generate a new key pair on the app's Configuration page in Box's developer console, and use its file as it is"
	case about("correct key", "kid"):
		return "Box does not know the key id: the public key was deleted or belongs to another app; compare it with the app's Configuration page in Box's developer console, or generate a new key pair there"
	case about("cannot obtain user token"):
		return `switch on "Generate user access tokens" on the app's Configuration page in Box's developer console and have the app re-authorised, or use the enterprise: for the app's own account there are no user tokens`
	case about("grant type is unauthorized"):
		return "the app has another authentication method: its Configuration page in Box's developer console says whether it is JWT or client credentials"
	case about("box_subject_type"):
		return `the app may not act for this subject: give it "App + Enterprise Access" in Box's developer console, then have a Box admin re-authorise it`
	case about("grant credentials are invalid"):
		return "the enterprise id or user id does not fit the app, or the client secret is wrong: compare them with the Admin Console and the app's Configuration page; " +
			`the app needs "App + Enterprise Access", for a user also "Generate user access tokens", and a new authorization after each change`
	case e.Code == "unauthorized_client":
		return adviceAdmin
	}
	return ""
}

// adviceCall is about refusals of the API itself.
func (e *Error) adviceCall() string {
	switch e.Code {
	case "access_from_location_blocked":
		return "the enterprise lets nobody in from this network: have a Box admin allow this machine's address"
	case "terms_of_service_required":
		return "the account that the calls are made with has to accept the enterprise's terms of service: log in as it once, or have a Box admin exempt it"
	case "password_reset_required":
		return "the account that the calls are made with has to set a new password: log in to Box as it once"
	case "user_email_confirmation_required":
		return "the account that the calls are made with has to confirm its e-mail address: follow the link in Box's mail to it"
	case "insufficient_scope", "access_denied_insufficient_permissions":
		switch {
		case e.asUser && e.Path == mePath:
			return `acting as that user is refused: the user id is wrong or the app's own, or the app may not: switch on "Make API calls using the as-user header" ` +
				"for it in Box's developer console and have it re-authorised"
		case e.asUser:
			return "the user that the calls are made as lacks a right, and must be an admin or co-admin who manages users and groups; or " + adviceScopes
		}
		return adviceScopes
	}
	return ""
}
