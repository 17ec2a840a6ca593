package emulator

import (
	"fmt"
	"net/http"
	"slices"
)

// The scopes that an app may have, by their names in OAuth.
const (
	ScopeGroups     = "manage_groups"                // groups and memberships
	ScopeUsers      = "manage_managed_users"         // users, but for /users/me
	ScopeEnterprise = "manage_enterprise_properties" // events
)

// AccessLevel says whose users and groups an app sees.
type AccessLevel string

// The access levels, as Box's console offers them.
const (
	AccessEnterprise AccessLevel = "enterprise" // App + Enterprise Access
	AccessApp        AccessLevel = "app"        // App Access Only: app users, and groups that the app made
)

// AppConfig is the client's app as Box's two consoles configure it. A new Box has
// everything switched on.
type AppConfig struct {
	// Authorised by an administrator of the enterprise. Without it no token is
	// granted; tokens granted before stay good (a guess).
	Authorised  bool        `json:"authorised"`
	AccessLevel AccessLevel `json:"access_level"`
	// Scopes are checked at every call. The call that lacks one is answered as
	// issues box-windows-sdk-v2#264 and #860 and boxr#20 and #26 record it: 403
	// insufficient_scope in the header WWW-Authenticate, and nothing in the body.
	Scopes     []string `json:"scopes"`
	UserTokens bool     `json:"user_tokens"` // "Generate user access tokens"
	AsUser     bool     `json:"as_user"`     // "Make API calls using the as-user header"

	// Silent emptiness: no group, or no user but the caller, is visible, and no
	// call fails for it. Lists are empty with 200 (issue box-java-sdk#717), and
	// single ones are not found.
	SeesNoGroups bool `json:"sees_no_groups"`
	SeesNoUsers  bool `json:"sees_no_users"`
}

func scopes() []string { return []string{ScopeGroups, ScopeUsers, ScopeEnterprise} }

func newApp() AppConfig {
	return AppConfig{
		Authorised: true, AccessLevel: AccessEnterprise, Scopes: scopes(), UserTokens: true, AsUser: true,
	}
}

// App returns the app as it is configured now.
func (s *Server) App() AppConfig {
	s.mu.RLock()
	defer s.mu.RUnlock()
	a := s.app
	a.Scopes = slices.Clone(a.Scopes)
	return a
}

// SetApp configures the app for the requests that arrive from now on. To change
// one switch, begin with what [Server.App] returns.
func (s *Server) SetApp(a AppConfig) error {
	if a.AccessLevel != AccessEnterprise && a.AccessLevel != AccessApp {
		return fmt.Errorf("configure the app: access level %q is neither %s nor %s", a.AccessLevel, AccessEnterprise, AccessApp)
	}
	for _, scope := range a.Scopes {
		if !slices.Contains(scopes(), scope) {
			return fmt.Errorf("configure the app: unknown scope %q; known are %q", scope, scopes())
		}
	}
	a.Scopes = slices.Clone(a.Scopes)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.app = a
	return nil
}

// needs lets h see only requests of an app that has the scope.
func (s *Server) needs(scope string, h handler) handler {
	return func(c *call) answer {
		if scope != "" && !slices.Contains(s.app.Scopes, scope) {
			return insufficientScope()
		}
		return h(c)
	}
}

func insufficientScope() answer {
	return answer{status: http.StatusForbidden, header: map[string]string{
		"WWW-Authenticate": challenge("insufficient_scope", "The request requires higher privileges than provided by the access token."),
	}}
}

// reachesGroup says whether the app may know of the group at all.
func (a *AppConfig) reachesGroup(g *group) bool {
	return !a.SeesNoGroups && (a.AccessLevel == AccessEnterprise || g.byApp)
}

// reachesUser is reachesGroup for users. The service account is part of the
// app.
func (a *AppConfig) reachesUser(u *user) bool {
	if u.kind == Service {
		return true
	}
	return !a.SeesNoUsers && (a.AccessLevel == AccessEnterprise || u.kind == App)
}
