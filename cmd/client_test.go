package cmd

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// What the client advises in terms of its own fields is said in those of the
// configuration.
func TestBoxHint_inOurWords(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.NotFoundHandler()) // signed by nobody whom this machine knows
	t.Cleanup(server.Close)
	var stdout, stderr bytes.Buffer
	env := &Env{Stdout: &stdout, Stderr: &stderr, LookupEnv: withToken}
	assert.Equal(t, exitUnreadable, Run(t.Context(), env, []string{"check", "-c", checkAgainst(t, server.URL)}))
	shown := strings.Join(strings.Fields(stdout.String()), " ")
	assert.Contains(t, shown, "name a file with the authority's certificate in target.box.ca_file")
	assert.NotContains(t, shown, "RootCAs")

	hint := boxHint(&boxapi.Error{Status: http.StatusProxyAuthRequired})
	assert.Contains(t, hint, "set HTTPS_PROXY to its address with both, as in http://user:password@")
}
