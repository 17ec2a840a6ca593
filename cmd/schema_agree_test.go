package cmd

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"
)

const boxedConfig = `version: 1
sources: [{name: hr, csv: {path: hr.csv}}]
target: {box: {auth: {ccg: {client_id: a, client_secret: {env: B}, enterprise_id: "1"}}}}
`

const directoryConfig = `version: 1
sources:
  - name: hr
    ldap:
      urls: [ldaps://dc1.example.com]
      bind: {dn: "cn=rollcall,dc=example,dc=com", password: {env: P}}
      groups: {base_dn: "dc=example,dc=com", filter: (objectClass=group)}
      users: {base_dn: "dc=example,dc=com"}
target: {emulator: {}}
`

// with returns the configuration with one key set to a YAML value. The key is a
// path as schemaKeys has it; of a list, the first entry is meant.
func with(t require.TestingT, text, key, value string) []byte {
	var tree, set any
	require.NoError(t, yaml.Unmarshal([]byte(text), &tree))
	require.NoError(t, yaml.Unmarshal([]byte(value), &set))
	section := tree.(map[string]any)
	steps := strings.Split(key, ".")
	for _, step := range steps[:len(steps)-1] {
		next := section[step]
		if list, ok := next.([]any); ok {
			next = list[0]
		}
		if next == nil {
			next = map[string]any{}
			section[step] = next
		}
		section = next.(map[string]any)
	}
	section[steps[len(steps)-1]] = set
	out, err := yaml.Marshal(tree)
	require.NoError(t, err)
	return out
}

// configFor is a configuration in which the key can stand.
func configFor(key string) string {
	switch {
	case strings.HasPrefix(key, "policies."):
		return boxedConfig + "policies: [{match: \"F*\"}]\n"
	case key == "sources.ldap.bind.method":
		return strings.Replace(directoryConfig, "ldaps://dc1.example.com]", "ldaps://dc1.example.com]\n      tls: {cert_file: c, key_file: k}", 1)
	case strings.HasPrefix(key, "sources.ldap"):
		return directoryConfig
	case strings.HasPrefix(key, "target.emulator"):
		return demoConfig
	case key == "target.box.auth.token":
		return strings.Replace(boxedConfig, "{ccg: {client_id: a, client_secret: {env: B}, enterprise_id: \"1\"}}", "{}", 1)
	case strings.HasPrefix(key, "holds.acknowledge."):
		return boxedConfig + "holds: {acknowledge: [{rule: partial, until: 2099-12-31, reason: known}]}\n"
	case strings.HasPrefix(key, "pause."):
		return boxedConfig + "pause: [{until: 2099-12-31, reason: audit}]\n"
	default:
		return boxedConfig
	}
}

// textKeys returns the keys that hold a single text.
func textKeys(path string, section reflect.Type) []string {
	var keys []string
	for name, field := range fieldsOf(section) {
		key := strings.TrimPrefix(path+"."+name, ".")
		for field.Kind() == reflect.Pointer || field.Kind() == reflect.Slice && field.Elem().Kind() == reflect.Struct {
			field = field.Elem()
		}
		switch {
		case field.Kind() == reflect.String:
			keys = append(keys, key)
		case field.Kind() == reflect.Struct && !readsItself(field):
			keys = append(keys, textKeys(key, field)...)
		}
	}
	return keys
}

// Where the program takes certain words only, the schema has just these, and the
// other way round.
func TestConfigSchema_hasTheProgramsWords(t *testing.T) {
	t.Parallel()
	schema := validator(t)
	chosen := 0
	for _, key := range textKeys("", reflect.TypeFor[config]()) {
		const nonsense = `"no such word"`
		text := with(t, configFor(key), key, nonsense)
		refused := usable(text)
		invalid := slices.Contains(faults(schema.Validate(asJSON(t, text))), place(key))
		words := wordsOf(t, key)
		assert.Equal(t, refused != nil && strings.Contains(refused.Error(), "it can be "), len(words) > 0,
			"%s: does the program take certain words only? %v", key, refused)
		if len(words) == 0 {
			continue
		}
		chosen++
		assert.True(t, invalid, key)
		_, listed, _ := strings.Cut(refused.Error(), "it can be ")
		listed, _, _ = strings.Cut(listed, "\n")
		if key == "sources.csv.delimiter" {
			listed = ", \t, ,, ;, auto, tab, |"
		}
		if strings.HasPrefix(key, "groups.settings.") {
			listed = ", " + listed
		}
		assert.Equal(t, listed, strings.Join(words, ", "), key)
		for _, word := range words {
			base := configFor(key)
			if key == "sources.ldap.bind.method" && word != "simple" {
				base = strings.Replace(base, `{dn: "cn=rollcall,dc=example,dc=com", password: {env: P}}`, "{}", 1)
			}
			text := with(t, base, key, fmt.Sprintf("%q", word))
			assert.NoError(t, usable(text), "%s: %s", key, word)
			assert.Empty(t, faults(schema.Validate(asJSON(t, text))), "%s: %s", key, word)
		}
	}
	assert.GreaterOrEqual(t, chosen, 8)
}

// wordsOf returns the words that the key can be, as the schema has them.
func wordsOf(t *testing.T, key string) []string {
	t.Helper()
	var schema map[string]any
	require.NoError(t, json.Unmarshal(generateSchema(t), &schema))
	for step := range strings.SplitSeq(key, ".") {
		if items, ok := schema["items"].(map[string]any); ok {
			schema = items
		}
		next, ok := schema["properties"].(map[string]any)[step].(map[string]any)
		require.True(t, ok, key)
		schema = next
	}
	enum, _ := schema["enum"].([]any)
	var words []string
	for _, word := range enum {
		words = append(words, word.(string))
	}
	return words
}

// place is where faults reports the key.
func place(key string) string {
	for _, list := range []string{"sources", "policies", "pause", "holds.acknowledge"} {
		key = strings.Replace(key, list+".", list+"/0/", 1)
	}
	return strings.ReplaceAll(key, ".", "/")
}

func TestConfigSchema_asksForWhatMustBeThere(t *testing.T) {
	t.Parallel()
	schema := validator(t)
	for name, text := range map[string]string{
		"version": "sources: [{name: hr, csv: {path: a}}]\ntarget: {emulator: {}}",
		"sources": "version: 1\ntarget: {emulator: {}}",
		"target":  "version: 1\nsources: [{name: hr, csv: {path: a}}]",
	} {
		assert.Error(t, usable([]byte(text)), name)
		assert.Equal(t, []string{""}, faults(schema.Validate(asJSON(t, []byte(text)))), name)
	}
}

// The program and the schema agree on single values, good and bad.
func TestConfigSchema_agreesWithTheProgram(t *testing.T) {
	t.Parallel()
	schema := validator(t)
	for key, values := range map[string]struct{ good, bad []string }{
		"version":               {[]string{`1`}, []string{`0`, `2`, `"1"`, `~`, `1.5`}},
		"instance":              {[]string{`a`, `A1._-`, `5`, `1.5`}, []string{`""`, `-5`, `true`, `-a`, `"a:b"`, `"a b"`, `~`, `[a]`}},
		"sources":               {nil, []string{`[]`, `~`, `{}`, `[~]`, `[{name: hr}]`, `[{csv: {path: a}}]`}},
		"sources.name":          {[]string{`hr.2`}, []string{`"h:r"`, `""`}},
		"sources.csv":           {nil, []string{`~`, `{}`, `{path: ""}`, `a.csv`}},
		"sources.csv.path":      {[]string{`a`, `5`}, []string{`true`, `~`, `""`, `[a]`}},
		"sources.csv.columns":   {[]string{`~`, `{}`, `{role: ""}`}, []string{`[]`, `{rolle: a}`, `{role: ~}`}},
		"sources.expect":        {[]string{`~`, `{min_groups: 0, min_memberships: 0}`}, []string{`{min_groups: -1}`, `{min_memberships: a}`}},
		"target":                {[]string{`{emulator: {}}`}, []string{`~`, `{}`, `{box: {auth: {token: {env: A}}}, emulator: {}}`, `{box: {}}`}},
		"target.emulator":       {[]string{`{}`}, []string{`~`, `{seeds: a}`}},
		"target.box.auth":       {[]string{`{token: {file: a}}`}, []string{`~`, `{}`, `{token: {env: A}, ccg: {client_id: a, client_secret: {env: B}, user_id: 1}}`, `{jwt: {}}`}},
		"target.box.auth.ccg":   {[]string{`{client_id: a, client_secret: {env: B}, user_id: 1}`, `{client_id: a, client_secret: {env: B}, user_id: "1", enterprise_id: ""}`}, []string{`~`, `{client_id: a, client_secret: {env: B}}`, `{client_id: a, client_secret: {env: B}, user_id: "1", enterprise_id: "2"}`, `{client_secret: {env: B}, user_id: "1"}`, `{client_id: a, user_id: "1"}`, `{client_id: "", client_secret: {env: B}, user_id: "1"}`, `{client_id: a, client_secret: {env: B}, user_id: me}`}},
		"target.box.auth.token": {[]string{`{env: A}`, `{env: a_1}`, `{file: a}`, `{file: 5}`}, []string{`a`, `{env: "$A"}`, `{env: 5}`, `{file: true}`, `{env: ~}`, `{}`, `{env: ""}`, `{file: ""}`, `{env: A, file: b}`, `{key: A}`, `[env]`, `~`}},
		"target.box.as_user":    {[]string{`""`, `"17"`, `17`}, []string{`ann@acme.example`, `~`, `-1`}},
		"target.box.rate":       {[]string{`~`, `{requests_per_minute: 0}`}, []string{`{requests_per_minute: -1}`, `{burst: 0}`, `{concurrency: 0}`, `{burst: "1"}`}},
		"target.box.retry":      {[]string{`~`, `{max_attempts: 1}`}, []string{`{max_attempts: 0}`, `{base: 0s}`, `{base: 0}`, `{max_wait: 0s}`}},
		"target.box.timeout":    {[]string{`1s`, `1.5h`, `2m30s`, `1d`}, []string{`0s`, `0`, `0d`, `-1s`, `10`, `1w`, `1d2h`, `~`, `""`, `[1s]`}},
		"target.box.max_calls":  {[]string{`0`, `5`}, []string{`-1`, `1.5`, `many`}},
		"groups":                {[]string{`~`, `{}`}, []string{`[]`, `{includes: []}`}},
		"groups.include":        {[]string{`~`, `[]`, `[2024]`, `["*", "F?", "[a-z]x", "[!a]", "\\[", "]"]`}, []string{`"*"`, `[true]`, `["[a"]`, `[""]`, `["[]"]`, `["[!]"]`, `["a\\"]`, `[~]`, `[[a]]`}},
		"groups.create":         {[]string{`true`, `false`}, []string{`"no"`, `no such`, `~`, `1`}},
		"groups.settings":       {[]string{`~`, `{}`}, []string{`[]`, `{provenence: a}`}},
		"groups.settings.provenance": {[]string{`""`, `HR`, `2024`, `1.10`, `a  b`, `"` + strings.Repeat("ä", 255) + `"`},
			[]string{`~`, `" HR"`, `"HR "`, `"a\nb"`, `"` + strings.Repeat("a", 256) + `"`}},
		"members.domains":           {[]string{`~`, `[acme.example, "@a", " B ", büro.example]`}, []string{`acme.example`, `[~]`, `[[a]]`, `[""]`, `["@"]`, `[a@b.example]`, `["*.a"]`, `["https://a"]`, `[.a]`, `[a.]`, `["a b"]`}},
		"members.admin_permissions": {[]string{`~`, `{can_run_reports: true}`}, []string{`{can_run_reports: 1}`, `[]`, `{can_fly: true}`}},
		"limits.removals":           {[]string{`0`, `5%`, `"5"`, `2.5%`, `[5%, 500]`, `[5]`, `" 5 % "`}, []string{`-1`, `-5%`, `2.5`, `lots`, `"%"`, `[]`, `[5%, ~]`, `[[5]]`, `~`, `{max: 5}`, `""`}},
		"policies":                  {[]string{`~`, `[]`, `[{match: "*"}]`, `[{match: F, remove: true}, {match: "*", limits: ~}]`}, []string{`{}`, `F*`, `[~]`, `[{}]`, `[{match: ""}]`, `[{match: "[a"}]`, `[{match: [F]}]`, `[{remove: false}]`}},
		"policies.remove":           {[]string{`true`, `false`}, []string{`~`, `"no such"`, `1`}},
		"policies.protect":          {[]string{`~`, `[]`, `["a*"]`}, []string{`"a*"`, `[~]`, `["[a"]`}},
		"policies.require_review":   {[]string{`true`}, []string{`~`, `always`}},
		"policies.limits":           {[]string{`~`, `{}`, `{removals_per_group: [5%, 5], adds_per_group: 0, unresolved_members: 7%}`}, []string{`[]`, `5%`, `{removals: 5}`, `{floor: {group: 1}}`, `{removals_per_group: ~}`, `{empty_group: ~}`, `{unresolved_members: some}`}},
		"limits.floor":              {[]string{`~`, `{run: 0}`}, []string{`3`, `{run: -1}`, `{group: -1}`, `{group: 5%}`}},
		"run":                       {[]string{`~`}, []string{`[]`, `fast`}},
		"run.drain":                 {[]string{`0s`, `0`, `7d`}, []string{`-1s`, `soon`}},
		"run.require_review":        {[]string{`false`}, []string{`"yes"`, `~`}},
		"holds":                     {[]string{`~`, `{}`}, []string{`[]`, `{acknowledged: []}`}},
		"holds.acknowledge": {[]string{`~`, `[]`, `[{rule: partial, until: "2026-12-31", reason: a}, {rule: review, until: 2026-12-31, reason: b, group: "F*"}]`},
			[]string{`{}`, `[{rule: partial, until: "2026-12-31"}]`, `[{until: "2026-12-31", reason: a}]`, `[{rule: partial, reason: a}]`, `[{rule: partials, until: "2026-12-31", reason: a}]`}},
		"pause": {[]string{`~`, `[]`, `[{until: 2026-12-31, reason: audit}, {group: "", until: "2026-12-31T01:02:03+01:00", reason: a}]`},
			[]string{`{}`, `[{}]`, `[{until: "2026-12-31"}]`, `[{reason: a}]`, `[{until: "2026-12-31", reason: a, by: ann}]`}},
		"pause.group":  {[]string{`"F*"`, `""`}, []string{`"[a"`, `[a]`, `~`}},
		"pause.until":  {[]string{`"2026-12-31T18:00:00Z"`, `"9999-12-31"`, `"0001-01-01"`}, []string{`"2026-12-31 18:00:00Z"`, `"2026-12-31T18:00:00"`, `"2026-12-31T18:00:00.5Z"`, `"2026-12"`, `soon`, `~`, `""`, `[a]`, `7d`, `20261231`}},
		"pause.reason": {[]string{`audit`, `" a  b "`}, []string{`""`, `" "`, `"a\nb"`, `~`, `[a]`}},
		"log":          {[]string{`~`}, []string{`debug`}},
		"nonsense":     {nil, []string{`1`, `~`}},
	} {
		for _, value := range values.good {
			text := with(t, configFor(key), key, value)
			assert.NoError(t, usable(text), "%s: %s", key, value)
			assert.Empty(t, faults(schema.Validate(asJSON(t, text))), "%s: %s", key, value)
		}
		for _, value := range values.bad {
			text := with(t, configFor(key), key, value)
			assert.Error(t, usable(text), "%s: %s", key, value)
			found := faults(schema.Validate(asJSON(t, text)))
			assert.True(t, slices.ContainsFunc(found, func(f string) bool { return strings.HasPrefix(f, place(key)) }),
				"%s: %s is refused at %q", key, value, found)
		}
	}
}

// What people may write in the forms of our own, the schema takes if and only if
// the program does. A range the wrong way round in a pattern, and numbers that are
// too large for the program, are beyond a schema; of days it takes four digits.
func TestConfigSchema_agreesOnForms(t *testing.T) {
	t.Parallel()
	schema := validator(t)
	for key, letters := range map[string]string{
		"limits.removals":    `[0-9]{0,3}[.]?[0-9]{0,3} ?%?`,
		"run.drain":          `[0-9]{0,4}d|([0-9]{0,3}[.]?[0-9]{0,2}(ns|us|ms|s|m|h|w)){0,3}[0-9]?`,
		"groups.include":     `[a!*?\[\]\\]{0,7}`,
		"target.box.as_user": `[0-9a]{0,4}`,
		"instance":           `[a-b0.:_-]{0,4}`,
	} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				value := fmt.Sprintf("%q", rapid.StringMatching(letters).Draw(rt, "value"))
				if key == "groups.include" {
					value = "[" + value + "]"
				}
				text := with(rt, boxedConfig, key, value)
				if got, want := schema.Validate(asJSON(t, text)), usable(text); (got == nil) != (want == nil) {
					rt.Fatalf("%s: the schema says %v, and the program %v", value, got, want)
				}
			})
		})
	}
}
