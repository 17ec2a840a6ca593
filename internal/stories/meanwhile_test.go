package stories_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
)

// meanwhile is a run that is made while another one goes on. What it writes counts
// with what the other one does.
type meanwhile struct {
	at   int // the other run's write that it comes behind
	seen int // writes of the other run
	run  func()
	ran  bool
}

// meets says whether a request is the write behind which the run comes.
func (m *meanwhile) meets(r *http.Request) bool {
	if m == nil || m.run == nil || m.ran || r.Method == http.MethodGet || !strings.HasPrefix(r.URL.Path, "/2.0/") {
		return false
	}
	m.seen++
	return m.seen == m.at
}

// during carries a write out, makes the run, and lets the other one hear of its
// write only then.
func (b *box) during(rw http.ResponseWriter, r *http.Request, unlock func()) {
	run := b.meanwhile.run
	b.meanwhile.ran = true
	answer := httptest.NewRecorder()
	b.Server.ServeHTTP(answer, r)
	unlock()
	run()
	rw.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
	rw.WriteHeader(answer.Code)
	_, _ = rw.Write(answer.Body.Bytes()) // the run may be gone
}

// midnight waits where it is about to come: how many nights have passed is counted
// by days in UTC, and a story is to begin and to end on the same.
func (w *world) midnight() {
	w.Helper()
	const story = time.Minute
	now := time.Now().UTC()
	left := now.Truncate(24 * time.Hour).Add(24 * time.Hour).Sub(now)
	if left > story {
		return
	}
	timer := time.NewTimer(left + time.Second)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.Context().Done():
		require.NoError(w, w.Context().Err())
	}
}
