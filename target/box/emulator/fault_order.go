package emulator

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Failure is trouble that is ordered for certain requests to come, for tests
// that need one exact thing to go wrong. Failures are used up in the order in
// which they were injected, each by the first requests that it matches.
//
// As JSON it is an object whose keys are the fields' names in small letters with
// _ between words, and durations such as "2s".
type Failure struct {
	Times      int           // how many requests it hits; default 1
	Method     string        // only this method; empty: any
	PathPrefix string        // only paths that begin so; empty: everything below /2.0
	Status     int           // what is answered; 0: the connection breaks
	Code       string        // the error code of the body, for example forbidden_by_policy; empty: the usual one for the status
	RetryAfter time.Duration // with Status 429 and 503: the header, if not 0
	After      bool          // the request is carried out first

	// Late, if not 0, carries out a write so long after it was answered, as
	// [Faults.LateApply] does.
	Late time.Duration

	// Truncate cuts the body in the middle: that of Status, or where Status is 0
	// that of the request's own answer, which is then carried out. The answer
	// announces its whole length, and the connection ends early; with CleanEnd it
	// announces what it has. What has no body is left alone.
	Truncate bool
	CleanEnd bool

	// HTML answers with a page of some proxy, of status 200 where Status is 0.
	HTML bool
}

// settings lists what can be set, under its name in JSON.
func (o *Failure) settings() []setting {
	return []setting{
		{"times", &o.Times},
		{"method", &o.Method},
		{"path_prefix", &o.PathPrefix},
		{"status", &o.Status},
		{"code", &o.Code},
		{"retry_after", &o.RetryAfter},
		{"after", &o.After},
		{"late", &o.Late},
		{"truncate", &o.Truncate},
		{"clean_end", &o.CleanEnd},
		{"html", &o.HTML},
	}
}

// MarshalJSON writes every key.
func (o Failure) MarshalJSON() ([]byte, error) { return encodeSettings(o.settings()) }

// UnmarshalJSON sets what the object has and refuses unknown keys.
func (o *Failure) UnmarshalJSON(b []byte) error { return decodeSettings(b, o.settings()) }

// validate refuses what no answer can be made of.
func (o *Failure) validate() error {
	switch {
	case o.Status != 0 && (o.Status < 200 || o.Status > 599):
		return fmt.Errorf("status is %d; it goes from 200 to 599, and 0 breaks the connection", o.Status)
	case o.Times < 0 || o.RetryAfter < 0 || o.Late < 0:
		return errors.New("times, retry_after and late are 0 or more")
	}
	return nil
}

// Inject orders a failure.
func (s *Server) Inject(f Failure) {
	f.Times = max(1, f.Times)
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.orders = append(s.faults.orders, f)
}

// FailNext makes the next n requests below /2.0 fail with a status, before
// they do anything.
func (s *Server) FailNext(n, status int) {
	s.Inject(Failure{Times: n, Status: status})
}

// ordersLeft lists what is not used up yet.
func (f *faults) ordersLeft() []Failure {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Failure{}, f.orders...)
}

func (f *faults) forgetOrders() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.orders = nil
}

// ordered uses up the first failure that was injected for such a request.
func (f *faults) ordered(r *http.Request) *fate {
	for i := range f.orders {
		o := &f.orders[i]
		if !o.matches(r) {
			continue
		}
		out := o.fate()
		out.latency = f.current.Latency
		if o.Times--; o.Times == 0 {
			f.orders = append(f.orders[:i], f.orders[i+1:]...)
		}
		return &out
	}
	return nil
}

func (o *Failure) matches(r *http.Request) bool {
	if o.Method != "" && o.Method != r.Method {
		return false
	}
	if o.PathPrefix == "" {
		return underAPI(r)
	}
	return strings.HasPrefix(r.URL.Path, o.PathPrefix)
}

func (o *Failure) fate() fate {
	var c *cut
	if o.Truncate {
		c = &cut{at: 0.5, clean: o.CleanEnd}
		if o.Status == 0 && !o.HTML {
			return fate{cut: c}
		}
	}
	a := o.answer()
	a.cut = c
	switch {
	case o.Late > 0:
		return fate{late: &lateness{by: o.Late, meanwhile: a}}
	case o.After:
		return fate{after: &a}
	}
	return fate{before: &a}
}

func (o *Failure) answer() answer {
	switch {
	case o.HTML:
		return proxyPage(cmp.Or(o.Status, http.StatusOK))
	case o.Status == 0:
		return answer{reset: true, injected: true}
	}
	a := failure(o.Status, o.RetryAfter)
	if o.Code != "" {
		a.html = "" // what has a code is Box's own
		a.body = problem(o.Status, o.Code, http.StatusText(o.Status)).body
	}
	return a
}
