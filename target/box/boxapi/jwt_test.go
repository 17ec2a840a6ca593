package boxapi_test

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// throwawayKey reads the key that all of testdata/throwaway-keys holds.
func throwawayKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	data, err := os.ReadFile("testdata/throwaway-keys/pkcs1.pem")
	require.NoError(t, err)
	block, _ := pem.Decode(data)
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	require.NoError(t, err)
	return key
}

func throwawayJWT(t testing.TB) boxapi.JWT {
	t.Helper()
	return boxapi.JWT{ClientID: "cid", ClientSecret: boxapi.NewSecret("canary-secret"), KeyID: "kid1", Key: throwawayKey(t), SubjectID: "77"}
}

func withJWT(t testing.TB) func(*boxapi.Config) {
	t.Helper()
	auth := throwawayJWT(t)
	return func(cfg *boxapi.Config) { cfg.Auth = auth }
}

// The words of Box's token endpoint: box/box-node-sdk#115 and cburnette/boxr#69.
const (
	tooLate  = `{"error":"invalid_grant","error_description":"Current date/time MUST be before the expiration date/time listed in the 'exp' claim"}`
	tooEarly = `{"error":"invalid_grant","error_description":"Please check the 'exp' claim. The 'exp' value exceeds the maximum value of 60 seconds beyond the issue time."}`
	jtiTwice = `{"error":"invalid_grant","error_description":"Please check the 'jti' claim. A unique 'jti' value is required."}`
)

// assertion is a JWT taken apart without the library that made it.
type assertion struct {
	header, claims map[string]any
	signed, sig    []byte
}

func takeApart(t *testing.T, req *http.Request) assertion {
	t.Helper()
	form, err := url.ParseQuery(bodyOf(t, req))
	require.NoError(t, err)
	assert.Equal(t, []string{"urn:ietf:params:oauth:grant-type:jwt-bearer", "cid", "canary-secret"},
		[]string{form.Get("grant_type"), form.Get("client_id"), form.Get("client_secret")})
	assert.Len(t, form, 4)
	parts := strings.Split(form.Get("assertion"), ".")
	require.Len(t, parts, 3)
	var a assertion
	for i, into := range []any{&a.header, &a.claims, nil} {
		data, err := base64.RawURLEncoding.DecodeString(parts[i])
		require.NoError(t, err)
		if into == nil {
			a.sig = data
		} else {
			require.NoError(t, json.Unmarshal(data, into))
		}
	}
	a.signed = []byte(parts[0] + "." + parts[1])
	return a
}

// jwtBox is a Box whose clock is off ours by skew, and which judges assertions
// as Box does.
type jwtBox struct {
	t       *testing.T
	key     *rsa.PublicKey
	skew    time.Duration
	life    time.Duration // of a token; an hour if 0
	noDate  bool
	refusal string // instead of a judgement

	mu     sync.Mutex
	jtis   []string
	tokens int
}

func (b *jwtBox) RoundTrip(req *http.Request) (*http.Response, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !strings.HasSuffix(req.URL.Path, "/oauth2/token") {
		return answer(200, userJSON), nil
	}
	a, now := takeApart(b.t, req), time.Now().Add(b.skew)
	var date []string
	if !b.noDate {
		date = []string{"Date", now.UTC().Format(http.TimeFormat)}
	}
	exp := time.Unix(int64(a.claims["exp"].(float64)), 0)
	jti := a.claims["jti"].(string)
	sum := sha256.Sum256(a.signed)
	assert.NoError(b.t, rsa.VerifyPKCS1v15(b.key, crypto.SHA256, sum[:], a.sig))
	seen := slices.Contains(b.jtis, jti)
	b.jtis = append(b.jtis, jti)
	switch {
	case b.refusal != "":
		return answer(400, b.refusal, date...), nil
	case seen:
		return answer(400, jtiTwice, date...), nil
	case !exp.After(now):
		return answer(400, tooLate, date...), nil
	case exp.After(now.Add(time.Minute)):
		return answer(400, tooEarly, date...), nil
	}
	b.tokens++
	life := cmp.Or(b.life, time.Hour)
	return answer(200, fmt.Sprintf(`{"access_token":"t%d","expires_in":%d,"token_type":"bearer"}`, b.tokens, int(life.Seconds())), date...), nil
}

func TestJWT_assertion(t *testing.T) {
	t.Parallel()
	hashes := map[string]crypto.Hash{"": crypto.SHA256, "RS256": crypto.SHA256, "RS384": crypto.SHA384, "RS512": crypto.SHA512}
	for alg, hash := range hashes {
		t.Run("alg_"+alg, func(t *testing.T) {
			t.Parallel()
			box := newScript(t, tokenStep("tok"), step{status: 200, body: userJSON})
			auth := throwawayJWT(t)
			auth.Algorithm = alg
			auth.SubjectType, auth.SubjectID = boxapi.SubjectUser, "88"
			c := client(t, box, func(cfg *boxapi.Config) {
				cfg.Auth, cfg.BaseURL, cfg.AsUser, cfg.Headers = auth, "https://box.example.com/x", "9", http.Header{"X-Mine": {"1"}}
			})
			began := time.Now()
			_, err := c.Me(t.Context())
			require.NoError(t, err)

			assert.Equal(t, "https://box.example.com/x/oauth2/token", box.seen[0].URL.String())
			assert.Equal(t, "application/x-www-form-urlencoded", box.seen[0].Header.Get("Content-Type"))
			for _, name := range []string{"Authorization", "As-User", "X-Mine"} {
				assert.Empty(t, box.seen[0].Header.Get(name))
			}
			assert.Equal(t, "Bearer tok", box.seen[1].Header.Get("Authorization"))

			got := takeApart(t, box.seen[0])
			assert.Equal(t, map[string]any{"alg": max(alg, "RS256"), "typ": "JWT", "kid": "kid1"}, got.header)
			exp, jti := got.claims["exp"].(float64), got.claims["jti"].(string)
			assert.InDelta(t, float64(began.Add(45*time.Second).Unix()), exp, 5)
			assert.True(t, len(jti) >= 16 && len(jti) <= 128, jti)
			delete(got.claims, "exp")
			delete(got.claims, "jti")
			assert.Equal(t, map[string]any{
				"iss": "cid", "sub": "88", "box_sub_type": "user", "aud": "https://api.box.com/oauth2/token",
			}, got.claims, "no iat, no nbf, and aud is no list")
			h := hash.New()
			h.Write(got.signed)
			require.NoError(t, rsa.VerifyPKCS1v15(&auth.Key.PublicKey, hash, h.Sum(nil), got.sig))
		})
	}
}

func TestJWT_every_attempt_has_its_own_jti(t *testing.T) {
	t.Parallel()
	box := newScript(t, step{status: 502}, step{err: errReset}, step{status: 429}, step{status: 200, body: "<html>"}, tokenStep("tok-a"),
		step{status: 401}, tokenStep("tok-b"), step{status: 200, body: userJSON})
	_, err := client(t, box, withJWT(t)).Me(t.Context())
	require.NoError(t, err)
	var jtis []string
	for i, req := range box.seen {
		if i == 5 || i == 7 {
			assert.Equal(t, "GET", req.Method)
			continue
		}
		a := takeApart(t, req)
		assert.Equal(t, "enterprise", a.claims["box_sub_type"])
		jtis = append(jtis, a.claims["jti"].(string))
	}
	assert.Len(t, jtis, 6)
	slices.Sort(jtis)
	assert.Len(t, slices.Compact(jtis), 6)
}

func TestJWT_check(t *testing.T) {
	t.Parallel()
	short, err := boxapi.ParsePrivateKey(fixture(t, "refused-1024.pem"), "")
	require.ErrorContains(t, err, "too short: make one of at least 2048 bits")
	require.Nil(t, short)
	tests := map[string]struct {
		change func(*boxapi.JWT)
		fail   string
	}{
		"good":      {func(*boxapi.JWT) {}, ""},
		"user":      {func(a *boxapi.JWT) { a.SubjectType = boxapi.SubjectUser }, ""},
		"no_id":     {func(a *boxapi.JWT) { a.ClientID = "" }, "Auth: ClientID and ClientSecret are required"},
		"no_secret": {func(a *boxapi.JWT) { a.ClientSecret = boxapi.NewSecret("") }, "Auth: ClientID and ClientSecret are required"},
		"no_kid":    {func(a *boxapi.JWT) { a.KeyID = "" }, "Auth: KeyID is required"},
		"no_key":    {func(a *boxapi.JWT) { a.Key = nil }, "Auth: Key is required"},
		"empty_key": {func(a *boxapi.JWT) { a.Key = &rsa.PrivateKey{} }, "Auth: Key: the RSA key is too short"},
		"algorithm": {func(a *boxapi.JWT) { a.Algorithm = "HS256" }, "Auth: Algorithm must be RS256, RS384 or RS512"},
		"subject":   {func(a *boxapi.JWT) { a.SubjectID = "acme" }, "Auth: SubjectID: want a numeric id"},
		"type":      {func(a *boxapi.JWT) { a.SubjectType = "group" }, "Auth: SubjectType must be"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			auth := throwawayJWT(t)
			tc.change(&auth)
			_, err := boxapi.New(boxapi.Config{Auth: auth})
			if tc.fail == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tc.fail)
			assert.NotContains(t, err.Error(), "canary")
		})
	}
}

func TestJWT_clock_skew(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		skew      time.Duration // of Box's clock against ours
		refused   int           // assertions
		off       time.Duration
		direction string
	}{
		"right":             {0, 0, 0, ""},
		"a_little_behind":   {40 * time.Second, 0, 0, ""},
		"a_little_ahead":    {-14 * time.Second, 0, 0, ""},
		"ahead_16s":         {-16 * time.Second, 1, 16 * time.Second, "ahead"},
		"behind_46s":        {46 * time.Second, 1, 46 * time.Second, "behind"},
		"behind_10_minutes": {10 * time.Minute, 1, 10 * time.Minute, "behind"},
		"ahead_10_minutes":  {-10 * time.Minute, 1, 10 * time.Minute, "ahead"},
		"wrong_time_zone":   {-9 * time.Hour, 1, 9 * time.Hour, "ahead"},
		"never_set":         {30 * 365 * 24 * time.Hour, 1, 30 * 365 * 24 * time.Hour, "behind"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var logs bytes.Buffer
				box := &jwtBox{t: t, key: &throwawayKey(t).PublicKey, skew: tc.skew, life: 2 * time.Minute}
				c := client(t, box, withJWT(t), func(cfg *boxapi.Config) { cfg.Logger, cfg.Retry.MaxAttempts = logTo(&logs), 1 })
				for range 3 {
					_, err := c.Me(t.Context())
					require.NoError(t, err)
					time.Sleep(time.Hour)
				}
				assert.Equal(t, 3, box.tokens)
				assert.Len(t, box.jtis, 3+tc.refused, "later assertions keep to Box's clock")
				assert.EqualValues(t, 6+tc.refused, c.Calls())

				var warnings []string
				for line := range strings.Lines(logs.String()) {
					if strings.Contains(line, "WARN") {
						warnings = append(warnings, line)
					}
				}
				require.Len(t, warnings, tc.refused)
				if tc.refused > 0 {
					assert.Contains(t, warnings[0], fmt.Sprintf(`"msg":"box: this machine's clock is wrong: set it, for example by NTP; until then Box's time is used","off":%d,"direction":%q`,
						tc.off.Nanoseconds(), tc.direction))
				}
			})
		})
	}
}

// The clock may be set while the client lives.
func TestJWT_clock_skew_that_ends(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var logs bytes.Buffer
		box := &jwtBox{t: t, key: &throwawayKey(t).PublicKey, skew: 10 * time.Minute}
		c := client(t, box, withJWT(t), func(cfg *boxapi.Config) { cfg.Logger = logTo(&logs) })
		for _, skew := range []time.Duration{10 * time.Minute, 0, 0} {
			box.skew = skew
			_, err := c.Me(t.Context())
			require.NoError(t, err)
			time.Sleep(time.Hour)
		}
		assert.Len(t, box.jtis, 5)
		assert.Equal(t, 1, strings.Count(logs.String(), `"WARN"`), "once is enough")
	})
}

func TestJWT_refusals_that_no_clock_explains(t *testing.T) {
	t.Parallel()
	const sub = `{"error":"invalid_grant","error_description":"Please check the 'sub' claim. The 'sub' specified is invalid."}`
	tests := map[string]struct {
		skew    time.Duration
		refusal string
		asks    int
		says    string
	}{
		"no_date":                    {time.Hour, "", 1, "exp"},
		"exp_but_the_clock_is_right": {4 * time.Second, tooLate, 1, "exp"},
		"exp_and_a_clock_off":        {7 * time.Second, tooLate, 2, "exp"},
		"sub":                        {7 * time.Second, sub, 1, "sub"},
		"sub_far_off":                {time.Hour, sub, 2, "sub"},
		"sub_far_ahead":              {-time.Hour, sub, 2, "sub"},
		"jti":                        {0, jtiTwice, 1, "jti"},
		"client":                     {time.Hour, `{"error":"invalid_client","error_description":"The client credentials are invalid"}`, 1, "client"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				box := jwtBox{t: t, key: &throwawayKey(t).PublicKey, skew: tc.skew, noDate: name == "no_date", refusal: tc.refusal}
				_, err := client(t, &box, withJWT(t)).Me(t.Context())
				require.ErrorContains(t, err, tc.says)
				assert.Equal(t, boxapi.Unauthorized, boxapi.KindOf(err))
				assert.Len(t, box.jtis, tc.asks)
			})
		})
	}
}

// One more attempt is made, whatever a server says of the time; and it is not
// taken from those that a failing server gets.
func TestJWT_clock_skew_is_made_up_for_once(t *testing.T) {
	t.Parallel()
	date := func(day int) []string {
		return []string{"Date", time.Date(2000, 1, day, 0, 0, 0, 0, time.UTC).Format(http.TimeFormat)}
	}
	synctest.Test(t, func(t *testing.T) {
		box := newScript(t, step{status: 400, body: tooLate, header: date(5)}, step{status: 400, body: tooLate, header: date(9)})
		_, err := client(t, box, withJWT(t)).Me(t.Context())
		assert.Equal(t, boxapi.Unauthorized, boxapi.KindOf(err))

		box = newScript(t, step{status: 400, body: tooLate, header: date(5)}, step{status: 503}, tokenStep("tok"), step{status: 200, body: userJSON})
		_, err = client(t, box, withJWT(t), func(cfg *boxapi.Config) { cfg.Retry.MaxAttempts = 2 }).Me(t.Context())
		require.NoError(t, err)
	})
}

// Client credentials carry no time; a refusal of them is never the clock's.
func TestClientCredentials_know_no_clock(t *testing.T) {
	t.Parallel()
	box := newScript(t, step{status: 400, body: tooLate, header: []string{"Date", "Fri, 31 Dec 1999 00:00:00 GMT"}})
	_, err := client(t, box, ccg).Me(t.Context())
	assert.Equal(t, boxapi.Unauthorized, boxapi.KindOf(err))
}

// A server that echoes what it was sent must not bring it into errors or logs.
func TestJWT_secrets_stay_inside(t *testing.T) {
	t.Parallel()
	var logs bytes.Buffer
	var sent string
	c := client(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		form, err := url.ParseQuery(bodyOf(t, req))
		if err != nil {
			return nil, err
		}
		sent = form.Get("assertion")
		return answer(400, fmt.Sprintf(`{"error":"invalid_grant","error_description":"%s and %s"}`, form.Get("client_secret"), sent)), nil
	}), withJWT(t), func(cfg *boxapi.Config) { cfg.Logger = logTo(&logs) })
	_, err := c.Me(t.Context())
	require.ErrorContains(t, err, "[redacted] and [redacted]")
	require.NotEmpty(t, sent)
	all := err.Error() + logs.String() + fmt.Sprintf("%+v %#v", c, errors.Unwrap(err))
	assert.NotContains(t, all, "canary")
	assert.NotContains(t, all, sent)
}

func TestJWT_does_not_print_secrets(t *testing.T) {
	t.Parallel()
	auth := throwawayJWT(t)
	data, err := json.Marshal(auth)
	require.NoError(t, err)
	var out strings.Builder
	out.Write(data)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+verb+verb, auth, &auth, boxapi.Config{Auth: auth})
	}
	for _, secret := range []string{
		"canary", fmt.Sprintf("%x", "canary"), auth.Key.D.String(), auth.Key.D.Text(16), auth.Key.Primes[0].String(), auth.Key.Primes[1].Text(16),
	} {
		assert.NotContains(t, out.String(), secret)
	}
	assert.Equal(t, "client cid for enterprise 77 with key kid1", fmt.Sprint(auth))
}
