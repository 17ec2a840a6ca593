package cmd

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// Whatever a configuration holds, it is read or refused; it never panics, and
// what is refused is told with the file's name.
func FuzzParseConfig(f *testing.F) {
	example, err := os.ReadFile("../config.example.yaml")
	require.NoError(f, err)
	f.Add(string(example))
	f.Add("version: 1\nsources: &a\n  - *a\n")
	f.Add("limits: {removals: [5%, 500], floor: []}\ntarget: {box: {auth: {token: {env: X}}}}")
	f.Add("target: {box: }\nmembers: {protect: [[]]}\nrun: {drain: 7d}")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseConfig("file.yaml", []byte(text))
		if err != nil {
			for line := range strings.Lines(err.Error()) {
				if !strings.HasPrefix(line, "file.yaml") {
					t.Fatalf("no place: %q", err)
				}
				break
			}
			return
		}
		c.problems()
		c.policies()
	})
}

// The example shows every key that the program knows, set or commented out.
func TestExampleConfig_showsEveryKey(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../config.example.yaml")
	require.NoError(t, err)
	for _, key := range keysOf(reflect.TypeFor[config]()) {
		assert.Contains(t, string(text), key+":", "config.example.yaml does not show the key %q", key)
	}
}

func keysOf(t reflect.Type) []string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || reflect.PointerTo(t).Implements(reflect.TypeFor[yaml.Unmarshaler]()) {
		return nil
	}
	var keys []string
	for key, field := range fieldsOf(t) {
		keys = append(append(keys, key), keysOf(field)...)
	}
	return keys
}

// What the example shows as defaults is what a file that says nothing means.
func TestExampleConfig_showsTheDefaults(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../config.example.yaml")
	require.NoError(t, err)
	shown, err := parseConfig("config.example.yaml", text)
	require.NoError(t, err)
	silent, err := parseConfig("silent.yaml", []byte("version: 1\n"))
	require.NoError(t, err)
	assert.Equal(t, silent.Limits, shown.Limits)
	assert.Equal(t, silent.Run, shown.Run)
	assert.Equal(t, silent.Log, shown.Log)
	assert.Equal(t, silent.Members.AdminPermissions, shown.Members.AdminPermissions)
	assert.Equal(t, silent.Members.Remove, shown.Members.Remove)
	assert.Equal(t, silent.Members.ManageRoles, shown.Members.ManageRoles)
	assert.Equal(t, silent.Groups.Create, shown.Groups.Create)
	assert.Equal(t, silent.Instance, shown.Instance)

	// The block for the real Box is commented out; its defaults are checked too.
	_, block, found := strings.Cut(string(text), "  # box:")
	require.True(t, found)
	block, _, _ = strings.Cut("  # box:"+block, "\n\n")
	uncommented := "version: 1\ntarget:\n" + regexp.MustCompile(`(?m)^  # `).ReplaceAllString(block, "  ")
	shown, err = parseConfig("block.yaml", []byte(uncommented))
	require.NoError(t, err)
	silent, err = parseConfig("silent.yaml", []byte("version: 1\ntarget: {box: {auth: {}}}\n"))
	require.NoError(t, err)
	shown.Target.Box.Auth = silent.Target.Box.Auth
	assert.Equal(t, silent.Target.Box, shown.Target.Box)
}

func TestLimit_UnmarshalYAML_replacesTheDefault(t *testing.T) {
	t.Parallel()
	c, err := parseConfig("x.yaml", []byte("limits: {removals: 7, adds: [10%, 3]}"))
	require.NoError(t, err)
	assert.Equal(t, "7", c.Limits.Removals.String(), "not joined with the default's share")
	assert.Equal(t, "[10%, 3]", c.Limits.Adds.String())
	assert.Equal(t, "50%", c.Limits.RemovalsPerGroup.String())
}

func TestNearest(t *testing.T) {
	t.Parallel()
	fields := fieldsOf(reflect.TypeFor[limitsConfig]())
	for key, want := range map[string]string{
		"removal":         `; did you mean "removals"?`,
		"admingrants":     `; did you mean "admin_grants"?`,
		"removalspergrup": `; did you mean "removals_per_group"?`,
		"qwertyuiop":      "",
		"":                "",
	} {
		assert.Equal(t, want, nearest(key, fields), key)
	}
}
