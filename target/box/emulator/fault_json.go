package emulator

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// setting is a value that can be set, and what it is called in JSON. The value
// is a pointer to a float64, int, bool, string or [time.Duration]; the last is
// a string such as "2s" in JSON.
type setting struct {
	key   string
	value any
}

func encodeSettings(settings []setting) ([]byte, error) {
	out := make(map[string]any, len(settings))
	for _, s := range settings {
		out[s.key] = s.value
		if d, isDuration := s.value.(*time.Duration); isDuration {
			out[s.key] = d.String()
		}
	}
	return json.Marshal(out)
}

// decodeSettings sets what the object has. On error some may be set.
func decodeSettings(b []byte, settings []setting) error {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(b, &given); err != nil {
		return err
	}
	for key, text := range given {
		i := slices.IndexFunc(settings, func(s setting) bool { return s.key == key })
		if i < 0 {
			return fmt.Errorf("there is no %q; there are %s", key, names(settings))
		}
		if err := settings[i].decode(text); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

func (s setting) decode(text []byte) error {
	d, isDuration := s.value.(*time.Duration)
	if !isDuration {
		return json.Unmarshal(text, s.value)
	}
	var words string
	err := json.Unmarshal(text, &words)
	if err == nil {
		*d, err = time.ParseDuration(words)
	}
	if err != nil {
		return fmt.Errorf("%s is no duration; one is written as \"2s\" or \"150ms\"", text)
	}
	return nil
}

func names(settings []setting) string {
	keys := make([]string, len(settings))
	for i, s := range settings {
		keys[i] = s.key
	}
	return strings.Join(keys, ", ")
}
