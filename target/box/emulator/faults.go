package emulator

import (
	"fmt"
	"net/http"
	"time"
)

// Faults are the troubles that a Box may have. Shares run from 0 to 1.
// They concern requests below /2.0, and the token endpoint only with OnToken.
//
// Whether a request meets a fault depends on the seed, its method, address and
// body, and on how many times exactly this request has come before: not on
// what other requests come in between. So a run with several workers meets the
// same faults as a run with one. A request meets one fault, beside Latency.
//
// As JSON they are an object with the key that stands in brackets for each, and
// durations such as "2s". See [Faults.UnmarshalJSON].
type Faults struct {
	Latency time.Duration // [latency] before anything else; ends early when the client goes

	RateLimited     float64       // [fail_429] 429 although there is no limit
	RetryAfter      time.Duration // [retry_after] what such a 429 asks for; default one second
	RetryAfterDates float64       // [retry_after_dates] which of such 429s say it as a date

	ErrorBefore float64 // [fail_before] 500, 502 or 503, and nothing was done
	ErrorAfter  float64 // [fail_after] the same, but the request was carried out
	ResetBefore float64 // [reset_before] the connection breaks, and nothing was done
	ResetAfter  float64 // [reset_after] the connection breaks, but the request was carried out

	// LateApply [late_apply] is the share of writes that are answered 503, and
	// carried out when LateBy [late_by; default one second] has gone by. It is
	// looked after whether the token and the rate limit allow the write before it
	// is answered so, and everything else when it is carried out. An equal write,
	// of the same method, address and body, that is carried out meanwhile takes
	// its place, and two equal ones that are late are carried out once: so it may
	// have one effect or none, never two.
	LateApply float64
	LateBy    time.Duration

	// TemporaryConflict [temporary_conflict] is the share of writes that are
	// answered 409 with one of the codes after which a client is to try again,
	// operation_blocked_temporary and, for groups, name_temporarily_reserved.
	// Nothing was done.
	TemporaryConflict float64

	// Unauthorised [fail_401] is the share of requests whose token ends before its
	// time: it is refused as expired, now and by all requests that follow. The
	// developer token, which nobody can renew, is spared.
	Unauthorised float64

	// TokenLifetime [token_lifetime] is that of tokens granted from now on; 0: as
	// Options have it.
	TokenLifetime time.Duration

	// Truncate [truncate] cuts the JSON body of an answer somewhere; what was
	// asked for was done. Half of the cut answers announce their whole length and
	// end with the connection, the others announce what they have and end as if
	// all were well. An answer without a body, as a deletion has, is left alone.
	Truncate float64

	// VisibleAfter [visible_after] makes the lists of groups, users and
	// memberships show this Box as it was so long ago, searches included. Writes
	// and the reading of a single object work with what is true now. A list of the
	// memberships of a group or user that is too new to be seen is empty; one of
	// what was deleted lately still shows what it had. What was loaded or seeded,
	// or was there when this was switched on, is seen at once. Making it longer
	// takes nothing out of sight again.
	VisibleAfter time.Duration

	// After every so many pages that others follow, counted for each list, there
	// is a change at the front of it by somebody else: a row comes or goes, so
	// that the offsets of all others shift and the total moves; 0 is never. What
	// comes and goes are rows that this Box makes for the purpose: in the list of
	// all groups [churn_groups] the groups Churn 1 to Churn 3; in that of a group's
	// members [churn_members] churn-1@acme.example to churn-3@acme.example, who
	// are added to the end of the users at their first use; in that of the users
	// [churn_users] churn-user-1@acme.example to churn-user-3@acme.example. Nothing
	// else is touched; journal and counts say nothing of it; and what has come last
	// stays.
	ChurnGroups  int
	ChurnMembers int
	ChurnUsers   int

	// Rows that are dropped from the end of every page, as Box drops rows that
	// the caller may not see: the page is short and the total still counts them.
	HideGroups  int // [hide_groups]
	HideMembers int // [hide_members]
	HideUsers   int // [hide_users]

	OnToken bool // [on_token] the faults concern POST /oauth2/token too
}

// Faults returns the faults as they are set.
func (s *Server) Faults() Faults { return s.faults.settings() }

// SetFaults changes the faults for the requests that arrive from now on. They
// must be valid.
func (s *Server) SetFaults(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.follow(f.VisibleAfter)
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.current = f
}

// Validate returns a [*FaultError] for the first value that makes no sense.
func (f Faults) Validate() error {
	for _, s := range f.settings() {
		switch v := s.value.(type) {
		case *float64:
			if !(*v >= 0 && *v <= 1) { // NaN is none, either
				return &FaultError{s.key, fmt.Sprintf("is %v; a share goes from 0 to 1", *v)}
			}
		case *time.Duration:
			if *v < 0 {
				return &FaultError{s.key, fmt.Sprintf("is %v; it is 0 or more", *v)}
			}
		case *int:
			if *v < 0 {
				return &FaultError{s.key, fmt.Sprintf("is %d; it is 0 or more", *v)}
			}
		}
	}
	return nil
}

// FaultError is a value of [Faults] that makes no sense.
type FaultError struct {
	Key    string // as in JSON
	Reason string // continues the key, as in "is 2; a share goes from 0 to 1"
}

// Error is the key and the reason.
func (e *FaultError) Error() string { return e.Key + " " + e.Reason }

// settings lists what can be set, under its name in JSON.
func (f *Faults) settings() []setting {
	return []setting{
		{"latency", &f.Latency},
		{"fail_429", &f.RateLimited},
		{"retry_after", &f.RetryAfter},
		{"retry_after_dates", &f.RetryAfterDates},
		{"fail_before", &f.ErrorBefore},
		{"fail_after", &f.ErrorAfter},
		{"reset_before", &f.ResetBefore},
		{"reset_after", &f.ResetAfter},
		{"late_apply", &f.LateApply},
		{"late_by", &f.LateBy},
		{"temporary_conflict", &f.TemporaryConflict},
		{"fail_401", &f.Unauthorised},
		{"token_lifetime", &f.TokenLifetime},
		{"truncate", &f.Truncate},
		{"visible_after", &f.VisibleAfter},
		{"churn_groups", &f.ChurnGroups},
		{"churn_members", &f.ChurnMembers},
		{"churn_users", &f.ChurnUsers},
		{"hide_groups", &f.HideGroups},
		{"hide_members", &f.HideMembers},
		{"hide_users", &f.HideUsers},
		{"on_token", &f.OnToken},
	}
}

// MarshalJSON writes every fault, switched on or not.
func (f Faults) MarshalJSON() ([]byte, error) { return encodeSettings(f.settings()) }

// UnmarshalJSON sets what the object has and leaves the rest as it is. It
// refuses unknown keys, and does not look whether the values make sense.
func (f *Faults) UnmarshalJSON(b []byte) error { return decodeSettings(b, f.settings()) }

func (f Faults) concern(r *http.Request) bool {
	return underAPI(r) || f.OnToken && r.URL.Path == "/oauth2/token"
}

// random says whether anything is left to chance.
func (f Faults) random() bool {
	return f.RateLimited+f.ErrorBefore+f.ErrorAfter+f.ResetBefore+f.ResetAfter+
		f.LateApply+f.TemporaryConflict+f.Unauthorised+f.Truncate > 0
}
