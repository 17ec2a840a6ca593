package boxapi

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/rollcall-sync/rollcall/internal/secret"
)

const tokenPath = "/oauth2/token"

// Subject types of [ClientCredentials] and [JWT].
const (
	SubjectEnterprise = "enterprise" // the app's service account in that enterprise
	SubjectUser       = "user"       // one user; needs "generate user access tokens" in the app's settings
)

// Auth says how calls are authorised. [DeveloperToken], [ClientCredentials] and
// [JWT] implement it, nothing else can.
type Auth interface {
	check() error
	tokens(c *Client) tokens
}

// tokens hands out access tokens.
type tokens interface {
	// token returns a token other than the one that Box refused ("" if none was).
	token(ctx context.Context, refused string) (string, error)
	// taken notes that Box has taken the token.
	taken(token string)
	// ended says whether a token that is refused was good before: Box has taken
	// it once, or there is a newer one.
	ended(token string) bool
	// renewable says whether there can be another one.
	renewable() bool
	// scrub blots out secrets that a server echoed.
	scrub(s string) string
}

// Secret is a text that nothing prints: no verb of package fmt, no encoder and no
// logger. [NewSecret] makes one.
type Secret = secret.Secret

// NewSecret returns a secret that holds the text.
func NewSecret(text string) Secret { return secret.New(text) }

// DeveloperToken authorises with a token made by hand in Box's developer
// console. It lasts 60 minutes and cannot be renewed: calls then fail with
// [ErrTokenNotRenewable].
func DeveloperToken(token string) Auth { return developerToken{secret.New(token)} }

type developerToken struct{ secret Secret }

func (d developerToken) check() error {
	if d.secret.Reveal() == "" || strings.Contains(d.secret.Reveal(), " ") || !headerSafe(d.secret.Reveal()) {
		return errors.New("Auth: the developer token is empty or holds a space or line break")
	}
	return nil
}

func (d developerToken) tokens(*Client) tokens { return d }

func (d developerToken) token(context.Context, string) (string, error) { return d.secret.Reveal(), nil }

func (d developerToken) taken(string) {}

func (d developerToken) ended(string) bool { return false }

func (d developerToken) renewable() bool { return false }

func (d developerToken) scrub(s string) string { return blot(s, d.secret.Reveal()) }

// ClientCredentials authorise a server application (Box's "CCG"). The token is
// fetched from the base address's /oauth2/token with the first call, kept, and
// renewed 60 s before it expires and when a call is answered 401; any number of
// calls cause one renewal. A call that is answered 401 twice in a row fails, but
// where the second token was good for another call and can have ended since.
// A token request is paced, repeated and counted like every other call. If it
// fails, the call that needed it does, with the token's *Error inside and the
// same kind.
type ClientCredentials struct {
	ClientID     string
	ClientSecret Secret
	SubjectType  string // SubjectEnterprise or SubjectUser; SubjectEnterprise if empty
	SubjectID    string // the enterprise's or the user's id
}

// Format prints everything but the secret, whatever the verb.
func (a ClientCredentials) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "client %s for %s %s", a.ClientID, cmp.Or(a.SubjectType, SubjectEnterprise), a.SubjectID)
}

func (a ClientCredentials) check() error {
	return checkApp(a.ClientID, a.ClientSecret, a.SubjectType, a.SubjectID)
}

// checkApp checks what the two kinds of server application share.
func checkApp(id string, secret Secret, subjectType, subjectID string) error {
	var errs []error
	if id == "" || secret.Reveal() == "" {
		errs = append(errs, errors.New("Auth: ClientID and ClientSecret are required"))
	}
	if t := cmp.Or(subjectType, SubjectEnterprise); t != SubjectEnterprise && t != SubjectUser {
		errs = append(errs, fmt.Errorf("Auth: SubjectType must be %q or %q", SubjectEnterprise, SubjectUser))
	}
	if _, err := ParseID(subjectID); err != nil {
		errs = append(errs, errors.New("Auth: SubjectID: want a numeric id"))
	}
	return errors.Join(errs...)
}

func (a ClientCredentials) tokens(c *Client) tokens {
	grant := url.Values{
		"box_subject_type": {cmp.Or(a.SubjectType, SubjectEnterprise)},
		"box_subject_id":   {a.SubjectID},
	}
	fetch := fetchToken(a.ClientID, a.ClientSecret, grant, tokenTransport{c: c})
	return newTokenCache(fetch, func(s string) string { return blot(s, a.ClientSecret.Reveal()) })
}

// fetchToken returns a function that asks Box for a token.
func fetchToken(id string, secret Secret, grant url.Values, through tokenTransport) func(context.Context) (*oauth2.Token, error) {
	config := &clientcredentials.Config{
		ClientID:       id,
		ClientSecret:   secret.Reveal(),
		TokenURL:       through.c.base + tokenPath,
		AuthStyle:      oauth2.AuthStyleInParams, // else oauth2 probes with Basic first
		EndpointParams: grant,
	}
	return func(ctx context.Context) (*oauth2.Token, error) {
		token, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: through}))
		return token, tokenError(err)
	}
}

// tokenError keeps the *Error and drops what oauth2 and http.Client put round
// it; an answer that oauth2 could not use is described without its body.
func tokenError(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{
		Method: http.MethodPost, Path: tokenPath, Status: http.StatusOK,
		Message: "the answer holds no usable token", Attempts: 1,
	}
}

// tokenTransport sends oauth2's one request through the client's own way of
// making calls.
type tokenTransport struct {
	c     *Client
	proof *signer // adds an assertion to each attempt; nil for none
}

// RoundTrip implements [http.RoundTripper].
func (t tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	form, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	defer req.Body.Close()
	var answer []byte
	q := &call{
		method: req.Method, path: tokenPath, url: req.URL.String(), bare: true,
		body: form, contentType: req.Header.Get("Content-Type"),
		accept: func(body []byte) error {
			if !json.Valid(body) {
				return errors.New("not JSON")
			}
			answer = body
			return nil
		},
	}
	if t.proof != nil {
		q.fresh = func() ([]byte, error) { return t.proof.addTo(form) }
		q.amend = func(e *Error, date time.Time) bool { return t.proof.amend(req.Context(), e, date) }
	}
	if err := t.c.do(req.Context(), q); err != nil {
		return nil, err
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Request: req,
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   io.NopCloser(bytes.NewReader(answer)),
	}, nil
}

func blot(s string, secrets ...string) string {
	for _, secret := range secrets {
		if secret != "" {
			s = strings.ReplaceAll(s, secret, "[redacted]")
		}
	}
	return s
}
