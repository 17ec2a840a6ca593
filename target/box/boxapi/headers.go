package boxapi

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

type headersKey struct{}

// WithHeaders returns a context whose API calls carry these headers besides
// those of [Config.Headers], in whose place they come where the name is the
// same; a name with no values leaves the header out. Headers of an outer
// WithHeaders are kept unless named again. Repeated attempts carry them too;
// token requests never do, though they are made under the same context.
//
// Box knows, among others, As-User (the id of the user to act as, in place of
// [Config.AsUser]), Box-Notifications (off) and Box-Version.
//
// A call fails with [Invalid] and is not sent if a name or value cannot be sent
// as it is, if As-User is no numeric id, or if the header is one that the client
// must set itself, such as Authorization.
func WithHeaders(ctx context.Context, headers http.Header) context.Context {
	all := http.Header{}
	maps.Copy(all, headersOf(ctx))
	for name, values := range headers {
		all[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	return context.WithValue(ctx, headersKey{}, all)
}

// headersOf returns what WithHeaders put into the context.
func headersOf(ctx context.Context) http.Header {
	headers, _ := ctx.Value(headersKey{}).(http.Header)
	return headers
}

// checkHeaders says why headers that a caller gave cannot be sent, by way of
// where. It names no values, which may be secret.
func checkHeaders(where string, headers http.Header) error {
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		switch {
		case !headerName(name):
			return fmt.Errorf("%s: not the name of a header: %q", where, clip(name))
		case reserved(name):
			return fmt.Errorf("%s: the client sets %s itself", where, name)
		case !headerSafe(strings.Join(headers[name], "")):
			return fmt.Errorf("%s: the value of %s holds a control character", where, name)
		}
	}
	if users := headers["As-User"]; len(users) > 0 {
		if id, err := ParseID(users[0]); err != nil || id == 0 || len(users) > 1 {
			return errors.New(where + ": As-User: want one numeric user id")
		}
	}
	return nil
}

// headerName reports whether s is a name as HTTP allows it (RFC 9110, 5.6.2).
func headerName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}

// reserved reports whether a header is the client's own, or one by which
// another would break how requests and answers are read.
func reserved(name string) bool {
	switch name {
	case "Authorization", "Accept", "Accept-Encoding", "Content-Type", "User-Agent",
		"Connection", "Content-Encoding", "Content-Length", "Expect", "Host", "Keep-Alive",
		"Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
		return true
	default:
		return false
	}
}
