package emulator_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// keyPair makes one pair of keys for all tests, as it takes a while.
var keyPair = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// part is a JSON object as it goes into an assertion.
type part map[string]any

// change is the part with other values; nil drops one.
func (p part) change(changes part) part {
	out := maps.Clone(p)
	for name, v := range changes {
		if v == nil {
			delete(out, name)
			continue
		}
		out[name] = v
	}
	return out
}

// head and claims are what Box's own clients send.
func head() part { return part{"alg": "RS256", "typ": "JWT", "kid": "key1"} }

func claims() part {
	return part{
		"iss": "emulator", "sub": "900001", "box_sub_type": "enterprise", "aud": "https://api.box.com/oauth2/token",
		"jti": rand.Text(), "exp": time.Now().Add(30 * time.Second).Unix(),
	}
}

// sign is written with nothing but the standard library, so that what the
// emulator uses is checked, too.
func sign(t *testing.T, key *rsa.PrivateKey, head, claims part) string {
	t.Helper()
	encode := func(p part) string {
		b, err := json.Marshal(p)
		require.NoError(t, err)
		return base64.RawURLEncoding.EncodeToString(b)
	}
	text := encode(head) + "." + encode(claims)
	var hash crypto.Hash
	var sum []byte
	switch head["alg"] {
	case "RS384":
		s := sha512.Sum384([]byte(text))
		hash, sum = crypto.SHA384, s[:]
	case "RS512":
		s := sha512.Sum512([]byte(text))
		hash, sum = crypto.SHA512, s[:]
	default:
		s := sha256.Sum256([]byte(text))
		hash, sum = crypto.SHA256, s[:]
	}
	signature, err := rsa.SignPKCS1v15(nil, key, hash, sum)
	require.NoError(t, err)
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// jwtApp is a Box that knows the test's key as key1.
func jwtApp(t *testing.T) *fixture {
	t.Helper()
	f := seeded(t, emulator.Options{})
	f.AddPublicKey("key1", &keyPair().PublicKey)
	return f
}

func (f *fixture) assert(assertion string, changes url.Values) reply {
	f.t.Helper()
	form := url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion},
		"client_id": {"emulator"}, "client_secret": {"emulator-secret"},
	}
	maps.Copy(form, changes)
	return f.do(http.MethodPost, "/oauth2/token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

// denied checks the token endpoint's own shape of error.
func (f *fixture) denied(r reply, code, description string) {
	f.t.Helper()
	require.Equal(f.t, http.StatusBadRequest, r.status, r.text)
	assert.Equal(f.t, map[string]any{"error": code, "error_description": description}, r.json)
}

func TestAssertion_Granted(t *testing.T) {
	t.Parallel()
	f := jwtApp(t)
	for name, c := range map[string]struct {
		head, claims part
		me           string
	}{
		"enterprise":         {nil, nil, "20000"},
		"user":               {nil, part{"sub": "20002", "box_sub_type": "user"}, "20002"},
		"rs384":              {part{"alg": "RS384"}, nil, "20000"},
		"rs512":              {part{"alg": "RS512"}, nil, "20000"},
		"shortest_jti":       {nil, part{"jti": strings.Repeat("s", 16)}, "20000"},
		"longest_jti":        {nil, part{"jti": strings.Repeat("ä", 128)}, "20000"},
		"issued_and_not_yet": {nil, part{"iat": time.Now().Unix(), "nbf": time.Now().Unix()}, "20000"},
		"unknown_claim":      {nil, part{"colour": "red"}, "20000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := f.wants(http.StatusOK, f.assert(sign(t, keyPair(), head().change(c.head), claims().change(c.claims)), nil))
			assert.ElementsMatch(t, []string{"access_token", "expires_in", "token_type", "restricted_to"}, keys(got))
			r := f.do(http.MethodGet, "/2.0/users/me", "", "Authorization", "Bearer "+got["access_token"].(string))
			assert.Equal(t, c.me, f.wants(http.StatusOK, r)["id"])
		})
	}
}

const (
	badSignature = `Signature verification error. The public key identified by "kid" must correspond to the private key used for signing.`
	badKey       = `"kid" invalid, unable to lookup correct key`
	badSub       = "Please check the 'sub' claim. The 'sub' specified is invalid."
	badJTI       = "Please check the 'jti' claim. A unique 'jti' value is required."
	expired      = "Current date/time MUST be before the expiration date/time listed in the 'exp' claim"
)

func TestAssertion_Refused(t *testing.T) {
	t.Parallel()
	f := jwtApp(t)
	f.AddPublicKey("old", &keyPair().PublicKey)
	f.RevokePublicKey("old")
	_, err := f.AddUser(emulator.User{ID: "77", Login: "x@elsewhere.example", Kind: emulator.External})
	require.NoError(t, err)
	soon := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }

	for name, c := range map[string]struct {
		head, claims part
		want         string
	}{
		"algorithm_none":     {part{"alg": "none"}, nil, "Algorithm not allowed"},
		"algorithm_hs256":    {part{"alg": "HS256"}, nil, "Algorithm not allowed"},
		"algorithm_ps256":    {part{"alg": "PS256"}, nil, "Algorithm not allowed"},
		"algorithm_unknown":  {part{"alg": "RS1"}, nil, "Algorithm not allowed"},
		"no_algorithm":       {part{"alg": nil}, nil, "Algorithm not allowed"},
		"unknown_key":        {part{"kid": "key2"}, nil, badKey},
		"no_key":             {part{"kid": nil}, nil, badKey},
		"key_is_a_number":    {part{"kid": 1}, nil, badKey},
		"revoked_key":        {part{"kid": "old"}, nil, badKey},
		"issuer":             {nil, part{"iss": "other"}, "Please check the 'iss' claim. The client id specified is invalid."},
		"no_issuer":          {nil, part{"iss": nil}, "Please check the 'iss' claim. The client id specified is invalid."},
		"enterprise":         {nil, part{"sub": "900002"}, badSub},
		"enterprise_as_user": {nil, part{"box_sub_type": "user"}, badSub},
		"user_as_enterprise": {nil, part{"sub": "20001"}, badSub},
		"user":               {nil, part{"sub": "1", "box_sub_type": "user"}, badSub},
		"login":              {nil, part{"sub": "ann@acme.example", "box_sub_type": "user"}, badSub},
		"external_user":      {nil, part{"sub": "77", "box_sub_type": "user"}, badSub},
		"service_account":    {nil, part{"sub": "20000", "box_sub_type": "user"}, badSub},
		"subject_is_number":  {nil, part{"sub": 900001}, "Please check the 'sub' claim."},
		"no_subject":         {nil, part{"sub": nil}, "Please check the 'sub' claim."},
		"subject_type":       {nil, part{"box_sub_type": "group"}, "Please check the 'box_sub_type' claim."},
		"no_subject_type":    {nil, part{"box_sub_type": nil}, "Please check the 'box_sub_type' claim."},
		"audience":           {nil, part{"aud": "http://127.0.0.1/oauth2/token"}, "Please check the 'aud' claim."},
		"audience_list":      {nil, part{"aud": []string{"https://api.box.com/oauth2/token"}}, "Please check the 'aud' claim. Should be a string"},
		"no_audience":        {nil, part{"aud": nil}, "Please check the 'aud' claim. Should be a string"},
		"claim_in_capitals":  {nil, part{"aud": nil, "AUD": "https://api.box.com/oauth2/token"}, "Please check the 'aud' claim. Should be a string"},
		"short_jti":          {nil, part{"jti": strings.Repeat("x", 15)}, badJTI},
		"long_jti":           {nil, part{"jti": strings.Repeat("x", 129)}, badJTI},
		"no_jti":             {nil, part{"jti": nil}, badJTI},
		"jti_is_a_number":    {nil, part{"jti": 1234567890123456}, badJTI},
		"expired":            {nil, part{"exp": soon(-2 * time.Second)}, expired},
		"expires_late":       {nil, part{"exp": soon(15 * time.Minute)}, "Please check the 'exp' claim."},
		"milliseconds":       {nil, part{"exp": time.Now().UnixMilli()}, "Please check the 'exp' claim."},
		"no_expiry":          {nil, part{"exp": nil}, "Please check the 'exp' claim."},
		"expiry_is_text":     {nil, part{"exp": strconv.FormatInt(soon(30*time.Second), 10)}, "Please check the 'exp' claim."},
		"not_yet":            {nil, part{"nbf": soon(10 * time.Minute)}, "Please check the 'nbf' claim."},
		"issued_later":       {nil, part{"iat": soon(10 * time.Minute)}, "Please check the 'iat' claim."},
		"issued_is_text":     {nil, part{"iat": "now"}, "Please check the 'iat' claim."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := f.assert(sign(t, keyPair(), head().change(c.head), claims().change(c.claims)), nil)
			f.denied(r, "invalid_grant", c.want)
		})
	}
}

func TestAssertion_OfSomebodyElse(t *testing.T) {
	t.Parallel()
	f := jwtApp(t)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	f.denied(f.assert(sign(t, other, head(), claims()), nil), "invalid_grant", badSignature)

	good := sign(t, keyPair(), head(), claims())
	parts := strings.Split(sign(t, keyPair(), head(), claims()), ".")
	parts[1] = strings.Split(good, ".")[1]
	f.denied(f.assert(strings.Join(parts, "."), nil), "invalid_grant", badSignature)
	f.wants(http.StatusOK, f.assert(good, nil))

	for _, text := range []string{"", "x", "a.b", "a.b.c", "..", good + ".x"} {
		f.denied(f.assert(text, nil), "invalid_grant", "Please check the 'assertion' parameter.")
	}
}

func TestAssertion_Client(t *testing.T) {
	t.Parallel()
	f := jwtApp(t)
	good := sign(t, keyPair(), head(), claims())
	for _, change := range []url.Values{{"client_id": {"other"}}, {"client_secret": {"other"}}, {"client_secret": nil}} {
		f.denied(f.assert(good, change), "invalid_client", "The client credentials are invalid")
	}
	f.wants(http.StatusOK, f.assert(good, nil))

	none := seeded(t, emulator.Options{})
	none.denied(none.assert(good, nil), "invalid_request", "The grant type is unauthorized for this client_id.")
}

// TestAssertion_IsUsedUp: a client that sends one assertion twice fails, also
// when the first was refused for another reason or its answer was lost.
func TestAssertion_IsUsedUp(t *testing.T) {
	t.Parallel()
	f := jwtApp(t)
	once := sign(t, keyPair(), head(), claims())
	f.wants(http.StatusOK, f.assert(once, nil))
	f.denied(f.assert(once, nil), "invalid_grant", badJTI)

	late := claims().change(part{"exp": time.Now().Unix() - 5})
	f.denied(f.assert(sign(t, keyPair(), head(), late), nil), "invalid_grant", expired)
	again := late.change(part{"exp": time.Now().Unix() + 30})
	f.denied(f.assert(sign(t, keyPair(), head(), again), nil), "invalid_grant", badJTI)

	lost := sign(t, keyPair(), head(), claims())
	f.Inject(emulator.Failure{PathPrefix: "/oauth2/", Status: http.StatusServiceUnavailable, After: true})
	assert.Equal(t, http.StatusServiceUnavailable, f.assert(lost, nil).status)
	f.denied(f.assert(lost, nil), "invalid_grant", badJTI)
}

func TestAssertion_UsesUpNothingUnsigned(t *testing.T) {
	t.Parallel()
	f := jwtApp(t)
	c := claims()
	f.denied(f.assert(sign(t, keyPair(), head().change(part{"kid": "x"}), c), nil), "invalid_grant", badKey)
	f.wants(http.StatusOK, f.assert(sign(t, keyPair(), head(), c), nil))
}

func TestAssertion_RevokedKey(t *testing.T) {
	t.Parallel()
	f := jwtApp(t)
	got := f.wants(http.StatusOK, f.assert(sign(t, keyPair(), head(), claims()), nil))
	f.RevokePublicKey("key1")
	f.denied(f.assert(sign(t, keyPair(), head(), claims()), nil), "invalid_grant", badKey)
	f.token = got["access_token"].(string)
	f.wants(http.StatusOK, f.get("/2.0/users/me"))
}

func TestClock(t *testing.T) {
	t.Parallel()
	const ahead = 10 * time.Minute
	f := seeded(t, emulator.Options{ClockOffset: ahead})
	f.AddPublicKey("key1", &keyPair().PublicKey)
	date := func(r reply) time.Duration {
		t.Helper()
		at, err := http.ParseTime(r.header.Get("Date"))
		require.NoError(t, err)
		return time.Until(at)
	}

	r := f.assert(sign(t, keyPair(), head(), claims()), nil)
	f.denied(r, "invalid_grant", expired)
	assert.InDelta(t, ahead.Seconds(), date(r).Seconds(), 60, "the Date header tells by how much")
	theirs := claims().change(part{"exp": time.Now().Add(ahead + 30*time.Second).Unix()})
	f.wants(http.StatusOK, f.assert(sign(t, keyPair(), head(), theirs), nil))
	created := f.wants(http.StatusCreated, f.do(http.MethodPost, "/2.0/groups", `{"name":"New"}`))["created_at"]
	at, err := time.Parse(time.RFC3339, created.(string))
	require.NoError(t, err)
	assert.InDelta(t, ahead.Seconds(), time.Until(at).Seconds(), 60)

	f.SetClockOffset(-ahead)
	r = f.assert(sign(t, keyPair(), head(), claims()), nil)
	f.denied(r, "invalid_grant", "Please check the 'exp' claim.")
	assert.InDelta(t, -ahead.Seconds(), date(r).Seconds(), 60)
	f.SetClockOffset(0)
	f.wants(http.StatusOK, f.assert(sign(t, keyPair(), head(), claims()), nil))
}

// TestAppSettings reads the file as a client does.
func TestAppSettings(t *testing.T) {
	t.Parallel()
	f := empty(t, emulator.Options{EnterpriseID: "42", ClientID: "id", ClientSecret: "secret"})
	b, err := f.NewAppSettings()
	require.NoError(t, err)
	var file struct {
		BoxAppSettings struct {
			ClientID, ClientSecret string
			AppAuth                struct{ PublicKeyID, PrivateKey, Passphrase string }
		}
		EnterpriseID string
	}
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&file))
	app := file.BoxAppSettings
	assert.Equal(t, []string{"42", "id", "secret", ""}, []string{file.EnterpriseID, app.ClientID, app.ClientSecret, app.AppAuth.Passphrase})
	assert.Regexp(t, `^[a-z0-9]{8}$`, app.AppAuth.PublicKeyID)
	for _, name := range []string{`"boxAppSettings"`, `"clientID"`, `"clientSecret"`, `"appAuth"`, `"publicKeyID"`, `"privateKey"`, `"passphrase"`, `"enterpriseID"`} {
		assert.Contains(t, string(b), name)
	}
	block, rest := pem.Decode([]byte(app.AppAuth.PrivateKey))
	require.NotNil(t, block)
	assert.Empty(t, rest)
	assert.Equal(t, "PRIVATE KEY", block.Type)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	require.NoError(t, err)

	h := head().change(part{"kid": app.AppAuth.PublicKeyID})
	c := claims().change(part{"iss": "id", "sub": "42"})
	f.wants(http.StatusOK, f.assert(sign(t, key.(*rsa.PrivateKey), h, c), url.Values{"client_id": {"id"}, "client_secret": {"secret"}}))
}
