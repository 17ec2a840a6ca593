package emulator

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// tokens are the access tokens that were granted, expired ones included, so
// that an expired token can be told from a wrong one.
type tokens struct {
	mu    *sync.Mutex
	known map[string]token
}

type token struct {
	user    uint64
	expires time.Time
}

func newTokens() tokens {
	return tokens{mu: new(sync.Mutex), known: map[string]token{}}
}

// issue makes a token. It has the unusual characters that Box's tokens may
// have, so that a client that is too strict about them is found out.
func (t *tokens) issue(user uint64, lifetime time.Duration) string {
	text := "1!" + rand.Text() + "-" + rand.Text() + ".."
	t.mu.Lock()
	defer t.mu.Unlock()
	t.known[text] = token{user: user, expires: time.Now().Add(lifetime)}
	return text
}

// ExpireTokens ends the life of every token granted so far. The developer
// token stays good.
func (s *Server) ExpireTokens() {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	for text, t := range s.tokens.known {
		t.expires = time.Time{}
		s.tokens.known[text] = t
	}
}

// authenticate says whose token an Authorization header carries, or gives the
// 401 that refuses it.
func (s *Server) authenticate(header string) (uint64, *answer) {
	scheme, text, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") || text == "" {
		return 0, new(unauthorised("", ""))
	}
	if text == s.opts.DeveloperToken {
		return serviceID, nil
	}
	s.tokens.mu.Lock()
	t, known := s.tokens.known[text]
	s.tokens.mu.Unlock()
	switch {
	case !known:
		return 0, new(unauthorised("invalid_token", "The access token provided is invalid."))
	case !time.Now().Before(t.expires):
		return 0, new(expired())
	}
	return t.user, nil
}

// The descriptions that both grants share. The first ends in "admin" for JWT
// (Box's guide to common errors) and not for client credentials.
const (
	notAuthorised = "This app is not authorized by the enterprise"
	noUserToken   = "Cannot obtain user token based on the enterprise configuration for your app"
)

// grant answers POST /oauth2/token.
func (s *Server) grant(c *call) answer {
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		return grantProblem("invalid_request", "The request body is not a form")
	}
	redeem := s.redeemCredentials
	switch form.Get("grant_type") {
	case "client_credentials":
	case "urn:ietf:params:oauth:grant-type:jwt-bearer":
		if !s.keys.any() {
			return grantProblem("invalid_request", "The grant type is unauthorized for this client_id.")
		}
		redeem = s.redeemAssertion
	default:
		return grantProblem("invalid_request", "Invalid grant_type parameter or parameter missing")
	}
	if form.Get("client_id") != s.opts.ClientID || form.Get("client_secret") != s.opts.ClientSecret {
		return grantProblem("invalid_client", "The client credentials are invalid")
	}
	id, refused := redeem(form)
	if refused != nil {
		return *refused
	}
	return answer{
		status: http.StatusOK,
		header: map[string]string{"Cache-Control": "no-store"},
		body: map[string]any{
			"access_token":  s.tokens.issue(id, s.tokenLifetime()),
			"expires_in":    int(s.tokenLifetime().Seconds()),
			"token_type":    "bearer",
			"restricted_to": []string{},
		},
	}
}

// redeemCredentials says who a token for client credentials acts as.
func (s *Server) redeemCredentials(form url.Values) (uint64, *answer) {
	id, why := s.subject(form.Get("box_subject_type"), form.Get("box_subject_id"))
	switch why {
	case granted:
		return id, nil
	case appUnauthorised:
		return 0, new(grantProblem("unauthorized_client", notAuthorised))
	case noUserTokens, ownAccount:
		return 0, new(grantProblem("unauthorized_client", noUserToken))
	default:
		return 0, new(grantProblem("invalid_grant", "Grant credentials are invalid"))
	}
}

// verdict says why there is no token for somebody.
type verdict int

const (
	granted         verdict = iota
	nobody                  // no such enterprise or user here
	appUnauthorised         // by no administrator
	noUserTokens            // the app may not have them
	ownAccount              // of the service account there is no user token
	outOfReach              // a managed user, of App Access Only
)

// subject says who a token for the named enterprise or user acts as.
func (s *Server) subject(kind, id string) (uint64, verdict) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	u := s.box.user(id)
	switch {
	case kind == "enterprise" && id == s.opts.EnterpriseID:
		u = s.box.userByID[serviceID]
	case kind != "user" || u == nil || u.kind == External:
		return 0, nobody
	case u.kind == Service:
		return 0, ownAccount
	case !s.app.UserTokens:
		return 0, noUserTokens
	case !s.app.reachesUser(u):
		return 0, outOfReach
	}
	if !s.app.Authorised {
		return 0, appUnauthorised
	}
	return u.id, granted
}
