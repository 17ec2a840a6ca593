package cmd

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// throwawayKeys are what other programs than ours wrote one private key as; those
// called refused-… are what Box's client cannot use.
const throwawayKeys = "../target/box/boxapi/testdata/throwaway-keys/"

// passphrase opens those of them that are encrypted.
const passphrase = "throwaway"

// installation is a directory with a configuration whose credentials are a key.
type installation struct {
	t   *testing.T
	dir string
	box *emulator.Server
}

func newInstallation(t *testing.T, privateKey []byte) *installation {
	t.Helper()
	text, err := os.ReadFile(throwawayKeys + "pkcs1.pem")
	require.NoError(t, err)
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	require.NoError(t, err)
	in := &installation{t: t, dir: t.TempDir(), box: emulator.New(emulator.Options{})}
	in.box.AddPublicKey("kid1", &key.PublicKey)
	require.NoError(t, in.box.LoadSeed(strings.NewReader("group,external_sync_identifier,login\nSales,rollcall:main:hr:Sales,bob@acme.example\n,,ann@acme.example\n"), "box.csv"))
	server := httptest.NewServer(in.box)
	t.Cleanup(server.Close)
	settings, err := json.Marshal(map[string]any{
		"boxAppSettings": map[string]any{
			"clientID": emulatorClientID, "clientSecret": emulatorClientSecret,
			"appAuth": map[string]string{"publicKeyID": "kid1", "privateKey": string(privateKey), "passphrase": passphrase},
		},
		"enterpriseID": emulatorEnterprise,
	})
	require.NoError(t, err)
	in.write("settings.json", string(settings))
	in.write("hr.csv", "group,login\nSales,ann@acme.example\nSales,bob@acme.example\n")
	in.write("rollcall.yaml", fmt.Sprintf(`version: 1
sources: [{name: hr, csv: {path: hr.csv}}]
target: {box: {base_url: "%s", auth: {jwt: {config_file: settings.json}}}}
log: {level: error}
`, server.URL))
	return in
}

func (in *installation) write(name, text string) {
	in.t.Helper()
	require.NoError(in.t, os.WriteFile(filepath.Join(in.dir, name), []byte(text), 0o600))
}

// run runs the program; where an argument names a file, it is one of the
// directory.
func (in *installation) run(args ...string) (code int, stdout, stderr string) {
	in.t.Helper()
	for i, arg := range args {
		if filepath.Ext(arg) != "" {
			args[i] = filepath.Join(in.dir, arg)
		}
	}
	var out, errs bytes.Buffer
	env := &Env{Stdout: &out, Stderr: &errs, LookupEnv: func(string) (string, bool) { return "", false }}
	code = Run(in.t.Context(), env, args)
	return code, out.String(), errs.String()
}

// keysNamed returns the throw-away keys, by file name, that are to be refused or
// not.
func keysNamed(t *testing.T, refused bool) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(throwawayKeys + "*.pem")
	require.NoError(t, err)
	keys := map[string][]byte{}
	for _, path := range paths {
		name := filepath.Base(path)
		if strings.HasPrefix(name, "refused-") != refused {
			continue
		}
		keys[name], err = os.ReadFile(path)
		require.NoError(t, err)
	}
	require.Greater(t, len(keys), 8)
	return keys
}

func TestJWT_everyKeyFormat(t *testing.T) {
	t.Parallel()
	for name, key := range keysNamed(t, false) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := newInstallation(t, key)
			code, stdout, stderr := in.run("check", "-c", "rollcall.yaml")
			assert.Equal(t, exitDone, code, stderr)
			assert.Contains(t, stdout, "Everything works. ")
			code, stdout, stderr = in.run("plan", "-c", "rollcall.yaml", "-o", "plan.jsonl")
			assert.Equal(t, exitDone, code, stderr)
			assert.Contains(t, stdout, "Plan: 1 to add, ")
			code, stdout, stderr = in.run("apply", "plan.jsonl", "-c", "rollcall.yaml")
			assert.Equal(t, exitDone, code, stderr)
			assert.Contains(t, stdout, "Applied: 1 of 1 ")
			assert.Equal(t, []string{"ann@acme.example member", "bob@acme.example member"}, in.box.Members("Sales"))
		})
	}
}

// A key that cannot be used is wrong input: Box is not asked, and no part of the
// key is shown.
func TestJWT_unusableKeys(t *testing.T) {
	t.Parallel()
	for name, key := range keysNamed(t, true) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := newInstallation(t, key)
			code, stdout, stderr := in.run("plan", "-c", "rollcall.yaml")
			assert.Equal(t, exitInput, code)
			assert.Empty(t, stdout)
			assert.Contains(t, stderr, "rollcall: read the app's settings in "+in.dir)
			assert.Contains(t, stderr, "boxAppSettings.appAuth.privateKey")
			assert.NotContains(t, stderr, passphrase)
			for line := range strings.Lines(string(key)) {
				if line = strings.TrimSpace(line); !strings.HasPrefix(line, "-----") && line != "" {
					assert.NotContains(t, stderr, line)
				}
			}
			assert.Zero(t, in.box.Stats().Requests)
		})
	}
}
