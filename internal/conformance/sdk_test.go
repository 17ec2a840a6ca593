package conformance_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/needs"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// TestSDK lets Box's own client do all that the emulator knows, and compares
// what it makes of the answers with testdata/sdk.txt. Where there is a
// description, both sides are held against it as well.
func TestSDK(t *testing.T) {
	t.Parallel()
	node := needs.Program(t, "node", "install Node.js 18 or later, with npm, and run 'make deps'")
	needs.File(t, "sdk/node_modules/box-node-sdk", "run 'make deps' where there is npm")

	box := sdkBox(t)
	var handler http.Handler = box
	if os.Getenv("BOX_OPENAPI") != "" {
		checker := description(t).Checker()
		handler = checker.Wrap(box)
		t.Cleanup(func() {
			for _, v := range checker.Violations() {
				t.Error(v)
			}
		})
	}
	srv := httptest.NewServer(handler)
	defer srv.Close()

	app, err := box.NewAppSettings()
	require.NoError(t, err)
	settings := filepath.Join(t.TempDir(), "settings.json")
	require.NoError(t, os.WriteFile(settings, app, 0o600))
	drive := exec.CommandContext(t.Context(), node, "sdk/drive.mjs", srv.URL, settings)
	var complaints bytes.Buffer
	drive.Stderr = &complaints
	output, err := drive.Output()
	require.NoError(t, err, "%s%s", output, &complaints)
	assert.Empty(t, complaints.String())
	golden(t, "sdk.txt", string(output))
	assert.Equal(t, []string{"bob@acme.example member", "zoe+x@acme.example admin"}, box.Members("Legal"))
}

// sdkBox is the Box that sdk/drive.mjs expects.
func sdkBox(t *testing.T) *emulator.Server {
	t.Helper()
	box := emulator.New(emulator.Options{})
	require.NoError(t, box.LoadSeed(bytes.NewReader([]byte(`group,external_sync_identifier,login,name,role
Finance,fin,ann@acme.example,Ann,admin
Finance,,bob@acme.example,Bob,member
Legal,,bob@acme.example,,
,,zoe+x@acme.example,Zoe,
`)), "seed.csv"))
	_, err := box.AddUser(emulator.User{Login: "out@other.example", Name: "Out", Kind: emulator.External})
	require.NoError(t, err)
	require.NoError(t, box.AddAlias("ann@acme.example", "ann.old@acme.example"))
	require.NoError(t, box.SetBarrier("ann@acme.example", "Legal"))
	_, err = box.AddCollaboration("Finance", "Budget", "editor")
	require.NoError(t, err)
	box.Inject(emulator.Failure{PathPrefix: "/2.0/users/20002", Status: http.StatusUnauthorized})
	box.Inject(emulator.Failure{PathPrefix: "/2.0/users/20003", Status: http.StatusServiceUnavailable})
	return box
}

// TestSDK_lockNamesNoRegistry keeps the file installable from everywhere: who
// updates it with other settings than those beside it writes a host into it.
func TestSDK_lockNamesNoRegistry(t *testing.T) {
	t.Parallel()
	lock, err := os.ReadFile("sdk/package-lock.json")
	require.NoError(t, err)
	assert.Contains(t, string(lock), `"node_modules/box-node-sdk"`)
	assert.NotContains(t, string(lock), `"resolved"`)
}
