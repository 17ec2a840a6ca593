package boxapi_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// consoleFile is a file as Box's developer console gives it, changed at one
// dotted key; nil as a value takes the key out.
func consoleFile(t testing.TB, changes ...any) []byte {
	t.Helper()
	auth := map[string]any{
		"publicKeyID": "kid1", "privateKey": string(fixture(t, "pbes2-aes-256-cbc-SHA256.pem")), "passphrase": passphrase,
	}
	app := map[string]any{"clientID": "cid", "clientSecret": "canary-secret", "appAuth": auth}
	root := map[string]any{"boxAppSettings": app, "enterpriseID": "77", "webhooks": map[string]any{"primaryKey": "canary"}}
	for i := 0; i < len(changes); i += 2 {
		where, name := root, changes[i].(string)
		if rest, ok := strings.CutPrefix(name, "boxAppSettings."); ok {
			where, name = app, rest
		}
		if rest, ok := strings.CutPrefix(name, "appAuth."); ok {
			where, name = auth, rest
		}
		if where[name] = changes[i+1]; changes[i+1] == nil {
			delete(where, name)
		}
	}
	data, err := json.MarshalIndent(root, "", "  ")
	require.NoError(t, err)
	return data
}

func TestParseJWTConfig(t *testing.T) {
	t.Parallel()
	want := throwawayJWT(t)
	want.SubjectType = boxapi.SubjectEnterprise
	user := want
	user.SubjectType, user.SubjectID = boxapi.SubjectUser, "88"
	tests := map[string]struct {
		data []byte
		want boxapi.JWT
	}{
		"as_downloaded":     {consoleFile(t), want},
		"enterprise_number": {consoleFile(t, "enterpriseID", 77), want},
		"user":              {consoleFile(t, "userID", "88"), user},
		"user_number":       {consoleFile(t, "userID", 88, "enterpriseID", nil), user},
		"user_empty":        {consoleFile(t, "userID", ""), want},
		"user_null":         {[]byte(strings.Replace(string(consoleFile(t, "userID", "x")), `"x"`, "null", 1)), want},
		"byte_order_mark":   {append([]byte("\ufeff"), consoleFile(t)...), want},
		"plain_key":         {consoleFile(t, "boxAppSettings.appAuth.privateKey", string(fixture(t, "pkcs8.pem")), "boxAppSettings.appAuth.passphrase", nil), want},
		"old_key":           {consoleFile(t, "boxAppSettings.appAuth.privateKey", string(fixture(t, "dek-des3.pem"))), want},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := boxapi.ParseJWTConfig(tc.data)
			require.NoError(t, err)
			assert.True(t, tc.want.Key.Equal(got.Key))
			got.Key = tc.want.Key
			assert.Equal(t, tc.want, got)
			_, err = boxapi.New(boxapi.Config{Auth: got})
			require.NoError(t, err)
		})
	}
}

func TestParseJWTConfig_refuses(t *testing.T) {
	t.Parallel()
	const key, pass = "boxAppSettings.appAuth.privateKey", "boxAppSettings.appAuth.passphrase"
	const noPair = "boxAppSettings.appAuth: missing or empty: the app has no key pair; generate one on its Configuration page in Box's developer console, " +
		"or, if it authenticates with client credentials, do without this file"
	whole := consoleFile(t)
	brokenKey := strings.ReplaceAll(string(whole), `\n`, "\n")
	tests := map[string]struct {
		data []byte
		want string
	}{
		"empty":              {nil, "empty: want the JSON file that Box's developer console gives for an app with JWT"},
		"only_spaces":        {[]byte(" \n"), "empty: want the JSON file that Box's developer console gives for an app with JWT"},
		"html":               {[]byte("\n<!DOCTYPE html><p>canary"), "this is HTML, not JSON: download the file again from Box's developer console"},
		"utf_16":             {[]byte("\xff\xfe{\x00}\x00"), "this is UTF-16: save it as UTF-8"},
		"utf_16_without":     {[]byte("{\x00}\x00"), "this is UTF-16: save it as UTF-8"},
		"a_key_alone":        {fixture(t, "pkcs8.pem"), "this is a key or certificate alone: want the JSON file that holds it"},
		"truncated":          {whole[:400], "the JSON breaks off after 400 bytes: copy or download the file again"},
		"line_breaks":        {[]byte(brokenKey), "line 6: this is not JSON; a line break inside the private key must be written \\n"},
		"two_files":          {append(append([]byte(nil), whole...), whole...), "line 15: this is not JSON; a line break inside the private key must be written \\n"},
		"array":              {[]byte(`["canary"]`), "want a JSON object"},
		"null":               {[]byte(`null`), "want a JSON object"},
		"another_file":       {[]byte(`{"clientID":"canary"}`), "boxAppSettings: missing: want the JSON file that Box's developer console gives for an app with JWT"},
		"settings_no_object": {consoleFile(t, "boxAppSettings", "canary"), "boxAppSettings: want an object"},
		"no_auth":            {consoleFile(t, "boxAppSettings.appAuth", nil), noPair},
		"auth_null":          {[]byte(`{"boxAppSettings":{"clientID":"a","clientSecret":"b","appAuth":null},"enterpriseID":"7"}`), noPair},
		"auth_empty":         {[]byte(`{"boxAppSettings":{"clientID":"a","clientSecret":"b","appAuth":{"publicKeyID":"","privateKey":"","passphrase":""}},"enterpriseID":"7"}`), noPair},
		"auth_no_object":     {consoleFile(t, "boxAppSettings.appAuth", "canary"), "boxAppSettings.appAuth: want an object"},
		"no_secret":          {consoleFile(t, "boxAppSettings.clientSecret", nil), "boxAppSettings.clientSecret: missing"},
		"blank_id":           {consoleFile(t, "boxAppSettings.clientID", " "), "boxAppSettings.clientID: missing"},
		"id_no_string":       {consoleFile(t, "boxAppSettings.clientID", []string{"canary"}), "boxAppSettings.clientID: want a string"},
		"no_key_id":          {consoleFile(t, "boxAppSettings.appAuth.publicKeyID", nil), "boxAppSettings.appAuth.publicKeyID: missing"},
		"no_key":             {consoleFile(t, key, nil), key + ": missing"},
		"no_enterprise":      {consoleFile(t, "enterpriseID", nil), "enterpriseID: missing: the Admin Console shows it under Account & Billing"},
		"enterprise_name":    {consoleFile(t, "enterpriseID", "canary"), "enterpriseID: want a numeric id"},
		"enterprise_list":    {consoleFile(t, "enterpriseID", []string{"canary"}), "enterpriseID: want a string"},
		"user_name":          {consoleFile(t, "userID", "canary"), "userID: want a numeric id"},
		"user_fraction":      {consoleFile(t, "userID", 8.5), "userID: want a numeric id"},
		"wrong_passphrase":   {consoleFile(t, pass, "canary"), pass + ": does not open the private key: it belongs to another key, or was cut off when it was copied"},
		"no_passphrase":      {consoleFile(t, pass, nil), pass + ": missing: the private key is encrypted"},
		"old_wrong":          {consoleFile(t, key, string(fixture(t, "dek-aes256.pem")), pass, "canary"), pass + ": does not open the private key: it belongs to another key, or was cut off when it was copied"},
		"public_key":         {consoleFile(t, key, string(fixture(t, "refused-public.pem"))), key + ": holds a public key: want the private one"},
		"ec_key":             {consoleFile(t, key, string(fixture(t, "refused-ec-pkcs8.pem"))), key + ": not an RSA key: Box takes no other kind"},
		"short_key":          {consoleFile(t, key, string(fixture(t, "refused-1024.pem"))), key + ": the RSA key is too short: make one of at least 2048 bits"},
		"key_is_a_path":      {consoleFile(t, key, "/etc/canary.pem"), key + ": no PEM block: want one that begins with -----BEGIN ENCRYPTED PRIVATE KEY-----"},
		"prf": {consoleFile(t, key, string(fixture(t, "refused-prf-SHA512.pem"))), key +
			": its encryption is not supported (pseudo-random function 1.2.840.113549.2.11): rewrite it with openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -in OLD.pem -out NEW.pem"},
		"all_at_once": {
			consoleFile(t, "boxAppSettings.clientID", nil, "enterpriseID", nil, "boxAppSettings.appAuth.publicKeyID", nil, pass, "canary"),
			"boxAppSettings.clientID: missing\nenterpriseID: missing: the Admin Console shows it under Account & Billing\n" +
				"boxAppSettings.appAuth.publicKeyID: missing\n" + pass + ": does not open the private key: it belongs to another key, or was cut off when it was copied",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := boxapi.ParseJWTConfig(tc.data)
			require.EqualError(t, err, tc.want)
			assert.Zero(t, got)
		})
	}
}

// No panic, nothing of the file in an error, and what is read can be used.
func FuzzParseJWTConfig(f *testing.F) {
	for _, seed := range []string{
		"", "{}", "null", "<html>canary", `{"boxAppSettings":{}}`, `{"boxAppSettings":"canary"}`,
		`{"boxAppSettings":{"appAuth":{"publicKeyID":"canary","privateKey":"-----BEGIN canary PRIVATE KEY-----\nAAAA\n-----END canary PRIVATE KEY-----","passphrase":"canary"}}}`,
	} {
		f.Add([]byte(seed))
	}
	for _, name := range []string{
		"pbes2-des3-SHA1.pem", "pbes2-aes-256-cbc-SHA256.pem", "dek-aes128.pem", "pkcs1.pem", "pkcs8.pem",
		"refused-scrypt.pem", "refused-pbes1.pem", "refused-ec-encrypted.pem", "refused-1024.pem", "refused-public.pem",
	} {
		pem := "canary\n" + string(fixture(f, name))
		f.Add(consoleFile(f, "boxAppSettings.appAuth.privateKey", pem))
		f.Add(consoleFile(f, "boxAppSettings.appAuth.privateKey", pem, "boxAppSettings.appAuth.passphrase", "canary"))
	}
	f.Add(consoleFile(f, "enterpriseID", 5, "userID", "canary"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := boxapi.ParseJWTConfig(data)
		if err == nil {
			if _, err := boxapi.New(boxapi.Config{Auth: got}); err != nil {
				t.Fatalf("read and not usable: %v", err)
			}
			return
		}
		if text := err.Error(); text == "" || len(text) > 4000 || strings.Contains(text, "canary") {
			t.Fatalf("%d bytes of error: %s", len(text), text)
		}
	})
}
