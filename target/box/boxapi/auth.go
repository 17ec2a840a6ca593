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
	"strings"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

const tokenPath = "/oauth2/token"

// Subject types of [ClientCredentials].
const (
	SubjectEnterprise = "enterprise" // the app's service account in that enterprise
	SubjectUser       = "user"       // one user; needs "generate user access tokens" in the app's settings
)

// Auth says how calls are authorised. [DeveloperToken] and [ClientCredentials]
// implement it, nothing else can.
type Auth interface {
	check() error
	tokens(c *Client) tokens
}

// tokens hands out access tokens.
type tokens interface {
	// token returns a token other than the one that Box refused ("" if none was).
	token(ctx context.Context, refused string) (string, error)
	// renewable says whether there can be another one.
	renewable() bool
	// scrub blots out secrets that a server echoed.
	scrub(s string) string
}

// DeveloperToken authorises with a token made by hand in Box's developer
// console. It lasts 60 minutes and cannot be renewed: calls then fail with
// [ErrTokenNotRenewable].
func DeveloperToken(token string) Auth { return developerToken{&token} }

// developerToken points to its token, so that no format verb prints it.
type developerToken struct{ secret *string }

func (d developerToken) check() error {
	if *d.secret == "" || strings.Contains(*d.secret, " ") || !headerSafe(*d.secret) {
		return errors.New("Auth: the developer token is empty or holds a space or line break")
	}
	return nil
}

func (d developerToken) tokens(*Client) tokens { return d }

func (d developerToken) token(context.Context, string) (string, error) { return *d.secret, nil }

func (d developerToken) renewable() bool { return false }

func (d developerToken) scrub(s string) string { return blot(s, *d.secret) }

// ClientCredentials authorise a server application (Box's "CCG"). The token is
// fetched from the base address's /oauth2/token with the first call, kept, and
// renewed 60 s before it expires and once when a call is answered 401;
// any number of calls cause one renewal. A token request is paced, repeated and
// counted like every other call. If it fails, the call that needed it does,
// with the token's *Error inside and the same kind.
type ClientCredentials struct {
	ClientID     string
	ClientSecret string `json:"-"`
	SubjectType  string // SubjectEnterprise or SubjectUser; SubjectEnterprise if empty
	SubjectID    string // the enterprise's or the user's id
}

// Format prints everything but the secret, whatever the verb.
func (a ClientCredentials) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "client %s for %s %s", a.ClientID, cmp.Or(a.SubjectType, SubjectEnterprise), a.SubjectID)
}

func (a ClientCredentials) check() error {
	var errs []error
	if a.ClientID == "" || a.ClientSecret == "" {
		errs = append(errs, errors.New("Auth: ClientID and ClientSecret are required"))
	}
	if t := cmp.Or(a.SubjectType, SubjectEnterprise); t != SubjectEnterprise && t != SubjectUser {
		errs = append(errs, fmt.Errorf("Auth: SubjectType must be %q or %q", SubjectEnterprise, SubjectUser))
	}
	if _, err := ParseID(a.SubjectID); err != nil {
		errs = append(errs, errors.New("Auth: SubjectID: want a numeric id"))
	}
	return errors.Join(errs...)
}

func (a ClientCredentials) tokens(c *Client) tokens {
	config := &clientcredentials.Config{
		ClientID:     a.ClientID,
		ClientSecret: a.ClientSecret,
		TokenURL:     c.base + tokenPath,
		AuthStyle:    oauth2.AuthStyleInParams, // else oauth2 probes with Basic first
		EndpointParams: map[string][]string{
			"box_subject_type": {cmp.Or(a.SubjectType, SubjectEnterprise)},
			"box_subject_id":   {a.SubjectID},
		},
	}
	fetch := func(ctx context.Context) (*oauth2.Token, error) {
		through := &http.Client{Transport: tokenTransport{c}}
		token, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, through))
		return token, tokenError(err)
	}
	return newTokenCache(fetch, a.ClientSecret)
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
type tokenTransport struct{ c *Client }

// RoundTrip implements [http.RoundTripper].
func (t tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	form, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	defer req.Body.Close()
	var answer []byte
	err = t.c.do(req.Context(), &call{
		method: req.Method, path: tokenPath, url: req.URL.String(), bare: true,
		body: form, contentType: req.Header.Get("Content-Type"),
		accept: func(body []byte) error {
			if !json.Valid(body) {
				return errors.New("not JSON")
			}
			answer = body
			return nil
		},
	})
	if err != nil {
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
