package emulator

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
)

// audience is what every assertion is made out to, wherever it is sent.
const audience = "https://api.box.com/oauth2/token"

// maxAhead is how far in the future an assertion may expire.
const maxAhead = 60 * time.Second

// The refusals of an assertion: 400 invalid_grant with one of these
// descriptions. Recorded or documented are
//
//   - the algorithm: issue box-windows-sdk-v2#880
//   - the signature: support.box.com, community post 4405236195987
//   - an unknown or deleted key: issue rapltech/box-sdk#37 and developer.box.com#902
//   - iss, in the same form as sub; its first sentence is in Box's own samples
//   - sub: support.box.com, article 360043691734; its first sentence alone for a
//     sub that is no string: issue boxr#35
//   - aud that is no string: square/go-jose#247
//   - jti, and exp in the past: Box's JWT guides and guide to common errors
//   - exp too far ahead: issues box-java-sdk#404 and box-node-sdk#150
//
// The others are guesses in the same style. So is the order of the checks.
const (
	badAssertion = "Please check the 'assertion' parameter."
	badAlgorithm = "Algorithm not allowed"
	badSignature = `Signature verification error. The public key identified by "kid" must correspond to the private key used for signing.`
	badKey       = `"kid" invalid, unable to lookup correct key`
	badIss       = "Please check the 'iss' claim. The client id specified is invalid."
	badSub       = "Please check the 'sub' claim. The 'sub' specified is invalid."
	subNoString  = "Please check the 'sub' claim."
	badSubType   = "Please check the 'box_sub_type' claim."
	badAud       = "Please check the 'aud' claim."
	audNoString  = "Please check the 'aud' claim. Should be a string"
	badJTI       = "Please check the 'jti' claim. A unique 'jti' value is required."
	badExp       = "Please check the 'exp' claim."
	pastExp      = "Current date/time MUST be before the expiration date/time listed in the 'exp' claim"
	badNbf       = "Please check the 'nbf' claim."
	badIat       = "Please check the 'iat' claim."
)

// errNoAlgorithm and errNoKey say why there is no key for an assertion.
const (
	errNoAlgorithm = keyError(badAlgorithm)
	errNoKey       = keyError(badKey)
)

type keyError string

func (e keyError) Error() string { return string(e) }

// redeemAssertion says who a token for a JWT acts as. The claims are read from
// the JSON as it came, because Box minds what JSON libraries forgive.
func (s *Server) redeemAssertion(form url.Values) (uint64, *answer) {
	assertion := form.Get("assertion")
	_, err := jwt.NewParser(jwt.WithoutClaimsValidation()).Parse(assertion, s.keyOf)
	if err != nil {
		return 0, invalidGrant(signatureProblem(err))
	}
	claims, err := readClaims(assertion)
	if err != nil {
		return 0, invalidGrant(badAssertion)
	}
	if problem := s.checkClaims(claims); problem != "" {
		return 0, invalidGrant(problem)
	}
	return s.assertedSubject(claims)
}

// keyOf finds the key that the header names, if it allows its algorithm. A
// header may leave the name out where the app has had one key only: Box's own
// SDK for Node, version 10, never names one. Several keys without a name are
// refused, the harder reading.
func (s *Server) keyOf(t *jwt.Token) (any, error) {
	switch t.Method.Alg() {
	case "RS256", "RS384", "RS512":
	default:
		return nil, errNoAlgorithm
	}
	id, _ := t.Header["kid"].(string)
	if _, named := t.Header["kid"]; !named {
		id = s.keys.only()
	}
	if key := s.keys.key(id); key != nil {
		return key, nil
	}
	return nil, errNoKey
}

func signatureProblem(err error) string {
	if why, is := errors.AsType[keyError](err); is {
		return string(why)
	}
	switch {
	case errors.Is(err, jwt.ErrTokenMalformed):
		return badAssertion
	case errors.Is(err, jwt.ErrTokenUnverifiable): // the library knows no such algorithm
		return badAlgorithm
	}
	return badSignature
}

// claims are the values as they stand in the JSON, by their exact names.
type claims map[string]json.RawMessage

func readClaims(assertion string) (claims, error) {
	part := strings.Split(assertion, ".")[1] // the parser has seen three parts
	b, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return nil, err
	}
	var c claims
	return c, json.Unmarshal(b, &c)
}

// text is false for what is no JSON string.
func (c claims) text(name string) (string, bool) {
	var v any
	if json.Unmarshal(c[name], &v) != nil {
		return "", false
	}
	s, is := v.(string)
	return s, is
}

// time is false for what is no whole number of seconds.
func (c claims) time(name string) (time.Time, bool) {
	n, err := strconv.ParseInt(string(c[name]), 10, 64)
	return time.Unix(n, 0), err == nil
}

// checkClaims says what is wrong with the claims, but for who is meant. An
// assertion that was signed by the app is used up even when it is refused.
func (s *Server) checkClaims(c claims) string {
	jti, _ := c.text("jti")
	n := utf8.RuneCountInString(jti)
	fresh := n >= 16 && n <= 128 && s.keys.spend(jti)
	iss, _ := c.text("iss")
	aud, isText := c.text("aud")
	switch {
	case iss != s.opts.ClientID:
		return badIss
	case !isText:
		return audNoString
	case aud != audience:
		return badAud
	case !fresh:
		return badJTI
	}
	return c.checkTimes(s.clock())
}

func (c claims) checkTimes(at time.Time) string {
	exp, isTime := c.time("exp")
	switch {
	case !isTime:
		return badExp
	case !at.Before(exp):
		return pastExp
	case exp.Sub(at) > maxAhead:
		return badExp
	}
	switch {
	case !c.notAfter("nbf", at):
		return badNbf
	case !c.notAfter("iat", at):
		return badIat
	}
	return ""
}

// notAfter accepts a claim that is absent, too.
func (c claims) notAfter(name string, at time.Time) bool {
	if _, given := c[name]; !given {
		return true
	}
	t, isTime := c.time(name)
	return isTime && !t.After(at)
}

// assertedSubject says who the assertion asks for.
func (s *Server) assertedSubject(c claims) (uint64, *answer) {
	sub, isText := c.text("sub")
	if !isText {
		return 0, invalidGrant(subNoString)
	}
	kind, _ := c.text("box_sub_type")
	if kind != "enterprise" && kind != "user" {
		return 0, invalidGrant(badSubType)
	}
	id, why := s.subject(kind, sub)
	switch why {
	case granted:
		return id, nil
	case appUnauthorised:
		return 0, new(grantProblem("unauthorized_client", notAuthorised+" admin"))
	case noUserTokens, outOfReach: // the second is a guess
		return 0, new(grantProblem("unauthorized_client", noUserToken))
	default:
		return 0, invalidGrant(badSub)
	}
}

func invalidGrant(description string) *answer {
	return new(grantProblem("invalid_grant", description))
}
