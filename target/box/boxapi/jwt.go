package boxapi

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	jwtGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	// jwtAudience is what Box wants to read, wherever the base address leads.
	jwtAudience = DefaultBaseURL + tokenPath

	assertionLife = 45 * time.Second // Box's samples use it; it leaves room on both sides
	assertionMost = 60 * time.Second // how far ahead Box lets an assertion expire
	trivialSkew   = 5 * time.Second  // a clock that is less off is not why Box refused
)

// JWT authorises a server application with a signed assertion (Box's "server
// authentication with JWT"). [ParseJWTConfig] makes one of the file that Box's
// developer console gives. Tokens are kept and renewed as those of
// [ClientCredentials] are.
//
// Each attempt signs a new assertion. If Box refuses it because this machine's
// clock is wrong, the client goes by the clock of Box's answers from then on,
// and warns once through [Config.Logger].
type JWT struct {
	ClientID     string
	ClientSecret Secret
	KeyID        string          // of the public key, as the developer console shows it
	Key          *rsa.PrivateKey `json:"-"` // at least 2048 bits; see ParsePrivateKey
	Algorithm    string          // RS256, RS384 or RS512; RS256 if empty
	SubjectType  string          // SubjectEnterprise or SubjectUser; SubjectEnterprise if empty
	SubjectID    string          // the enterprise's or the user's id
}

// Format prints everything but the secret and the key, whatever the verb.
func (a JWT) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "client %s for %s %s with key %s", a.ClientID, cmp.Or(a.SubjectType, SubjectEnterprise), a.SubjectID, a.KeyID)
}

func (a JWT) check() error {
	errs := []error{checkApp(a.ClientID, a.ClientSecret, a.SubjectType, a.SubjectID)}
	if a.KeyID == "" {
		errs = append(errs, errors.New("Auth: KeyID is required"))
	}
	if a.method() == nil {
		errs = append(errs, errors.New("Auth: Algorithm must be RS256, RS384 or RS512"))
	}
	if a.Key == nil {
		errs = append(errs, errors.New("Auth: Key is required"))
	} else if err := longEnough(a.Key); err != nil {
		errs = append(errs, fmt.Errorf("Auth: Key: %w", err))
	}
	return errors.Join(errs...)
}

// method returns nil for an algorithm that Box does not take.
func (a JWT) method() jwt.SigningMethod {
	switch cmp.Or(a.Algorithm, "RS256") {
	case "RS256":
		return jwt.SigningMethodRS256
	case "RS384":
		return jwt.SigningMethodRS384
	case "RS512":
		return jwt.SigningMethodRS512
	default:
		return nil
	}
}

func (a JWT) tokens(c *Client) tokens {
	proof := &signer{app: a, log: c.log}
	grant := url.Values{"grant_type": {jwtGrant}}
	fetch := fetchToken(a.ClientID, a.ClientSecret, grant, tokenTransport{c: c, proof: proof})
	return newTokenCache(fetch, proof.scrub)
}

// signer makes the assertions of one client. As tokens are fetched one at a
// time, nothing but last is used by two goroutines.
type signer struct {
	app    JWT
	log    *slog.Logger
	offset time.Duration // Box's clock less ours, as far as it is known
	warned bool
	last   atomic.Pointer[string] // the assertion sent last
}

// addTo returns the form with a new assertion. Box takes each jti once, so that
// an attempt must never repeat another's.
func (s *signer) addTo(form []byte) ([]byte, error) {
	token := jwt.NewWithClaims(s.app.method(), jwt.MapClaims{
		"iss":          s.app.ClientID,
		"sub":          s.app.SubjectID,
		"box_sub_type": cmp.Or(s.app.SubjectType, SubjectEnterprise),
		"aud":          jwtAudience, // a string: Box refuses a list
		"jti":          rand.Text(),
		"exp":          time.Now().Add(s.offset + assertionLife).Unix(),
	})
	token.Header["kid"] = s.app.KeyID
	assertion, err := token.SignedString(s.app.Key)
	if err != nil {
		return nil, fmt.Errorf("sign the assertion: %w", err)
	}
	s.last.Store(&assertion)
	return []byte(string(form) + "&assertion=" + url.QueryEscape(assertion)), nil
}

// timeWords are what Box's refusals of a wrong time have in common; see the
// cases of TestJWT_clock_skew.
var timeWords = regexp.MustCompile(`(?i)\b(exp|iat|nbf|time|expir\w*)\b`)

// amend sets the offset by the clock of the answer if a wrong clock explains the
// refusal: Box says so, or by its clock the assertion was outside its bounds.
func (s *signer) amend(ctx context.Context, e *Error, date time.Time) bool {
	if e.Code != "invalid_grant" || date.IsZero() {
		return false
	}
	measured := time.Until(date)
	ahead := assertionLife + s.offset - measured // of Box's clock, when it expired
	outside := ahead <= 0 || ahead > assertionMost
	if (measured-s.offset).Abs() < trivialSkew || !outside && !timeWords.MatchString(e.Message) {
		return false
	}
	s.offset = measured
	if !s.warned {
		s.warned = true
		direction := "behind"
		if measured < 0 {
			direction = "ahead"
		}
		s.log.WarnContext(ctx, "box: this machine's clock is wrong: set it, for example by NTP; until then Box's time is used",
			"off", measured.Abs().Round(time.Second), "direction", direction)
	}
	return true
}

func (s *signer) scrub(text string) string {
	if assertion := s.last.Load(); assertion != nil {
		text = blot(text, *assertion)
	}
	return blot(text, s.app.ClientSecret.Reveal())
}
