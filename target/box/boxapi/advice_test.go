package boxapi_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

func refusal(code, description string) step {
	return step{status: 400, body: fmt.Sprintf(`{"error":%q,"error_description":%q}`, code, description)}
}

// The bodies are Box's. Where no other source is named, they are those of its
// guide to common errors (box/developer.box.com#902).
func TestError_Advice(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		token step // to the token request, if its status is not 0
		call  step
		want  string // the beginning
	}{
		"secret": {token: refusal("invalid_client", "The client credentials are invalid"),
			want: "client id or client secret is wrong: compare both with the Configuration page of the app in Box's developer console"},
		"secret_by_its_words": {token: refusal("invalid_request", "The client credentials are invalid"),
			want: "client id or client secret is wrong"},
		"iss": {token: refusal("invalid_grant", "Please check the 'iss' claim. The client id specified is invalid."),
			want: "client id or client secret is wrong"},
		"not_authorized": {token: refusal("unauthorized_client", "This app is not authorized by the enterprise admin"), // box/boxcli#154
			want: "the app is not authorised in this enterprise: a Box admin authorises it"},
		"not_authorized_without_words": {token: refusal("unauthorized_client", ""),
			want: "the app is not authorised in this enterprise"},
		"subject_type": {token: refusal("unauthorized_client", `The "box_subject_type" value is unauthorized for this client_id`), // support.box.com, post 6754785881491
			want: `the app may not act for this subject: give it "App + Enterprise Access"`},
		"grant_type": {token: refusal("unauthorized_client", "The grant type is unauthorized for this client_id"), // support.box.com, article 360044193033
			want: "the app has another authentication method"},
		"grant_type_as_request": {token: refusal("invalid_request", "The grant type is unauthorized for this client_id."),
			want: "the app has another authentication method"},
		"user_token": {token: refusal("invalid_request", "Cannot obtain user token based on the enterprise configuration for your app"),
			want: `switch on "Generate user access tokens"`},
		"user_token_as_grant": {token: refusal("unauthorized_client", "Cannot obtain user token based on the enterprise configuration for your app"),
			want: `switch on "Generate user access tokens"`},
		"grant": {token: refusal("invalid_grant", "Grant credentials are invalid"), // box/box-python-sdk-gen#217
			want: "the enterprise id or user id does not fit the app, or the client secret is wrong"},
		"kid": {token: refusal("invalid_grant", `"kid" invalid, unable to lookup correct key`), // rapltech/box-sdk#37
			want: "Box does not know the key id: the public key was deleted or belongs to another app"},
		"kid_empty": {token: refusal("invalid_grant", `"kid" empty, unable to lookup correct key`),
			want: "Box does not know the key id"},
		"signature": {token: refusal("invalid_grant", `Signature verification error. The public key identified by "kid" must correspond to the private key used for signing.`),
			want: "the private key does not belong to the public key of that id"},
		"signature_of_old": {token: refusal("invalid_grant", "OpenSSL unable to verify data: error:0906D06C:PEM routines:PEM_read_bio:no start line"), // Box's own samples
			want: "the private key does not belong to the public key of that id"},
		"sub": {token: refusal("invalid_grant", "Please check the 'sub' claim. The 'sub' specified is invalid."), // support.box.com, article 360043691734
			want: "the enterprise id or user id is wrong"},
		"jti": {token: step{status: 400, body: jtiTwice},
			want: "Box has seen this assertion before"},
		"exp_past":      {token: step{status: 400, body: tooLate}, want: "the clock of this machine is wrong"},
		"exp_far":       {token: step{status: 400, body: tooEarly}, want: "the clock of this machine is wrong"},
		"token_unknown": {token: refusal("invalid_request", "Something else"), want: ""},
		"token_429":     {token: step{status: 429}, want: ""},
		"token_html":    {token: step{status: 400, body: "<html>"}, want: ""},

		"scope": {call: step{status: 403, header: []string{"WWW-Authenticate", `Bearer realm="Service", error="insufficient_scope", error_description="The request requires higher privileges than provided by the access token."`}},
			want: `the app or its account lacks a right: in Box's developer console give the app "App + Enterprise Access" and the scopes "Manage users" and "Manage groups", then have a Box admin re-authorise it`},
		"permissions": {call: step{status: 403, body: `{"type":"error","status":403,"code":"access_denied_insufficient_permissions","message":"Access denied - insufficient permission","request_id":"qbkiebl8v0prtqqn"}`}, // support.box.com, article 360043693434
			want: "the app or its account lacks a right"},
		"location": {call: step{status: 403, body: `{"code":"access_from_location_blocked"}`}, want: "the enterprise lets nobody in from this network"},
		"terms":    {call: step{status: 400, body: `{"code":"terms_of_service_required"}`}, want: "the account that the calls are made with has to accept"},
		"password": {call: step{status: 400, body: `{"code":"password_reset_required"}`}, want: "the account that the calls are made with has to set a new password"},
		"email":    {call: step{status: 403, body: `{"code":"user_email_confirmation_required"}`}, want: "the account that the calls are made with has to confirm its e-mail address"},
		"policy":   {call: step{status: 403, body: `{"code":"forbidden_by_policy"}`}, want: ""},
		"403":      {call: step{status: 403}, want: ""},
		"404":      {call: step{status: 404, body: notFoundJSON}, want: ""},
		"500":      {call: step{status: 500}, want: ""},
		"reset":    {call: step{err: errReset}, want: ""},
		"old_certificate": {call: step{err: &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}},
			want: "the server's certificate has expired or is not valid yet: check this machine's clock"},
		"odd_certificate": {call: step{err: &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}},
			want: "the server's certificate is signed by an authority that this machine does not know"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			steps := []step{tc.token}
			if tc.token.status == 0 {
				steps = []step{tokenStep("tok"), tc.call}
			}
			_, err := client(t, newScript(t, steps...), ccg, func(cfg *boxapi.Config) { cfg.Retry.MaxAttempts = 1 }).Me(t.Context())
			got := asError(t, err).Advice()
			assert.True(t, strings.HasPrefix(got, tc.want) && (got == "") == (tc.want == ""), "got %q", got)
			assert.NotContains(t, got, "\n")
			assert.False(t, strings.HasSuffix(got, "."), "it is shown as the rest of a line")
		})
	}
}

func TestError_Advice_by_what_was_asked(t *testing.T) {
	t.Parallel()
	denied := step{status: 403, body: `{"code":"access_denied_insufficient_permissions"}`}
	t.Run("as_user", func(t *testing.T) {
		t.Parallel()
		_, err := client(t, newScript(t, denied), func(cfg *boxapi.Config) { cfg.AsUser = "9" }).Me(t.Context())
		assert.Contains(t, asError(t, err).Advice(), `switch on "Make API calls using the as-user header"`)
	})
	t.Run("as_user_without_rights", func(t *testing.T) {
		t.Parallel()
		_, err := client(t, newScript(t, denied), func(cfg *boxapi.Config) { cfg.AsUser = "9" }).ListGroups(t.Context(), boxapi.GroupListOptions{})
		assert.Contains(t, asError(t, err).Advice(), "the user that the calls are made as lacks a right")
		assert.NotContains(t, asError(t, err).Advice(), "as-user header", "Box took that")
	})
	t.Run("developer_token", func(t *testing.T) {
		t.Parallel()
		_, err := client(t, newScript(t, step{status: 401})).Me(t.Context())
		assert.Contains(t, asError(t, err).Advice(), "make a new developer token in Box's developer console")
	})
	t.Run("refused_twice", func(t *testing.T) {
		t.Parallel()
		_, err := client(t, newScript(t, tokenStep("tok-a"), step{status: 401}, tokenStep("tok-b"), step{status: 401}), ccg).Me(t.Context())
		assert.Contains(t, asError(t, err).Advice(), "Box refused a new access token")
	})
	once := func(cfg *boxapi.Config) { cfg.Retry.MaxAttempts = 1 }
	t.Run("hung_up", func(t *testing.T) {
		t.Parallel()
		_, err := client(t, newScript(t, step{err: io.EOF}), once).Me(t.Context())
		require.ErrorIs(t, err, io.EOF)
		assert.EqualError(t, err, "GET /users/me: the connection was closed before an answer came")
	})
	t.Run("no_tls", func(t *testing.T) {
		t.Parallel()
		_, err := client(t, newScript(t, step{err: tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}}), once).Me(t.Context())
		assert.Contains(t, asError(t, err).Advice(), "what answers there speaks no TLS")
	})
	t.Run("stopped", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errors.New("operator left"))
		_, err := client(t, newScript(t)).Me(ctx)
		assert.Empty(t, asError(t, err).Advice())
	})
	t.Run("capped", func(t *testing.T) {
		t.Parallel()
		_, err := client(t, newScript(t, tokenStep("tok")), ccg, func(cfg *boxapi.Config) { cfg.MaxCalls = 1 }).Me(t.Context())
		require.ErrorIs(t, err, boxapi.ErrMaxCalls)
		assert.Empty(t, asError(t, err).Advice())
	})
	t.Run("proxy_status", func(t *testing.T) {
		t.Parallel()
		e := &boxapi.Error{Method: http.MethodGet, Path: "/users/me", Status: http.StatusProxyAuthRequired}
		assert.Contains(t, e.Advice(), "the proxy wants a user and password")
	})
}
