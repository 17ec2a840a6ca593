package boxapi

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// DefaultBaseURL is where Box's API lives.
const DefaultBaseURL = "https://api.box.com"

// Config says how to reach Box. Only Auth is required.
type Config struct {
	// BaseURL is the address below which /2.0 and /oauth2/token are;
	// DefaultBaseURL if empty. Plain http is accepted for loopback hosts only.
	BaseURL string
	// Transport sends single requests; nil means what NewTransport makes of no
	// options, which honours HTTPS_PROXY. It must not retry or follow
	// redirects.
	Transport http.RoundTripper
	// Auth is a DeveloperToken, ClientCredentials or a JWT.
	Auth Auth
	// AsUser is the id of the user to act as; empty means the token's own.
	AsUser string

	// RequestsPerMinute is the pace of all calls together, retries included;
	// 0 means no limit. Box allows about 1000 per user.
	RequestsPerMinute int
	// Burst is how many calls may go out at once after a quiet time; at least 1.
	Burst int
	Retry Retry
	// Timeout bounds one attempt, from connecting to the last byte; 30 s if 0.
	Timeout time.Duration
	// MaxCalls bounds the requests that the client may send in its life, token
	// requests and retries included; 0 means no bound. The request that would
	// exceed it fails with ErrMaxCalls and is not sent.
	MaxCalls int64

	UserAgent string      // "rollcall" if empty
	Headers   http.Header // sent with every API call besides, for example Box-Notifications; not with token requests; see WithHeaders
	// Logger gets a warning per retry and pause and a debug line per attempt,
	// never headers, queries, bodies or tokens; nil discards them.
	Logger *slog.Logger
}

// Client calls Box. It is safe for concurrent use; make one per credential and
// share it, because pace, pauses and the token belong to it.
type Client struct {
	base      string
	transport http.RoundTripper
	tokens    tokens
	asUser    string
	pacer     *pacer
	retry     Retry
	timeout   time.Duration
	maxCalls  int64
	calls     atomic.Int64
	userAgent string
	headers   http.Header
	log       *slog.Logger
}

// New checks cfg and returns a client. It sends nothing. All faults of cfg are
// reported at once, joined, each beginning with the field's name.
func New(cfg Config) (*Client, error) {
	base, err := cleanBase(cmp.Or(cfg.BaseURL, DefaultBaseURL))
	if err := errors.Join(err, cfg.check()); err != nil {
		return nil, err
	}
	c := &Client{
		base:      base,
		transport: cfg.Transport,
		asUser:    cfg.AsUser,
		pacer:     newPacer(cfg.RequestsPerMinute, cfg.Burst),
		retry:     cfg.Retry.withDefaults(),
		timeout:   cmp.Or(cfg.Timeout, 30*time.Second),
		maxCalls:  cfg.MaxCalls,
		userAgent: cmp.Or(cfg.UserAgent, "rollcall"),
		headers:   cfg.Headers.Clone(),
		log:       cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler)),
	}
	if c.transport == nil {
		c.transport = baseTransport()
	}
	c.tokens = cfg.Auth.tokens(c)
	return c, nil
}

// Calls returns how many requests were sent so far, retries and token requests
// included.
func (c *Client) Calls() int64 { return c.calls.Load() }

// Pacing returns how the client was slowed down so far.
func (c *Client) Pacing() PacingStats { return c.pacer.snapshot() }

// count takes one request from the cap, or returns false if it is used up.
func (c *Client) count() bool {
	for {
		n := c.calls.Load()
		if c.maxCalls > 0 && n >= c.maxCalls {
			return false
		}
		if c.calls.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// check reports every fault of the fields that need no parsing.
func (cfg Config) check() error {
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	if cfg.Auth == nil {
		errs = append(errs, errors.New("Auth: missing"))
	} else {
		errs = append(errs, cfg.Auth.check())
	}
	if cfg.AsUser != "" {
		_, err := ParseID(cfg.AsUser)
		refuse(err != nil, "AsUser: want a numeric user id")
	}
	refuse(cfg.RequestsPerMinute < 0, "RequestsPerMinute: negative: %d", cfg.RequestsPerMinute)
	refuse(cfg.Burst < 0, "Burst: negative: %d", cfg.Burst)
	refuse(cfg.Timeout < 0, "Timeout: negative: %s", cfg.Timeout)
	refuse(cfg.MaxCalls < 0, "MaxCalls: negative: %d", cfg.MaxCalls)
	refuse(cfg.Retry.MaxAttempts < 0, "Retry.MaxAttempts: negative: %d", cfg.Retry.MaxAttempts)
	refuse(cfg.Retry.Base < 0, "Retry.Base: negative: %s", cfg.Retry.Base)
	refuse(cfg.Retry.MaxWait < 0, "Retry.MaxWait: negative: %s", cfg.Retry.MaxWait)
	refuse(!headerSafe(cfg.UserAgent), "UserAgent: holds a control character")
	canonical := http.Header{}
	for name, values := range cfg.Headers {
		also := http.CanonicalHeaderKey(name) // which of two spellings is sent is a matter of chance
		canonical[also] = slices.Concat(canonical[also], values)
	}
	return errors.Join(append(errs, checkHeaders("Headers", canonical))...)
}

// cleanBase checks a base address. Its errors do not print the address, which
// may hold a password.
func cleanBase(s string) (string, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "":
		return "", errors.New("BaseURL: want an address such as https://api.box.com")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("BaseURL: must have no user, query or fragment")
	case strings.HasSuffix(strings.TrimRight(u.Path, "/"), "/2.0"):
		return "", errors.New("BaseURL: want the address above /2.0, such as https://api.box.com")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return "", errors.New("BaseURL: http is accepted for loopback hosts only; use https")
	case u.Scheme != "https" && u.Scheme != "http":
		return "", errors.New("BaseURL: the scheme must be https")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

func loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// headerSafe keeps values out that net/http would refuse on every attempt.
func headerSafe(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
