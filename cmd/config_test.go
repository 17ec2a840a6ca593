package cmd

import (
	"maps"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// canary stands for a secret.
const canary = "hunter2canary"

// underSecrets are configurations with a text in the place of a section that has
// secrets in it. The text is indented, so that it stays there.
func underSecrets(text string) map[string]string {
	text = strings.NewReplacer("\r\n", "\n        ", "\n", "\n        ", "\r", "\n        ", "\u0085", "\n        ",
		"\u2028", "\n        ", "\u2029", "\n        ").Replace(text)
	return map[string]string{
		"auth": "version: 1\nsources: [{name: hr, csv: {path: a}}]\ntarget:\n  box:\n    auth:\n        " + text + "\n",
		"bind": "version: 1\nsources:\n- name: a\n  ldap:\n    bind:\n        " + text + "\n",
	}
}

// Whatever a configuration holds, it is read or refused; it never panics, what is
// refused is told with its place, and nothing that stands where secrets belong is
// told.
func FuzzParseConfig(f *testing.F) {
	example, err := os.ReadFile("../config.example.yaml")
	require.NoError(f, err)
	f.Add(string(example))
	f.Add("version: 1\nsources: &a\n  - *a\n")
	f.Add("limits: {removals: [5%, 500], floor: []}\ntarget: {box: {auth: {token: {env: X}}}}")
	f.Add("target: {box: }\nmembers: {protect: [[]]}\nrun: {drain: 7d}")
	for _, text := range wrongSecrets() {
		f.Add(text)
	}
	place := regexp.MustCompile(`^file\.yaml(:[1-9][0-9]*: |: the file is empty$)`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, err := range problemsIn(text) {
			if line := err.Error(); !place.MatchString(line) || strings.Contains(line, "\n") {
				t.Fatalf("no place: %q", line)
			}
		}
		for name, inside := range underSecrets(strings.ReplaceAll(text, "$", canary)) {
			for _, err := range problemsIn(inside) {
				if strings.Contains(err.Error(), canary) {
					t.Fatalf("%s: the secret is shown: %q", name, err)
				}
			}
		}
		first, err := parseConfig("file.yaml", []byte(text))
		if err != nil {
			return
		}
		first.policies()
		second, err := parseConfig("file.yaml", []byte(text))
		require.NoError(t, err)
		for _, c := range []*config{first, second} {
			c.at, c.line, c.has = nil, nil, nil
		}
		assert.Equal(t, first, second)
	})
}

// problemsIn returns all that is wrong with a text, in its form and in its sense.
func problemsIn(text string) []error {
	c, err := parseConfig("file.yaml", []byte(text))
	var found []error
	if err != nil {
		found = problemsOf(err)
	}
	if c != nil {
		found = append(found, c.problems()...)
	}
	return found
}

// wrongSecrets are ways to write a secret, which is $, where it does not belong.
func wrongSecrets() []string {
	return []string{
		"$", "[$]", "{$: 1}", "token: $", "token: {env: $-}", "token: {file: ~, $: 1}", "token: {env: A, env: $}", "token: [$]",
		"token: {env: A, file: $}", "token: {value: $}", "token: {env: [$]}", "token: !$ a", "token: *$", "token: &$ x", "? $\n: x", "? [$]\n: x",
		"jwt: {config_file: [$]}", "jwt: $", "jwt: {$}", "jwt: {client_secret: $}", "ccg: {client_secret: $, client_id: a}",
		"ccg: {client_secret:$, client_id: a}", "ccg: {enterprise_id: $}", "ccg: {user_id: $}", "ccg: {client_id: true, client_secret: '$'}",
		"ccg: {client_secret: \"$\n", "ccg: {client_secret: '$}", "ccg: {client_secret: @$}", "ccg: {client_secret: $ : $}", "$:$", "token:$",
		"method: $", "password: $", "dn: [$]", "passwort: $", "method: simple\ndn: a\npassword: $", "password:$", "{password: {env: $$, env: a}}",
		"<<: $", "<<: {$: 1}", "!!binary $", "token: {env: $.}\n$: &a $\nb: *a", "$: {\n", "- $\n$: 1", "%$", "\t$", "|$\n $", "\"\\$\"",
	}
}

// A secret in the wrong place or form is refused, and never shown.
func TestParseConfig_showsNoSecrets(t *testing.T) {
	t.Parallel()
	for _, text := range wrongSecrets() {
		for name, inside := range underSecrets(strings.ReplaceAll(text, "$", canary)) {
			found := problemsIn(inside)
			assert.NotEmpty(t, found, "%s: %s", name, text)
			for _, err := range found {
				assert.NotContains(t, err.Error(), canary, "%s: %s", name, text)
			}
		}
	}
	// What belongs to a secret may have ended up elsewhere.
	for _, text := range []string{
		"token: $\n", "client_secret:$\n", "target: {box: {token: $}}\n", "target: {box: {client_secret:$}}\n", "target: {box: {client_secret: $}}\n",
		"sources: [{ldap: {password: $}}]\n", "sources: [{ldap: {urls: [\"ldap://me:$@dc1\"]}}]\n",
		"version: 1\ntarget: {box: {proxy: \"http://me:$@proxy:1\", base_url: \"https://me:$@box\", auth: {}}}\n",
	} {
		found := problemsIn(strings.ReplaceAll(text, "$", canary))
		assert.NotEmpty(t, found, text)
		for _, err := range found {
			assert.NotContains(t, err.Error(), canary, text)
		}
	}
}

// The example shows every key that the program knows, set or commented out.
func TestExampleConfig_showsEveryKey(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../config.example.yaml")
	require.NoError(t, err)
	for _, key := range keysOf(reflect.TypeFor[config]()) {
		assert.True(t, strings.Contains(string(text), key+":"), "config.example.yaml does not show the key %q", key)
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
		hint, _ := nearest(key, maps.Keys(fields))
		assert.Equal(t, want, hint, key)
	}
}
