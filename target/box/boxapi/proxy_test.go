package boxapi_test

import (
	"bytes"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// A proxy's 404 does not say that anything is gone, nor its 403 that the app
// lacks a right, nor does what is left of Box's own answers when they break off.
func TestClient_refusals_that_are_not_Boxs(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		step step
		kind boxapi.Kind
	}{
		"404_page":   {step{status: 404, body: "<html>", header: []string{"Content-Type", "text/html"}}, boxapi.Network},
		"404_text":   {step{status: 404, body: "404 page not found\n", header: []string{"Content-Type", "text/plain"}}, boxapi.Network},
		"404_torn":   {step{status: 404, torn: true}, boxapi.Network},
		"403_page":   {step{status: 403, body: "<html>"}, boxapi.Network},
		"403_cut":    {step{status: 403, body: `{"type":"error","code":"forbidden_by_po`}, boxapi.Network},
		"403_torn":   {step{status: 403, body: `{"type":"error"`, torn: true}, boxapi.Network},
		"404_empty":  {step{status: 404}, boxapi.NotFound},
		"404_Boxs":   {step{status: 404, body: notFoundJSON}, boxapi.NotFound},
		"403_empty":  {step{status: 403}, boxapi.Forbidden}, // a missing scope
		"403_policy": {step{status: 403, body: `{"code":"forbidden_by_policy"}`}, boxapi.Policy},
		"400_page":   {step{status: 400, body: "<html>"}, boxapi.Invalid},
		"409_page":   {step{status: 409, body: "<html>"}, boxapi.Conflict},
	}
	for name, tc := range tests {
		for method, call := range byMethod() {
			t.Run(name+"_"+method, func(t *testing.T) {
				t.Parallel()
				attempts := 1
				if tc.kind == boxapi.Network && method == http.MethodGet {
					attempts = 3
				}
				c := client(t, newScript(t, slices.Repeat([]step{tc.step}, attempts)...), func(cfg *boxapi.Config) { cfg.Retry.MaxAttempts = 3 })
				e := asError(t, call(t.Context(), c))
				assert.Equal(t, tc.kind, e.Kind())
				assert.Equal(t, attempts, e.Attempts)
				assert.Equal(t, tc.kind == boxapi.Network && method != http.MethodGet, e.Uncertain)
			})
		}
	}
}

// The token endpoint's refusals stay refusals: a run that cannot get a token
// ends at once.
func TestClient_refusals_of_a_token_that_are_not_Boxs(t *testing.T) {
	t.Parallel()
	box := newScript(t, step{status: 403, body: "<html>"})
	var logs bytes.Buffer
	c := client(t, box, ccg, func(cfg *boxapi.Config) { cfg.Logger = logTo(&logs) })
	_, err := c.Me(t.Context())
	assert.Equal(t, boxapi.Unauthorized, asError(t, err).Kind())
	assert.NotContains(t, logs.String(), "canary-secret")
}
