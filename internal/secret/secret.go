// Package secret keeps a text from being printed by mistake.
package secret

import (
	"fmt"
	"log/slog"
)

// shown is what stands wherever a secret would be printed.
const shown = "[secret]"

// Secret is a text that nothing prints: no verb of package fmt, no encoder and no
// logger, also where it is a field of something that is printed. The zero value
// holds "". Two secrets are compared by what [Secret.Reveal] returns.
type Secret struct {
	// A pointer, as fmt calls no methods of fields that are not exported, and
	// shows of such a pointer nothing but the address.
	text *string
}

// New returns a secret that holds the text.
func New(text string) Secret { return Secret{&text} }

// Reveal returns the text. Whoever calls it sees to it that it goes nowhere but to
// whom it is meant for.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Format implements [fmt.Formatter]: whatever the verb, the text is not shown.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(shown)) }

// String implements [fmt.Stringer].
func (s Secret) String() string { return shown }

// GoString implements [fmt.GoStringer].
func (s Secret) GoString() string { return shown }

// MarshalText implements [encoding.TextMarshaler], for JSON and XML as well.
func (s Secret) MarshalText() ([]byte, error) { return []byte(shown), nil }

// MarshalJSON implements [encoding/json.Marshaler].
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + shown + `"`), nil }

// MarshalYAML is what YAML libraries ask for.
func (s Secret) MarshalYAML() (any, error) { return shown, nil }

// LogValue implements [slog.LogValuer].
func (s Secret) LogValue() slog.Value { return slog.StringValue(shown) }
