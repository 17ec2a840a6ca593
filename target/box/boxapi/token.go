package boxapi

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
)

// renewEarly is how long before its end a token is no longer used.
const renewEarly = 60 * time.Second

// tokenCache keeps one token for all workers.
type tokenCache struct {
	fetch func(context.Context) (*oauth2.Token, error) // never called twice at once
	clean func(string) string                          // blots out what is secret besides the token

	lock     chan struct{} // holds one value; a mutex that a context can end the wait for
	current  atomic.Pointer[oauth2.Token]
	previous atomic.Pointer[oauth2.Token] // calls that were sent with it may still be answered
	proven   atomic.Pointer[oauth2.Token] // the last one that Box took
	renewAt  time.Time                    // zero: when refused only. Guarded by lock, as lastErr is
	failures atomic.Int64
	lastErr  error
}

func newTokenCache(fetch func(context.Context) (*oauth2.Token, error), clean func(string) string) *tokenCache {
	return &tokenCache{fetch: fetch, clean: clean, lock: make(chan struct{}, 1)}
}

// token returns the kept token, or a new one if there is none, if it is about
// to expire, or if it is the refused one. Callers that come while a renewal is
// under way share its outcome, also its failure; only where the renewing
// caller's own context ended does the next one try for itself.
func (t *tokenCache) token(ctx context.Context, refused string) (string, error) {
	seen := t.failures.Load()
	select {
	case t.lock <- struct{}{}:
		defer func() { <-t.lock }()
	case <-ctx.Done():
		return "", &Error{Method: "POST", Path: tokenPath, Err: context.Cause(ctx), kind: Stopped}
	}
	if kept := t.current.Load(); kept != nil && kept.AccessToken != refused &&
		(t.renewAt.IsZero() || time.Now().Before(t.renewAt)) {
		return kept.AccessToken, nil
	}
	if t.failures.Load() != seen {
		return "", t.lastErr
	}
	fresh, err := t.fetch(ctx)
	if err != nil {
		if ctx.Err() == nil {
			t.lastErr = err
			t.failures.Add(1)
		}
		return "", err
	}
	t.keep(fresh)
	return fresh.AccessToken, nil
}

func (t *tokenCache) keep(token *oauth2.Token) {
	t.renewAt = time.Time{}
	if !token.Expiry.IsZero() {
		left := time.Until(token.Expiry)
		// Of a very short-lived token at least half the life is used; else
		// every call would fetch one.
		t.renewAt = time.Now().Add(max(left-renewEarly, left/2))
	}
	t.previous.Store(t.current.Swap(token))
}

func (t *tokenCache) taken(token string) {
	kept := t.current.Load()
	if kept != nil && kept.AccessToken == token && t.proven.Load() != kept {
		t.proven.Store(kept)
	}
}

func (t *tokenCache) ended(token string) bool {
	kept := t.current.Load()
	return kept == nil || kept.AccessToken != token || t.proven.Load() == kept
}

func (t *tokenCache) renewable() bool { return true }

func (t *tokenCache) scrub(s string) string {
	for _, token := range []*oauth2.Token{t.current.Load(), t.previous.Load()} {
		if token != nil {
			s = blot(s, token.AccessToken)
		}
	}
	return t.clean(s)
}
