// Package emulator is Box as a stateful http.Handler: groups, users,
// memberships and tokens behind Box's REST API, with faults that can be
// switched on. Unit tests, `rollcall emulator` and the demo all talk to it.
//
// # Whose rules it keeps
//
// It keeps Box's rules as they are documented or were recorded, not the
// convenience of the program that is tested with it: mini objects unless
// `fields` asks for more, clamped limits, the offset ceiling, tokens that
// expire, assertions that are used up, scopes, Box's error bodies. It imports
// nothing else of this project, so that a mistake about Box cannot be made on
// both sides at once.
//
// Documented or recorded are, of what may surprise: the descriptions that
// refuse an assertion (each with its source, in assertion.go); 403 without a
// body for a missing scope; lists that are empty with 200 for lack of rights;
// that App Access Only sees app users and its own groups; that live events come
// more than once, that positions are now strings, now integers, and 0 on an
// empty page of admin_logs.
//
// Where Box's behaviour is not public, it takes the reading that is harder on
// the client: `fields` has no effect on membership lists, names are compared
// exactly and taken even by groups that the app does not see, a set provenance
// cannot be cleared, an unknown permission key is refused, a co-admin who is
// made group admin stays a member, an assertion is used up even if it is
// refused, group admin events cannot be filtered for, and memberships that end
// with their group or user make no events. The bits of that are in the comments
// where they happen; what is a mere guess says so.
//
// # How to use it
//
//	box := emulator.New(emulator.Options{})
//	err := box.LoadSeed(file, "box.csv")
//	srv := httptest.NewServer(box)
//	// … let a client work against srv.URL …
//	box.Members("Finance") // ["ann@acme.example admin", "bob@acme.example member"]
//	box.Journal()          // every write that took effect, in order
//
// Requests pass these stages, in this order: latency and the faults that hit
// before the work; the token; the rate limit; the work itself, which may be put
// off; the faults that hit after it. A fault after a write therefore loses the
// answer of something that happened, which is the case that clients get wrong.
//
// # Files
//
// server.go and call.go carry a request; token.go, assertion.go, keys.go,
// app.go, limit.go and the files of faults are the stages round the work;
// groups.go, memberships.go, collaborations.go, users.go, accounts.go,
// aliases.go and eventstream.go are the work; store.go is what is known,
// visibility.go what lists show of it, churn.go who else changes it, events.go
// what happened, and state.go,
// admit.go, seed.go and seedpeople.go are how it comes from and goes to files;
// stats.go, views.go, mutate.go, people.go and admin.go are for tests.
package emulator

import (
	"cmp"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Options say what the emulated Box is like. The zero value is useful.
type Options struct {
	EnterpriseID   string // default "900001"
	EnterpriseName string // default "Acme"
	ClientID       string // default "emulator"
	ClientSecret   string // default "emulator-secret"
	DeveloperToken string // accepted for ever, as the service account; default "emulator-token"

	TokenLifetime time.Duration // of granted tokens; default one hour

	// RequestsPerMinute bounds the calls of one token user below /2.0; 0 means
	// no bound. Burst is how many may come at once; default one second's worth.
	RequestsPerMinute int
	Burst             int

	// ClockOffset is how far Box's clock is ahead of ours: in the Date header, in
	// times of creation, and where claims about time are checked. Tokens live by
	// our clock.
	ClockOffset time.Duration

	// EventDelay is how long an event stays out of admin_logs; Box takes about a
	// minute. The streaming kind of that list has no delay.
	EventDelay time.Duration

	Faults Faults
	Seed   int64 // decides, with the request itself, which requests meet a fault

	// Admin serves what is below /_emulator/, with which faults are switched while
	// this Box runs; see admin.go.
	Admin bool

	Logger *slog.Logger // one Debug record per request, without secrets; nil discards
}

func (o Options) withDefaults() Options {
	o.EnterpriseID = cmp.Or(o.EnterpriseID, "900001")
	o.EnterpriseName = cmp.Or(o.EnterpriseName, "Acme")
	o.ClientID = cmp.Or(o.ClientID, "emulator")
	o.ClientSecret = cmp.Or(o.ClientSecret, "emulator-secret")
	o.DeveloperToken = cmp.Or(o.DeveloperToken, "emulator-token")
	o.TokenLifetime = cmp.Or(o.TokenLifetime, time.Hour)
	o.Burst = cmp.Or(o.Burst, max(1, o.RequestsPerMinute/60))
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Server is an emulated Box. Make one with [New]. All its methods may be
// called at any time from any goroutine.
type Server struct {
	opts   Options
	mux    *http.ServeMux
	tokens tokens
	limits limits
	faults faults
	stats  stats

	keys     keyring
	requests atomic.Uint64 // numbers requests, for request ids
	offset   atomic.Int64  // Box's clock ahead of ours, in nanoseconds

	mu      sync.RWMutex // guards what follows
	app     AppConfig
	box     *store
	events  eventLog
	journal []Effect
	saved   uint64 // revision of box that was last loaded or saved
	lag     *lag   // what lists show; nil: the truth
	late    latecomers
	churn   churn
}

// New returns an empty Box: an enterprise with its service account.
func New(o Options) *Server {
	o = o.withDefaults()
	s := &Server{
		opts:   o,
		mux:    http.NewServeMux(),
		tokens: newTokens(),
		limits: newLimits(o.RequestsPerMinute, o.Burst),
		faults: newFaults(o.Faults, o.Seed),
		stats:  newStats(),
		keys:   newKeyring(),
		app:    newApp(),
		churn:  newChurn(),
	}
	s.SetClockOffset(o.ClockOffset)
	s.box = newStore(s.now())
	s.events = newEventLog(s.clock())
	s.saved = s.box.revision
	s.follow(o.Faults.VisibleAfter)
	s.routes()
	return s
}

func (s *Server) routes() {
	s.mux.HandleFunc("POST /oauth2/token", s.exchange(s.grant))

	for scope, routes := range map[string]map[string]handler{
		"": {
			"GET /2.0/users/me": s.getMe,
			"GET /2.0/events":   s.listEvents,
			"/2.0/":             s.unknownRoute,
		},
		ScopeGroups: {
			"GET /2.0/groups":                     s.listGroups,
			"POST /2.0/groups":                    s.createGroup,
			"GET /2.0/groups/{id}":                s.getGroup,
			"PUT /2.0/groups/{id}":                s.updateGroup,
			"DELETE /2.0/groups/{id}":             s.deleteGroup,
			"GET /2.0/groups/{id}/collaborations": s.listCollaborations,
			"GET /2.0/groups/{id}/memberships":    s.listGroupMemberships,
			"POST /2.0/group_memberships":         s.createMembership,
			"GET /2.0/group_memberships/{id}":     s.getMembership,
			"PUT /2.0/group_memberships/{id}":     s.updateMembership,
			"DELETE /2.0/group_memberships/{id}":  s.deleteMembership,
			"GET /2.0/users/{id}/memberships":     s.listUserMemberships,
		},
		ScopeUsers: {
			"GET /2.0/users":                    s.listUsers,
			"POST /2.0/users":                   s.createUser,
			"GET /2.0/users/{id}":               s.getUser,
			"PUT /2.0/users/{id}":               s.updateUser,
			"DELETE /2.0/users/{id}":            s.deleteUser,
			"GET /2.0/users/{id}/email_aliases": s.listEmailAliases,
		},
	} {
		for pattern, h := range routes {
			s.mux.HandleFunc(pattern, s.exchange(s.authorised(s.needs(scope, h))))
		}
	}
	s.mux.HandleFunc("/", s.exchange(s.unknownRoute))
	if s.opts.Admin {
		s.mux.Handle(adminPrefix, newAdmin(s))
	}
}

// ServeHTTP answers one request as Box would. To break a connection it panics
// with [http.ErrAbortHandler], which net/http's servers understand.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mux.ServeHTTP(w, r)
}

func (s *Server) unknownRoute(*call) answer {
	a := problem(http.StatusNotFound, "not_found", "Not Found")
	a.unknownRoute = true
	return a
}
