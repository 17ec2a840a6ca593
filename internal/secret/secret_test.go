package secret_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/rollcall-sync/rollcall/internal/secret"
)

const canary = "canary"

// wrapped has secrets where methods are called, and where they are not.
type wrapped struct {
	Open   secret.Secret
	Points *secret.Secret
	Many   []secret.Secret
	Named  map[string]secret.Secret
	Any    any
	inner  secret.Secret
	deep   struct{ s *secret.Secret }
}

func forms() map[string]any {
	s := secret.New(canary)
	w := wrapped{Open: s, Points: &s, Many: []secret.Secret{s}, Named: map[string]secret.Secret{"a": s}, Any: s, inner: s}
	w.deep.s = &s
	return map[string]any{
		"itself": s, "pointer": &s, "struct": w, "pointer to struct": &w, "list": []secret.Secret{s}, "inner": struct{ a any }{s},
		"error": errors.Join(fmt.Errorf("of %v", s)),
	}
}

// absent fails if a text has the secret, in letters, in hex, or as the numbers of
// its bytes.
func absent(t *testing.T, name, text string) {
	t.Helper()
	text = strings.ToLower(text)
	for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("% x", canary), fmt.Sprint([]byte(canary)), fmt.Sprintf("%o", canary[0]) + " "} {
		assert.NotContains(t, text, form, name)
	}
}

func TestSecret_noVerbPrintsIt(t *testing.T) {
	t.Parallel()
	for name, value := range forms() {
		for verb := rune('A'); verb <= 'z'; verb++ {
			for _, flags := range []string{"", "+", "#", " ", "-20", ".2", "08"} {
				format := "%" + flags + string(verb)
				absent(t, name+" "+format, fmt.Sprintf(format, value))
			}
		}
	}
	s := secret.New(canary)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		assert.Equal(t, "[secret]", fmt.Sprintf(verb, s), verb)
	}
	assert.Equal(t, "[secret]", s.String())
	assert.Equal(t, "[secret]", s.GoString())
}

func TestSecret_noEncoderPrintsIt(t *testing.T) {
	t.Parallel()
	s := secret.New(canary)
	for name, value := range forms() {
		text, err := json.Marshal(value)
		require.NoError(t, err)
		absent(t, name, string(text))
		text, err = yaml.Marshal(value)
		require.NoError(t, err)
		absent(t, name, string(text))
		for _, handler := range []func(*bytes.Buffer) slog.Handler{
			func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
			func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		} {
			var log bytes.Buffer
			slog.New(handler(&log)).Info("m", "key", value, slog.Group("g", "key", value))
			require.NotEmpty(t, log.String())
			absent(t, name, log.String())
		}
	}
	for _, marshal := range []func(any) ([]byte, error){json.Marshal, xml.Marshal, yaml.Marshal} {
		text, err := marshal(s)
		require.NoError(t, err)
		assert.Contains(t, string(text), "[secret]")
	}
	text, err := json.Marshal(map[string]any{"key": s})
	require.NoError(t, err)
	assert.JSONEq(t, `{"key": "[secret]"}`, string(text))
	assert.Equal(t, "[secret]", s.LogValue().String())
}

func TestSecret_Reveal(t *testing.T) {
	t.Parallel()
	assert.Equal(t, canary, secret.New(canary).Reveal())
	assert.Empty(t, secret.Secret{}.Reveal())
	assert.Equal(t, "[secret]", fmt.Sprint(secret.Secret{}), "whether there is one is not told either")
}
