package misuse_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The secrets of every case. Each is in the run's surroundings, whether the case
// uses it or not. No two begin alike, and they have what is escaped somewhere.
const (
	ccgSecret   = "kQ7vCcg1/+ =&\"%zE9w"
	fileSecret  = "mX4pFil2/+=tR6sUd0h"
	tokenSecret = "wB9nTok3-yJ5gLf8kAo"
	plainSecret = "hZ2cPln4_vM7qSx3eRi"
	proxySecret = "tG6rPrx5-dN8wKb1uYl"
)

// enough of a secret is too much of it: so many bytes of its beginning.
const enough = 8

// secrets are what must not be seen, by name.
type secrets struct {
	mu     sync.Mutex
	values map[string]string
}

func newSecrets() *secrets {
	return &secrets{values: map[string]string{
		"the client secret": ccgSecret, "the secret in a file": fileSecret, "the developer token": tokenSecret,
		"the secret in the configuration": plainSecret, "the proxy's password": proxySecret,
	}}
}

// add adds a secret that came up in the run. Short ones are words.
func (s *secrets) add(name, value string) {
	if len(value) < enough {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values[name] = value
}

// seen says which secrets are in the text.
func (s *secrets) seen(where, text string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for name, value := range s.values {
		for spelling, form := range spellings(value) {
			if strings.Contains(text, form) {
				out = append(out, fmt.Sprintf("%s holds %s (%s)", where, name, spelling))
			}
		}
	}
	slices.Sort(out)
	return out
}

// spellings are the forms in which a secret might get into a text. Of base64,
// there is one for each place at which the secret may begin.
func spellings(value string) map[string]string {
	inner := func(b []byte, err error) string {
		if err != nil || len(b) < 2 {
			return value
		}
		return string(b[1 : len(b)-1])
	}
	forms := map[string]string{
		"its beginning": value[:enough], "whole": value, "hexadecimal": hex.EncodeToString([]byte(value)),
		"in a query": url.QueryEscape(value), "in a path": url.PathEscape(value),
		"as a Go string": inner([]byte(strconv.Quote(value)), nil), "as JSON": inner(json.Marshal(value)),
	}
	for shift := range 3 {
		padded := append(make([]byte, shift), value...)
		padded = padded[:len(padded)/3*3] // whole groups of three bytes only
		from := (shift + 2) / 3 * 4       // behind the group that begins before the secret
		forms[fmt.Sprint("base64 at ", shift)] = base64.StdEncoding.EncodeToString(padded)[from:]
		forms[fmt.Sprint("base64 for addresses at ", shift)] = base64.URLEncoding.EncodeToString(padded)[from:]
	}
	return forms
}

// TestSecrets shows that a secret is found in each spelling, and nothing where
// there is none.
func TestSecrets(t *testing.T) {
	t.Parallel()
	s := newSecrets()
	assert.Empty(t, s.seen("stdout", "client_secret: {env: BOX_CLIENT_SECRET} "+ccgSecret[:enough-1]+" "+ccgSecret[1:]))
	for spelling, text := range map[string]string{
		"its beginning": "xx" + ccgSecret[:enough] + "…",
		"hexadecimal":   hex.EncodeToString([]byte("Basic " + ccgSecret)),
		"base64 at 0":   base64.StdEncoding.EncodeToString([]byte("abc" + ccgSecret + "z")),
		"base64 at 1":   base64.StdEncoding.EncodeToString([]byte("user:ab" + ccgSecret)),
		"base64 at 2":   base64.RawStdEncoding.EncodeToString([]byte("user:" + ccgSecret + "xy")),
		"in a query":    "?client_secret=" + url.QueryEscape(ccgSecret),
	} {
		assert.Contains(t, s.seen("stderr", text), "stderr holds the client secret ("+spelling+")")
	}
	s.add("a word", "short")
	assert.Empty(t, s.seen("stderr", "short"))
	s.add("a token", "of-one-hour")
	assert.Contains(t, s.seen("a.json", `"of-one-hour"`), "a.json holds a token (whole)")
}
